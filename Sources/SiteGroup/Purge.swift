import Replication

/// 清除: ends an item for good, with the content that was offered of it. Where its cell stands, no
/// other does: it beats every epoch. Its origin may, and every site above.
package enum Purge {
  /// The cell passes every quota: its size is bounded here.
  package static let reasonOctetsMax = 1_000

  package static func edit(_ key: RecordKey, reason: String) -> RecordEdit {
    var edit = RecordEdit(key)
    edit.set(Record.purgeCell, reason)
    return edit
  }
}

extension ItemRecord {
  /// Nil where it is purged already. Also for an item that was never published: its working copy
  /// has been seen perhaps, and its key must not come back.
  package func purging(
    by site: SiteCode, in tree: SiteTree, reason: String
  ) throws(ItemRefusal) -> RecordEdit? {
    guard site == origin || tree.above(origin).contains(site) else { throw .notAbove }
    return record.isPurged ? nil : Purge.edit(key, reason: reason)
  }

  /// Why it was purged; nil where it was not, or nobody says.
  package var purgeReason: String? {
    record.isPurged ? record.value(Record.purgeCell, as: String.self) : nil
  }
}
