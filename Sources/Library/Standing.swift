import Replication
import SQLite
import SiteGroup
import Storage

extension Snapshot {
  /// The items with a live cause in the column that its owner does not hide, in key order; whether
  /// an item shows is another question.
  package func standing(inColumn column: RecordKey) throws -> [RecordKey] {
    var items = Set(
      try connection.all(
        """
        SELECT r.key FROM item_columns c JOIN records r ON r.row = c.record
        WHERE c.column_key = ? AND r.bytes IS NOT NULL
        """, [.blob(column.octets)]
      ) { try key($0, 0) })
    for (_, placement) in try placements(inColumn: column) {
      guard let item = placement.item else { continue }
      if placement.isLive {
        items.insert(item)
      } else if placement.isHidden {
        items.remove(item)
      }
    }
    return items.sorted()
  }

  package func count(of kind: RecordKind) throws -> Int {
    try connection.first(
      "SELECT count(*) FROM records WHERE key >= ? AND key < ? AND bytes IS NOT NULL",
      [.blob([kind.rawValue]), .blob([kind.rawValue + 1])]
    ) { Int($0.integer(0)) } ?? 0
  }
}
