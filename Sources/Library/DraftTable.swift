import Bytes
import Replication
import SQLite
import SiteGroup
import Storage

/// Drafts: the working copies of this site's items. Beside the records, in a table that is nobody's
/// follower: nothing rebuilds it, and nothing in it ever travels.
extension Snapshot {
  package func draft(_ key: RecordKey) throws -> ItemDraft? {
    try connection.first("SELECT bytes FROM drafts WHERE key = ?", [.blob(key.octets)]) {
      try draft($0, 0)
    }
  }

  /// Drafts of items that have not been published yet, newest first.
  package func unpublishedDrafts() throws -> [ItemDraft] {
    try connection.all(
      """
      SELECT bytes FROM drafts d WHERE NOT EXISTS (
        SELECT 1 FROM records r WHERE r.key = d.key AND r.bytes IS NOT NULL)
      ORDER BY changed_at DESC, key
      """
    ) { try draft($0, 0) }
  }

  /// All drafts, in key order.
  package func drafts() throws -> [ItemDraft] {
    try connection.all("SELECT bytes FROM drafts ORDER BY key") { try draft($0, 0) }
  }

  func draftKeys(named name: RecordName) throws -> [RecordKey] {
    try connection.all("SELECT key FROM drafts ORDER BY key") { try key($0, 0) }.filter { key in
      let octets = key.id.octets
      return (name.owner == nil || name.owner == key.owner)
        && !octets.lexicographicallyPrecedes(name.low)
        && !name.high.lexicographicallyPrecedes(octets)
    }
  }

  private func draft(_ row: Statement, _ column: Int32) throws -> ItemDraft {
    guard let record = try? Record(canonical: row.blob(column)) else {
      throw StoreFault.damaged("a draft does not parse")
    }
    return ItemDraft(record)
  }
}

extension Transaction {
  /// False where the draft says so already.
  @discardableResult
  package func setDraft(_ draft: ItemDraft) throws -> Bool {
    let old = try self.draft(draft.key)?.record.bytes
    if old == draft.record.bytes { return false }
    let digest = algorithm.digest(draft.record.bytes)
    try reseal(.drafts, from: old.map { algorithm.digest($0) }, to: digest)
    try connection.run(
      "INSERT OR REPLACE INTO drafts(key, changed_at, bytes, seal) VALUES (?, ?, ?, ?)",
      [
        .blob(draft.key.octets), .integer(now), .blob(draft.record.bytes),
        .integer(try sealer().seal(.drafts, digest, now)),
      ])
    noteChange(draft.key, draft.record.bytes)
    return true
  }

  package func dropDraft(_ key: RecordKey) throws {
    let dropped = try connection.all(
      "DELETE FROM drafts WHERE key = ? RETURNING bytes", [.blob(key.octets)]
    ) { algorithm.digest($0.blob(0)) }
    for one in dropped { try reseal(.drafts, from: one, to: nil) }
  }
}
