import Replication
import SQLite
import SiteGroup
import Storage

/// Which items stand in which columns by their origin's hand: the `in/` cells, by column.
package final class ItemColumns: Follower {
  package let name = "item_columns"
  package let version = 1

  package init() {}

  package func load(from snapshot: Snapshot) throws {}

  package func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS item_columns;
      CREATE TABLE item_columns(
        column_key BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (column_key, record))
        STRICT, WITHOUT ROWID;
      """)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes where change.key.kind == .item {
      let before = ItemRecord(change.before)?.columns ?? []
      let after = ItemRecord(change.after)?.columns ?? []
      for column in before where !after.contains(column) {
        try transaction.connection.run(
          "DELETE FROM item_columns WHERE column_key = ? AND record = ?",
          [.blob(column.octets), .integer(change.row)])
      }
      for column in after where !before.contains(column) {
        try transaction.connection.run(
          "INSERT OR IGNORE INTO item_columns VALUES (?, ?)",
          [.blob(column.octets), .integer(change.row)])
      }
    }
  }
}

extension Snapshot {
  /// Rows of the items whose origin placed them in the column.
  package func itemRows(inColumn column: RecordKey) throws -> [Int64] {
    try connection.all(
      "SELECT record FROM item_columns WHERE column_key = ? ORDER BY record",
      [.blob(column.octets)]
    ) { $0.integer(0) }
  }
}
