import Replication
import SQLite
import SiteGroup
import Storage

/// What stands in a column: items that their origin put there (`in/` cells), and items with a live
/// cause in a placement record that is not hidden; each once. The lead's pins come first, then the
/// newest, then the least key, at every node alike.
extension Snapshot {
  package func contents(of column: RecordKey, _ filter: ItemFilter) throws -> [ItemRow] {
    let (conditions, values) = filter.conditions
    return try connection.all(
      """
      \(Snapshot.standing)
      SELECT \(ItemRow.columns), standing.snapshot, standing.prefix
      FROM standing JOIN items i ON i.record = standing.record WHERE 1 \(conditions)
      ORDER BY standing.pin IS NULL, standing.pin, \(ItemRow.order)\(filter.limitSQL)
      """, [.blob(column.octets)] + values
    ) { row in
      let adopted = try row.optionalBlob(6).flatMap { try snapshotTitle($0) }
      let title = row.text(7) + (adopted ?? row.text(1))
      return try ItemRow(row, 0, in: self, title: title)
    }
  }

  /// How many items show in a column.
  package func contentsCount(of column: RecordKey) throws -> Int {
    try connection.first(
      """
      \(Snapshot.standing)
      SELECT count(*) FROM standing JOIN items i ON i.record = standing.record WHERE i.shows = 1
      """, [.blob(column.octets)]
    ) { Int($0.integer(0)) } ?? 0
  }

  /// The title of an adopted snapshot; nil where it has not come yet.
  private func snapshotTitle(_ octets: [UInt8]) throws -> String? {
    guard let key = RecordKey(octets: octets) else { return nil }
    return SnapshotRecord(try record(key)?.record)?.field(.title)
  }

  static let standing = """
    WITH standing(record, pin, snapshot, prefix) AS (
      SELECT s.record, p.pin, p.snapshot, coalesce(p.prefix, '')
      FROM item_columns s JOIN items i ON i.record = s.record
        LEFT JOIN placements p ON p.column_key = s.column_key AND p.item_key = i.key
      WHERE s.column_key = ?1 AND coalesce(p.hides, 0) = 0
      UNION
      SELECT r.row, p.pin, p.snapshot, p.prefix
      FROM placements p JOIN records r ON r.key = p.item_key
      WHERE p.column_key = ?1 AND p.live = 1)
    """
}
