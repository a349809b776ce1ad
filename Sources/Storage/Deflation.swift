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

/// Deflates what was stored as it is or on its predecessor, a little at a time, beside all else:
/// the store is held only to read and to write. Belongs to one thread.
package final class Deflation {
  private let store: Store
  private let codec = RecordCodec()

  package static let rowsPerStep = 64

  private struct Row {
    let table: String
    let id: Int64
    let digest: Digest
    let dictionary: Int64
    let bytes: [UInt8]
  }

  /// What cannot be read stays as it is, and stops nothing.
  private var unreadable: [String: Set<Int64>] = [:]

  package init(_ store: Store) { self.store = store }

  /// Whether there may be more.
  package func step() throws -> Bool {
    let rows = try store.read { snapshot -> [Row] in
      try waiting("records", "row", in: snapshot) + waiting("versions", "id", in: snapshot)
    }
    if rows.isEmpty { return false }
    let form = RecordCodec.dictionary
    let deflated = rows.map { deflate($0, form) }
    try store.write(quietly: true) { transaction in
      for (row, bytes) in zip(rows, deflated) {
        guard let bytes else { continue }
        let name = row.table == "records" ? "row" : "id"
        // It may have changed since, or gone.
        try transaction.connection.run(
          """
          UPDATE \(row.table) SET dictionary = ?, bytes = ?
          WHERE \(name) = ? AND digest = ? AND dictionary < 0
          """,
          [.integer(form), .blob(bytes), .integer(row.id), .blob(row.digest.bytes)])
      }
    }
    return true
  }

  private func deflate(_ row: Row, _ form: Int64) -> [UInt8]? {
    guard let bytes = try? codec.inflated(row.bytes, dictionary: row.dictionary) else {
      unreadable[row.table, default: []].insert(row.id)
      return nil
    }
    return codec.deflated(bytes, dictionary: form)
  }

  private func waiting(
    _ table: String, _ id: String, in snapshot: Snapshot
  ) throws -> [Row] {
    let known = unreadable[table] ?? []
    return try snapshot.connection.all(
      """
      SELECT \(id), digest, dictionary, bytes FROM \(table)
      WHERE dictionary < 0 AND bytes IS NOT NULL LIMIT ?
      """, [.integer(Int64(Self.rowsPerStep / 2 + known.count))]
    ) { row in
      Row(
        table: table, id: row.integer(0), digest: try snapshot.digest(row, 1),
        dictionary: row.integer(2), bytes: row.blob(3))
    }.filter { !known.contains($0.id) }
  }
}
