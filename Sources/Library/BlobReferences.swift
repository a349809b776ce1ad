import Bytes
import Replication
import SiteGroup
import Storage

/// Which records refer to which blobs, and which of these are missing. Reads before the table of
/// items, which shows an item once its attachments are there. Counts what each site has of them.
package final class BlobReferences: Follower {
  package let name = "blobs"
  package let version = 2

  /// Blobs that a record has ceased to refer to since they were last asked for: perhaps nothing
  /// refers to them any more. Only a hint, which a crash forgets.
  private let dropped = Lock<Set<Digest>>([])

  package init() {}

  package func takeDropped() -> [Digest] {
    dropped.withLock { digests in
      defer { digests.removeAll() }
      return digests.sorted()
    }
  }

  /// What a working copy that has gone referred to.
  func noteDropped(_ digests: [Digest]) { dropped.withLock { $0.formUnion(digests) } }

  package func load(from snapshot: Snapshot) throws {}
  package func reset(in transaction: Transaction) throws {
    try transaction.resetBlobReferences()
    try transaction.resetBlobTotals()
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes where change.key.kind == .item || change.key.kind == .snapshot {
      let before = change.before?.attachmentsOfAllVersions ?? []
      let after = change.after?.attachmentsOfAllVersions ?? []
      if before == after { continue }
      let (had, kept) = (Set(before.map(\.digest)), Set(after.map(\.digest)))
      for one in before where !kept.contains(one.digest) {
        try transaction.dropReference(change.row, to: one.digest)
        try transaction.countReference(one.digest, by: change, -1)
        dropped.withLock { _ = $0.insert(one.digest) }
      }
      for one in after {
        try transaction.addReference(change.row, to: one.digest, size: one.size)
        if !had.contains(one.digest) {
          try transaction.countReference(one.digest, by: change, 1)
        }
      }
    }
  }
}

extension Snapshot {
  /// Whether all attachments that an item shows with are here.
  package func hasAttachments(of item: ItemRecord) throws -> Bool {
    try item.attachments.allSatisfy { try hasBlob($0.digest) }
  }
}

/// Named in the store's facts: something may be wanted by the upstream. Its value changes with each
/// new reason.
private let pushReason = "blobs_to_push"

extension Snapshot {
  /// Nil where nothing is to be offered to the upstream.
  package func reasonToPushBlobs() throws -> String? { try meta(pushReason) }
}

extension Transaction {
  package func noteBlobsToPush() throws {
    try setMeta(pushReason, Hex.encode(ports.random(8)))
  }

  /// Forgets the reason, unless there is another by now.
  package func clearBlobsToPush(_ reason: String) throws {
    if try reasonToPushBlobs() == reason { try setMeta(pushReason, nil) }
  }

  /// A blob has come, from that neighbour or from this site itself: items that waited for it show,
  /// the other neighbours learn of it.
  package func blobArrived(_ digest: Digest, size: Int64, from peer: SiteCode? = nil) throws {
    if try hasBlob(digest) { return }
    try addBlob(digest, size: size)
    try countBlob(digest, size: size, for: try sites(referringTo: digest), 1)
    try tellOfBlob(digest, except: peer)
  }

  /// A blob is lost or damaged: it is wanted again.
  package func blobLost(_ digest: Digest) throws {
    if let size = try blobSize(digest) {
      try countBlob(digest, size: size, for: try sites(referringTo: digest), -1)
    }
    try dropBlob(digest)
    try tellOfBlob(digest)
  }

  /// A record's reference has come or gone. A blob counts once for each site.
  fileprivate func countReference(_ digest: Digest, by change: Change, _ sign: Int64) throws {
    guard let size = try blobSize(digest) else { return }
    let others = try sites(referringTo: digest, besides: change.row)
    if others.contains(change.key.owner) { return }
    try countBlob(digest, size: size, for: [change.key.owner], sign)
  }

  private func countBlob(
    _ digest: Digest, size: Int64, for sites: [SiteCode], _ sign: Int64
  ) throws {
    for site in sites { try addTotals(SiteTotals(blobs: sign, blobOctets: sign * size), to: site) }
  }

  private func tellOfBlob(_ digest: Digest, except peer: SiteCode? = nil) throws {
    let upstream = try upstreamLink()?.id
    var goesUp = false
    for row in try records(referringTo: digest) {
      if try announce(row: row, except: peer).contains(where: { $0 == upstream }) { goesUp = true }
      if let stored = try record(row: row), stored.record.key.kind == .item {
        try listItem(ItemRecord(stored.record), row: row)
      }
    }
    if goesUp { try noteBlobsToPush() }
  }
}
