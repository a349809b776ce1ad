import Bytes
import Replication
import SQLite

/// Reads of a store, valid within one `read` or `write`.
package class Snapshot {
  package let connection: Connection
  package let codec: RecordCodec
  package let algorithm: DigestAlgorithm
  /// Milliseconds UTC, by this node's clock.
  package let now: Int64
  /// Links known to have no asides, or no unknowns: the usual case, asked for each record.
  var linksWithoutAsides: Set<Int64> = []
  var linksWithoutUnknowns: Set<Int64> = []
  private var rowSealer: RowSealer?
  var knowsOfNoDamage = false

  init(connection: Connection, codec: RecordCodec, algorithm: DigestAlgorithm, now: Int64) {
    self.connection = connection
    self.codec = codec
    self.algorithm = algorithm
    self.now = now
  }

  /// Entries of a record that are not in the table yet, by link; nil where the table has them.
  func unwrittenEntries(of row: Int64) -> [(link: Int64, entry: LinkEntry)]? { nil }

  /// Before the table of entries is read.
  package func writeEntries() throws {}

  /// Seals the rows of this store.
  package func sealer() throws -> RowSealer {
    if let rowSealer { return rowSealer }
    let key = try connection.first("SELECT seal_key FROM state") { $0.blob(0) }
    guard let sealer = key.flatMap({ RowSealer(key: $0) }) else {
      throw StoreFault.damaged("the key of the seals does not parse")
    }
    rowSealer = sealer
    return sealer
  }

  /// What the sealed rows come to, by those who wrote them.
  package func storedSeal() throws -> StoreSeal {
    let octets = try connection.first("SELECT seal FROM state") { $0.blob(0) }
    guard let seal = octets.flatMap({ StoreSeal($0) }) else {
      throw StoreFault.damaged("the seal does not parse")
    }
    return seal
  }

  package func row(of key: RecordKey) throws -> Int64? {
    try connection.first("SELECT row FROM records WHERE key = ?", [.blob(key.octets)]) {
      $0.integer(0)
    }
  }

  /// Nil where the row names no key.
  package func key(row: Int64) throws -> RecordKey? {
    try connection.first("SELECT key FROM records WHERE row = ?", [.integer(row)]) {
      RecordKey(octets: $0.blob(0))
    } ?? nil
  }

  /// The key and digest of a record that is here.
  package func present(row: Int64) throws -> (key: RecordKey, digest: Digest)? {
    try connection.first(
      "SELECT key, digest FROM records WHERE row = ? AND bytes IS NOT NULL", [.integer(row)]
    ) { (try key($0, 0), try digest($0, 1)) }
  }

  /// The row and digest of a key; the digest is nil where the record has left.
  package func digest(of key: RecordKey) throws -> (row: Int64, digest: Digest?)? {
    try connection.first("SELECT row, digest FROM records WHERE key = ?", [.blob(key.octets)]) {
      ($0.integer(0), $0.isNull(1) ? nil : try digest($0, 1))
    }
  }

  package func record(_ key: RecordKey) throws -> StoredRecord? {
    try connection.first(
      Snapshot.select + " WHERE key = ? AND bytes IS NOT NULL", [.blob(key.octets)], stored)
  }

  package func record(row: Int64) throws -> StoredRecord? {
    try connection.first(
      Snapshot.select + " WHERE row = ? AND bytes IS NOT NULL", [.integer(row)], stored)
  }

  package func packed(row: Int64) throws -> PackedRecord? {
    try connection.first(
      "SELECT dictionary, bytes, digest FROM records WHERE row = ? AND bytes IS NOT NULL",
      [.integer(row)]
    ) { PackedRecord(dictionary: $0.integer(0), bytes: $0.blob(1), digest: try digest($0, 2)) }
  }

  /// All records of a kind, in key order; with an owner, those of one site.
  /// `damaged`: takes the row of one that cannot be read, which stops no other; without it the
  /// first stops all.
  package func records(
    of kind: RecordKind, owner: SiteCode? = nil, damaged: ((Int64) throws -> Void)? = nil,
    _ body: (StoredRecord) throws -> Void
  ) throws {
    let (low, high) = Self.range(of: kind, owner)
    try connection.each(
      Snapshot.select + " WHERE key >= ? AND key < ? AND bytes IS NOT NULL ORDER BY key",
      [.blob(low), .blob(high)]
    ) { row in
      let one: StoredRecord
      do {
        one = try stored(row)
      } catch StoreFault.damaged where damaged != nil {
        try damaged?(row.integer(0))
        return
      }
      try body(one)
    }
  }

  /// All records, in the order in which they came. `skipsDamaged`: one that cannot be read stops
  /// no other.
  package func records(
    skipsDamaged: Bool = false, _ body: (StoredRecord) throws -> Void
  ) throws {
    try connection.each(Snapshot.select + " WHERE bytes IS NOT NULL ORDER BY row") { row in
      let one: StoredRecord
      do {
        one = try stored(row)
      } catch StoreFault.damaged where skipsDamaged {
        return
      }
      try body(one)
    }
  }

  /// Rows of all records of a kind; with an owner, of those of one site. None is read.
  package func eachRow(
    of kind: RecordKind, owner: SiteCode? = nil, _ body: (Int64) throws -> Void
  ) throws {
    let (low, high) = Self.range(of: kind, owner)
    try connection.each(
      "SELECT row FROM records WHERE key >= ? AND key < ? AND bytes IS NOT NULL",
      [.blob(low), .blob(high)]
    ) { try body($0.integer(0)) }
  }

  /// The octets of keys from the first of a kind, or of one site's of it, to what is behind them.
  private static func range(
    of kind: RecordKind, _ owner: SiteCode?
  ) -> (low: [UInt8], high: [UInt8]) {
    guard let owner else { return ([kind.rawValue], [kind.rawValue + 1]) }
    let head = [kind.rawValue] + owner.text.utf8
    return (head + [0], head + [1])
  }

  package func recordsCount() throws -> Int {
    try connection.first("SELECT count(*) FROM records WHERE bytes IS NOT NULL") {
      Int($0.integer(0))
    } ?? 0
  }

  /// Earlier versions kept here, oldest first, with the time at which each was replaced.
  package func versions(row: Int64) throws -> [(record: Record, digest: Digest, until: Int64)] {
    try connection.all(
      "SELECT dictionary, bytes, digest, at FROM versions WHERE record = ? ORDER BY id",
      [.integer(row)]
    ) { (try parsed($0, 0), try digest($0, 2), $0.integer(3)) }
  }

  /// The canonical octets of a version: the present one or an earlier one.
  package func bytes(row: Int64, digest wanted: Digest) throws -> [UInt8]? {
    try connection.first(
      """
      SELECT dictionary, bytes FROM records WHERE row = ?1 AND digest = ?2
      UNION ALL SELECT dictionary, bytes FROM versions WHERE record = ?1 AND digest = ?2
      """, [.integer(row), .blob(wanted.bytes)]
    ) { try inflated($0, 0) }
  }

  package func meta(_ name: String) throws -> String? {
    try connection.first("SELECT value FROM meta WHERE name = ?", [.text(name)]) { $0.text(0) }
  }

  /// Hybrid time, as it was kept last.
  package func clockTime() throws -> Int64 {
    try connection.first("SELECT clock FROM state") { $0.integer(0) } ?? 0
  }

  // MARK: rows

  private static let select = "SELECT row, dictionary, bytes, digest, changed_at FROM records"

  private func stored(_ row: Statement) throws -> StoredRecord {
    StoredRecord(
      row: row.integer(0), record: try parsed(row, 1), digest: try digest(row, 3),
      changedAt: row.integer(4))
  }

  private func inflated(_ row: Statement, _ column: Int32) throws -> [UInt8] {
    do {
      return try codec.inflated(row.blob(column + 1), dictionary: row.integer(column))
    } catch {
      throw StoreFault.damaged("a stored record does not inflate: \(error.what)")
    }
  }

  private func parsed(_ row: Statement, _ column: Int32) throws -> Record {
    let bytes = try inflated(row, column)
    do {
      return try Record(canonical: bytes)
    } catch {
      throw StoreFault.damaged("a stored record does not parse: \(error.what)")
    }
  }

  package func key(_ row: Statement, _ column: Int32) throws -> RecordKey {
    guard let key = RecordKey(octets: row.blob(column)) else {
      throw StoreFault.damaged("a stored key does not parse")
    }
    return key
  }

  package func digest(_ row: Statement, _ column: Int32) throws -> Digest {
    guard let digest = Digest(row.blob(column)) else {
      throw StoreFault.damaged("a stored digest has not 32 octets")
    }
    return digest
  }
}
