import Replication
import SQLite
import SiteGroup
import Storage

/// What lists show of items, without their bodies. A purged item is not in it: it has nothing to
/// show.
package final class ItemTable: Follower {
  package let name = "items"
  package let version = 1

  package init() {}

  package func load(from snapshot: Snapshot) throws {}

  package func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS items;
      CREATE TABLE items(
        record INTEGER PRIMARY KEY, key BLOB NOT NULL, title TEXT NOT NULL, state INTEGER NOT NULL,
        held INTEGER NOT NULL, shows INTEGER NOT NULL, published_at INTEGER) STRICT;
      """)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes where change.key.kind == .item {
      guard let item = ItemRecord(change.after), !item.record.isPurged else {
        try transaction.connection.run(
          "DELETE FROM items WHERE record = ?", [.integer(change.row)])
        continue
      }
      try transaction.listItem(item, row: change.row)
    }
  }
}

extension Transaction {
  /// An item shows once its attachments are here too.
  func listItem(_ item: ItemRecord, row: Int64) throws {
    let (state, isHeld) = (item.state, item.isHeld)
    var shows = !isHeld && (state == .published || state == .archived)
    if shows { shows = try hasAttachments(of: item) }
    try connection.run(
      // Most changes are of what no list shows: the row is not written then.
      """
      INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record) DO UPDATE SET
        (key, title, state, held, shows, published_at) = (excluded.key, excluded.title,
          excluded.state, excluded.held, excluded.shows, excluded.published_at)
      WHERE (key, title, state, held, shows, published_at) IS NOT (excluded.key, excluded.title,
          excluded.state, excluded.held, excluded.shows, excluded.published_at)
      """,
      [
        .integer(row), .blob(item.key.octets), .text(item.title),
        .integer(Int64(state?.rawValue ?? 0)), .integer(isHeld ? 1 : 0),
        .integer(shows ? 1 : 0), SQLValue(item.publishedAt),
      ])
  }
}

/// An item as lists show it.
package struct ItemRow: Sendable {
  package let key: RecordKey
  package let title: String
  /// Nil where its origin has not published it: only cells of others are here.
  package let state: LifeRung?
  package let isHeld: Bool
  package let shows: Bool
  package let publishedAt: Int64?

  static let columns = "i.key, i.title, i.state, i.held, i.shows, i.published_at"
  static let order = "i.published_at DESC, i.key"

  init(_ row: Statement, _ column: Int32, in snapshot: Snapshot, title: String? = nil) throws {
    key = try snapshot.key(row, column)
    self.title = title ?? row.text(column + 1)
    state = LifeRung(rawValue: UInt64(row.integer(column + 2)))
    isHeld = row.integer(column + 3) != 0
    shows = row.integer(column + 4) != 0
    publishedAt = row.optionalInteger(column + 5)
  }
}

/// Which items a list is to hold.
package struct ItemFilter: Sendable {
  package var includesInvisible = false
  package var origin: SiteCode?
  package var state: LifeRung?
  package var limit: Int?

  package init() {}

  /// Conditions on `items i`, which begin with `AND`, and their values.
  var conditions: (sql: String, values: [SQLValue]) {
    var (sql, values): (String, [SQLValue]) = ("", [])
    if !includesInvisible { sql += " AND i.shows = 1" }
    if let origin {
      let head = [RecordKind.item.rawValue] + origin.text.utf8
      sql += " AND i.key >= ? AND i.key < ?"
      values += [.blob(head + [0]), .blob(head + [1])]
    }
    if let state {
      sql += " AND i.state = ?"
      values.append(.integer(Int64(state.rawValue)))
    }
    return (sql, values)
  }

  var limitSQL: String { limit.map { " LIMIT \($0)" } ?? "" }
}

extension Snapshot {
  /// Items of the whole replica, newest first.
  package func items(_ filter: ItemFilter) throws -> [ItemRow] {
    let (conditions, values) = filter.conditions
    return try connection.all(
      """
      SELECT \(ItemRow.columns) FROM items i WHERE 1 \(conditions)
      ORDER BY \(ItemRow.order)\(filter.limitSQL)
      """, values
    ) { try ItemRow($0, 0, in: self) }
  }

  /// The items of the replica that have been purged, in the order of their keys: of those that the
  /// table does not have, what can be read.
  package func purgedItems(of origin: SiteCode?, limit: Int?) throws -> [RecordKey] {
    let kind = [RecordKind.item.rawValue]
    let (low, high) =
      origin.map { (kind + $0.text.utf8 + [0], kind + $0.text.utf8 + [1]) }
      ?? (kind, [RecordKind.item.rawValue + 1])
    let others = try connection.all(
      """
      SELECT r.key FROM records r WHERE r.key >= ? AND r.key < ? AND r.bytes IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM items i WHERE i.record = r.row)
      ORDER BY r.key
      """, [.blob(low), .blob(high)]
    ) { try key($0, 0) }
    let purged = others.lazy.filter { (try? self.record($0))?.record.isPurged == true }
    return Array(purged.prefix(limit ?? .max))
  }

  /// All items of the replica, and those that show.
  package func itemsCount() throws -> (all: Int, showing: Int) {
    try connection.first("SELECT count(*), coalesce(sum(shows), 0) FROM items") {
      (Int($0.integer(0)), Int($0.integer(1)))
    } ?? (0, 0)
  }
}
