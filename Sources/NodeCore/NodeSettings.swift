import HTTPCore
import SiteGroup
import Storage

/// What an operator sets for a node, as far as its logic asks.
package struct NodeSettings: Sendable, Equatable {
  /// How mandates are fulfilled here: at once, or by `repost run`.
  package enum Reposting: String, Sendable { case auto, manual }

  /// Times are shown, and read where they have no offset, at this one.
  package var timeZoneOffsetMinutes: Int
  package var reposting: Reposting
  package var upstream: BaseURL?
  package var schedule: SyncSchedule
  package var jitterMilliseconds: Int64
  /// At most so many octets of blobs a second, each way; nil for as fast as it goes.
  package var blobBytesPerSecond: Int64?
  /// When what is no order may go over the link to the upstream; nil for always.
  package var window: SyncWindow?
  /// At most so many octets of records a second, each way; nil for as fast as it goes.
  package var bytesPerSecond: Int64?
  /// An object store for blobs, beside the node's own directory.
  package var objectStore: S3Settings?
  /// Where blobs are to be, where there is an object store.
  package var blobHome = ObjectBlobStore.Home.objects
  /// What each child may ask of this node.
  package var siteLimits: SiteLimits
  /// Whether only somebody other than an item's editor may publish it.
  package var reviewsBeforePublishing = false
  /// Where it publishes its own pages; nil for nowhere.
  package var pages: PageSettings?
  /// What trying one password costs.
  package var passwordIterations = OperatorSecret.iterationsDefault

  package init(
    timeZoneOffsetMinutes: Int = 480, reposting: Reposting = .auto, upstream: BaseURL? = nil,
    schedule: SyncSchedule = .every(milliseconds: 900_000), jitterMilliseconds: Int64 = 30_000,
    blobBytesPerSecond: Int64? = nil, siteLimits: SiteLimits = SiteLimits()
  ) {
    self.timeZoneOffsetMinutes = timeZoneOffsetMinutes
    self.reposting = reposting
    self.upstream = upstream
    self.schedule = schedule
    self.jitterMilliseconds = jitterMilliseconds
    self.blobBytesPerSecond = blobBytesPerSecond
    self.siteLimits = siteLimits
  }
}
