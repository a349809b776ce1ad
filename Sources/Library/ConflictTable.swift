import Replication
import SQLite
import SiteGroup
import Storage

/// Which records hold co-edited cells whose versions lost against concurrent ones. The versions
/// stay in the record: a node that rebuilds this finds the same.
package final class ConflictTable: Follower {
  package let name = "conflicts"
  package let version = 1

  package init() {}

  package func load(from snapshot: Snapshot) throws {}

  package func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS conflicts;
      CREATE TABLE conflicts(record INTEGER PRIMARY KEY) STRICT;
      """)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes {
      let had = change.before.map(CellConflict.exist) ?? false
      let has = change.after.map(CellConflict.exist) ?? false
      if has {
        try transaction.connection.run(
          "INSERT OR IGNORE INTO conflicts VALUES (?)", [.integer(change.row)])
      } else if had {
        try transaction.connection.run(
          "DELETE FROM conflicts WHERE record = ?", [.integer(change.row)])
      }
    }
  }
}

extension Snapshot {
  /// Every conflict of every record here: by key, then cell, then the time of the lost version.
  package func conflicts() throws -> [CellConflict] {
    try connection.all("SELECT record FROM conflicts ORDER BY record") { $0.integer(0) }
      .compactMap { try record(row: $0)?.record }
      .sorted { $0.key < $1.key }
      .flatMap { CellConflict.all(in: $0) }
  }
}
