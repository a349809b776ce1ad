import Bytes
import Replication
import SQLite

extension Store {
  /// From now on changed records are stored as they are: deflating is most of what a change costs,
  /// and can wait. The bell is told after each transaction that left something to `Deflation`.
  package func deferDeflating(_ bell: @escaping @Sendable () -> Void) {
    deflationBell.withLock { $0.ring = bell }
  }
}

/// Deflates what was stored as it is, a little at a time, beside all else: the store is held only
/// to read and to write. Belongs to one thread.
package final class Deflation {
  private let store: Store
  private let codec = RecordCodec()

  package static let rowsPerStep = 64

  private struct Row {
    let table: String
    let id: Int64
    let digest: Digest
    let bytes: [UInt8]
  }

  package init(_ store: Store) { self.store = store }

  /// Whether there may be more.
  package func step() throws -> Bool {
    let rows = try store.read { snapshot in
      try Self.rows("records", "row", in: snapshot) + Self.rows("versions", "id", in: snapshot)
    }
    if rows.isEmpty { return false }
    let form = RecordCodec.dictionary
    let deflated = rows.map { codec.deflated($0.bytes, dictionary: form) }
    try store.write(quietly: true) { transaction in
      for (row, bytes) in zip(rows, deflated) {
        let name = row.table == "records" ? "row" : "id"
        // It may have changed since, or gone.
        try transaction.connection.run(
          """
          UPDATE \(row.table) SET dictionary = ?, bytes = ?
          WHERE \(name) = ? AND digest = ? AND dictionary = \(RecordCodec.plain)
          """,
          [.integer(form), .blob(bytes), .integer(row.id), .blob(row.digest.bytes)])
      }
    }
    return true
  }

  private static func rows(
    _ table: String, _ id: String, in snapshot: Snapshot
  ) throws -> [Row] {
    try snapshot.connection.all(
      """
      SELECT \(id), digest, bytes FROM \(table)
      WHERE dictionary = \(RecordCodec.plain) AND bytes IS NOT NULL LIMIT \(rowsPerStep / 2)
      """
    ) { row in
      Row(
        table: table, id: row.integer(0), digest: try snapshot.digest(row, 1), bytes: row.blob(2))
    }
  }
}
