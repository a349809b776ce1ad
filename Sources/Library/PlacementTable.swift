import Replication
import SQLite
import SiteGroup
import Storage

/// Placement records by column and by item.
package final class PlacementTable: Follower {
  package let name = "placements"
  package let version = 2

  package init() {}

  package func load(from snapshot: Snapshot) throws {}

  package func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS placements;
      CREATE TABLE placements(
        record INTEGER PRIMARY KEY, column_key BLOB NOT NULL, item_key BLOB NOT NULL,
        live INTEGER NOT NULL, hides INTEGER NOT NULL, pin INTEGER, snapshot BLOB,
        prefix TEXT NOT NULL) STRICT;
      CREATE INDEX placements_by_column ON placements(column_key, item_key);
      CREATE INDEX placements_by_item ON placements(item_key);
      """)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes where change.key.kind == .placement {
      if let placement = PlacementRecord(change.after), let column = placement.column,
        let item = placement.item
      {
        try transaction.connection.run(
          "INSERT OR REPLACE INTO placements VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          [
            .integer(change.row), .blob(column.octets), .blob(item.octets),
            .integer(placement.isLive ? 1 : 0), .integer(placement.hides ? 1 : 0),
            SQLValue(placement.pin), SQLValue(placement.snapshot?.octets),
            .text(placement.titlePrefix),
          ])
      } else {
        try transaction.connection.run(
          "DELETE FROM placements WHERE record = ?", [.integer(change.row)])
      }
    }
  }
}

extension Snapshot {
  /// The placement records of an item, in the order of their rows.
  package func placements(ofItem item: RecordKey) throws -> [(
    row: Int64, placement: PlacementRecord
  )] {
    try placements("item_key = ?", item)
  }

  package func placements(inColumn column: RecordKey) throws -> [(
    row: Int64, placement: PlacementRecord
  )] {
    try placements("column_key = ?", column)
  }

  private func placements(
    _ condition: String, _ key: RecordKey
  ) throws -> [(row: Int64, placement: PlacementRecord)] {
    try connection.all(
      "SELECT record FROM placements WHERE \(condition) ORDER BY record", [.blob(key.octets)]
    ) { $0.integer(0) }.compactMap { row in
      try record(row: row).map { (row, PlacementRecord($0.record)) }
    }
  }
}
