import Bytes
import Replication
import SQLite
import Storage

/// A row of a derived table that is not what the records give.
package struct DerivedFault: Sendable, Equatable {
  package enum What: String, Sendable { case changed, missing, inserted }

  package let table: String
  package let what: What
  /// The record that the row is derived from, where there is one.
  package let key: RecordKey?
  package let row: Int64
}

/// Derives everything once more, in a transaction that is undone, and compares.
package struct DerivedCheck {
  private struct Table {
    let name: String
    /// What names a row among those of its record.
    let rest: String
    let values: String
    var condition = "1"

    var sql: String {
      """
      SELECT record, \(rest), \(values) FROM \(name) WHERE \(condition) ORDER BY 1, 2
      """
    }
  }

  private static let tables = [
    Table(
      name: "items", rest: "''",
      values: """
        quote(key) || quote(title) || quote(state) || quote(held) || quote(shows)
          || quote(published_at)
        """),
    Table(name: "item_columns", rest: "quote(column_key)", values: "''"),
    Table(
      name: "placements", rest: "''",
      values: """
        quote(column_key) || quote(item_key) || quote(live) || quote(hides) || quote(pin)
          || quote(snapshot) || quote(prefix)
        """),
    Table(name: "blob_references", rest: "quote(digest)", values: "quote(size)"),
    Table(name: "conflicts", rest: "''", values: "''"),
    Table(name: "foreign_authors", rest: "site", values: "''"),
    // Who is sent what.
    Table(name: "entries", rest: "link", values: "''", condition: "flags & 1"),
  ]

  private struct Place: Hashable, Comparable {
    let row: Int64
    let rest: String

    static func < (a: Place, b: Place) -> Bool {
      a.row != b.row ? a.row < b.row : a.rest.utf8.lexicographicallyPrecedes(b.rest.utf8)
    }
  }

  private let store: Store
  private let library: SiteLibrary

  package init(_ store: Store, _ library: SiteLibrary) {
    self.store = store
    self.library = library
  }

  /// `rows`: records that are damaged themselves, whose derivation means nothing.
  package func faults(besides rows: Set<Int64>) throws -> [DerivedFault] {
    let doubtful = try store.rehearse { transaction in
      let before = try Self.tables.map { try sum($0, transaction) }
      try derive(in: transaction)
      return try zip(Self.tables, before).filter { try sum($0, transaction) != $1 }.map(\.0)
    }
    if doubtful.isEmpty { return [] }
    // Only now is it worth the memory to hold them beside each other.
    return try store.rehearse { transaction in
      let before = try doubtful.map { try contents($0, transaction) }
      try derive(in: transaction)
      return try zip(doubtful, before).flatMap { table, before in
        try compare(table, before, try contents(table, transaction), transaction)
      }.filter { !rows.contains($0.row) }
    }
  }

  private func derive(in transaction: Transaction) throws {
    let followers: [any Follower] = [
      library.placements, library.itemColumns, library.blobs, library.items, library.conflicts,
      library.authors,
    ]
    for follower in followers { try follower.reset(in: transaction) }
    try transaction.records(skipsDamaged: true) { stored in
      for follower in followers { try follower.follow([Change(asNew: stored)], in: transaction) }
    }
    try library.scope.review(in: transaction)
  }

  // MARK: tables

  private func each(
    _ table: Table, _ transaction: Transaction, _ body: (Place, String) throws -> Void
  ) throws {
    try transaction.writeEntries()
    try transaction.connection.each(table.sql) { row in
      try body(Place(row: row.integer(0), rest: row.text(1)), row.text(2))
    }
  }

  private func sum(_ table: Table, _ transaction: Transaction) throws -> Fingerprint {
    var sum = Fingerprint()
    try each(table, transaction) { place, values in
      sum.add(DigestAlgorithm.sha256.digest(Array("\(place.row) \(place.rest) \(values)".utf8)))
    }
    return sum
  }

  private func contents(_ table: Table, _ transaction: Transaction) throws -> [Place: String] {
    var contents: [Place: String] = [:]
    try each(table, transaction) { contents[$0] = $1 }
    return contents
  }

  private func compare(
    _ table: Table, _ present: [Place: String], _ right: [Place: String], _ snapshot: Snapshot
  ) throws -> [DerivedFault] {
    try Set(present.keys).union(right.keys).sorted().compactMap { place in
      let what: DerivedFault.What
      switch (present[place], right[place]) {
      case (nil, _): what = .missing
      case (_, nil): what = .inserted
      case (let one?, let other?):
        if one.utf8.elementsEqual(other.utf8) { return nil }
        what = .changed
      }
      return DerivedFault(
        table: table.name, what: what, key: try snapshot.key(row: place.row), row: place.row)
    }
  }
}
