import Replication
import SQLite
import SiteGroup
import Storage

extension Snapshot {
  /// The items with a live cause in the column that its owner does not hide, in key order; whether
  /// an item shows is another question.
  package func standing(inColumn column: RecordKey) throws -> [RecordKey] {
    try connection.all(
      """
      SELECT r.key FROM item_columns c JOIN records r ON r.row = c.record
      WHERE c.column_key = ?1 AND r.bytes IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM placements p
        WHERE p.column_key = ?1 AND p.item_key = r.key AND p.hides = 1)
      UNION SELECT item_key FROM placements WHERE column_key = ?1 AND live = 1 ORDER BY 1
      """, [.blob(column.octets)]
    ) { try key($0, 0) }
  }

  package func placementsCount() throws -> Int {
    try connection.first("SELECT count(*) FROM placements") { Int($0.integer(0)) } ?? 0
  }
}
