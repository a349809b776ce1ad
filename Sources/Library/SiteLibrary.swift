import Replication
import Storage

/// The followers of one node and what is asked of them. `@unchecked Sendable`: everything in it is
/// used only inside `Store.read` and `Store.write`, under the store's lock.
package final class SiteLibrary: @unchecked Sendable {
  package let directory: Directory
  package let placements = PlacementTable()
  package let itemColumns = ItemColumns()
  package let blobs = BlobReferences()
  package let items = ItemTable()
  package let purges: PurgeRunner
  package let conflicts = ConflictTable()
  package let totals = RecordTotals()
  package let authors = AuthorTable()
  package let mappingRunner: MappingRunner
  package let mandateRunner: MandateRunner
  package let scope: LinkScope
  package let pageNews = PageNews()

  /// `repostsAtOnce`: whether mandates are fulfilled as they come, or by command.
  package init(site: SiteCode, repostsAtOnce: Bool = true) {
    directory = Directory(site: site)
    purges = PurgeRunner(directory: directory, blobs: blobs)
    mappingRunner = MappingRunner(directory: directory)
    mandateRunner = MandateRunner(directory: directory, runsAtOnce: repostsAtOnce)
    scope = LinkScope(directory: directory)
  }

  /// In the order in which they read each change.
  package var followers: [any Follower] {
    [
      directory, placements, itemColumns, blobs, items, purges, conflicts, totals, authors,
      mappingRunner, mandateRunner, scope, pageNews,
    ]
  }
}
