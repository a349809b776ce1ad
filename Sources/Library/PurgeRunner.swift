import Replication
import SiteGroup
import Storage

/// 清除: takes what else holds the content of a purged item: its working copy, and what was offered
/// of it, also where that comes later. Purges only what this site may: its own, and what sites
/// below it offered; what others offered goes by the hand of who is above them.
package final class PurgeRunner: Follower {
  package let name = "purges"
  package let version = 1

  private let directory: Directory
  private let blobs: BlobReferences

  package init(directory: Directory, blobs: BlobReferences) {
    self.directory = directory
    self.blobs = blobs
  }

  package func reset(in transaction: Transaction) throws {}
  package func load(from snapshot: Snapshot) throws {}

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes {
      switch change.key.kind {
      case .item where change.after?.isPurged == true && change.before?.isPurged != true:
        try dropDraft(change.key, in: transaction)
        for offered in try offered(of: change.key, in: transaction) {
          try purge(offered, in: transaction)
        }
      case .snapshot where mayPurge(change.key):
        guard let item = SnapshotRecord(change.after)?.item,
          try isPurged(item, in: transaction)
        else { continue }
        try purge(change.key, in: transaction)
      default: break
      }
    }
  }

  private func dropDraft(_ key: RecordKey, in transaction: Transaction) throws {
    guard let draft = try transaction.draft(key) else { return }
    blobs.noteDropped(draft.record.attachmentsOfAllVersions.map(\.digest))
    try transaction.dropDraft(key)
    transaction.erase()
  }

  /// Only its origin offers an item.
  private func offered(
    of item: RecordKey, in transaction: Transaction
  ) throws -> [RecordKey] {
    guard mayPurge(item) else { return [] }
    var keys: [RecordKey] = []
    // What is damaged is purged once it is mended: then it comes anew.
    try transaction.records(of: .snapshot, owner: item.owner, damaged: { _ in }) { stored in
      if SnapshotRecord(stored.record).item == item { keys.append(stored.record.key) }
    }
    return keys
  }

  private func isPurged(_ item: RecordKey, in transaction: Transaction) throws -> Bool {
    do {
      return try transaction.record(item)?.record.isPurged == true
    } catch StoreFault.damaged {
      return false
    }
  }

  private func mayPurge(_ key: RecordKey) -> Bool {
    key.owner == directory.site || directory.tree.above(key.owner).contains(directory.site)
  }

  private func purge(_ key: RecordKey, in transaction: Transaction) throws {
    var edit = RecordEdit(key)
    edit.set(Record.purgeCell, true)
    try transaction.write(edit)
  }
}
