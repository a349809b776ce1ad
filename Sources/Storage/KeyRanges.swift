import Bytes
import Replication
import SQLite

/// Reads of ranges of keys, for reconciling: what is held here, and what a link is to hold.
extension Snapshot {
  /// Above every key: a bound that the index can use.
  private static let end: [UInt8] = [0xFF, 0xFF]

  private func bounds(_ range: KeyRange) -> [SQLValue] {
    [.blob(range.from), .blob(range.below ?? Snapshot.end)]
  }

  /// Count and sum of all records held here in a range.
  package func heldFingerprint(_ range: KeyRange) throws -> Fingerprint {
    var fingerprint = Fingerprint()
    try connection.each(
      "SELECT digest FROM records WHERE key >= ? AND key < ? AND bytes IS NOT NULL", bounds(range)
    ) { fingerprint.add(try digest($0, 0)) }
    return fingerprint
  }

  /// Octets of the keys of all records held here in a range, in order.
  package func heldKeys(_ range: KeyRange) throws -> [[UInt8]] {
    try connection.all(
      "SELECT key FROM records WHERE key >= ? AND key < ? AND bytes IS NOT NULL ORDER BY key",
      bounds(range)
    ) { $0.blob(0) }
  }

  /// The records held here in a range, in key order, with their entry on a link; the body answers
  /// false to stop.
  package func held(
    _ range: KeyRange, _ link: Int64,
    _ body: (_ row: Int64, _ key: RecordKey, _ digest: Digest, LinkEntry?) throws -> Bool
  ) throws {
    struct Stop: Error {}
    try writeEntries()
    do {
      try connection.each(
        """
        SELECT r.row, r.key, r.digest, e.sequence, e.agreed, e.flags
        FROM records r LEFT JOIN entries e ON e.link = ? AND e.record = r.row
        WHERE r.key >= ? AND r.key < ? AND r.bytes IS NOT NULL ORDER BY r.key
        """, [.integer(link)] + bounds(range)
      ) { row in
        let entry = row.isNull(3) ? nil : try LinkEntry(row, 3, in: self)
        if try !body(row.integer(0), try key(row, 1), try digest(row, 2), entry) { throw Stop() }
      }
    } catch is Stop {}
  }

  /// A link's entries in a range, in key order. So many are read at once that the body may change
  /// them, and that a million take no more memory.
  package func eachEntry(
    _ link: Int64, _ range: KeyRange, _ body: (StreamEntry) throws -> Void
  ) throws {
    var from = range.from
    while true {
      try writeEntries()
      let part = KeyRange(from: from, below: range.below)
      let found = try connection.all(
        """
        SELECT r.row, r.key, r.digest, e.sequence, e.agreed, e.flags
        FROM records r CROSS JOIN entries e ON e.link = ? AND e.record = r.row
        WHERE r.key >= ? AND r.key < ? ORDER BY r.key LIMIT \(Snapshot.entriesAtOnce)
        """, [.integer(link)] + bounds(part)
      ) { row in
        StreamEntry(
          row: row.integer(0), key: try key(row, 1),
          digest: row.isNull(2) ? nil : try digest(row, 2), entry: try LinkEntry(row, 3, in: self))
      }
      for one in found { try body(one) }
      guard found.count == Snapshot.entriesAtOnce, let last = found.last else { return }
      from = last.key.octets + [0]
    }
  }

  private static let entriesAtOnce = 1_000

  /// Count and sum of the records in a range that the peer is to hold.
  package func scopeFingerprint(_ link: Int64, _ range: KeyRange) throws -> Fingerprint {
    try writeEntries()
    var fingerprint = Fingerprint()
    try connection.each(
      """
      SELECT r.digest FROM records r CROSS JOIN entries e ON e.link = ? AND e.record = r.row
      WHERE r.key >= ? AND r.key < ? AND r.digest IS NOT NULL AND e.flags & 1
      """, [.integer(link)] + bounds(range)
    ) { fingerprint.add(try digest($0, 0)) }
    return fingerprint
  }
}
