import Replication
import SQLite
import SiteGroup
import Storage

/// Which sites wrote cells in records that another owns. With the owners in the keys it tells what
/// a site had a hand in, without reading every record.
package final class AuthorTable: Follower {
  package let name = "authors"
  package let version = 1

  package init() {}

  package func load(from snapshot: Snapshot) throws {}

  package func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS foreign_authors;
      CREATE TABLE foreign_authors(
        site TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (site, record))
        STRICT, WITHOUT ROWID;
      """)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes {
      let before = change.before?.foreignAuthors ?? []
      let after = change.after?.foreignAuthors ?? []
      if before == after { continue }
      for site in before where !after.contains(site) {
        try transaction.connection.run(
          "DELETE FROM foreign_authors WHERE site = ? AND record = ?",
          [.text(site.text), .integer(change.row)])
      }
      for site in after where !before.contains(site) {
        try transaction.connection.run(
          "INSERT OR IGNORE INTO foreign_authors VALUES (?, ?)",
          [.text(site.text), .integer(change.row)])
      }
    }
  }
}

extension Record {
  /// Its authors besides its owner.
  fileprivate var foreignAuthors: [SiteCode] {
    ownersTime != nil ? [] : authors.filter { $0 != key.owner }
  }
}

extension Snapshot {
  /// Rows of the records that a site owns, of whatever kind, or wrote a cell of.
  package func rows(concerning site: SiteCode) throws -> Set<Int64> {
    var rows: Set<Int64> = []
    for kind in UInt8.min...UInt8.max {
      try eachRow(of: RecordKind(rawValue: kind), owner: site) { rows.insert($0) }
    }
    try connection.each(
      "SELECT record FROM foreign_authors WHERE site = ?", [.text(site.text)]
    ) { rows.insert($0.integer(0)) }
    return rows
  }
}
