import Bytes
import Replication
import SQLite

/// Seals made anew: a new store's, those of another digest algorithm, and what an operator takes
/// as it stands.
extension Transaction {
  /// Takes every row as it is.
  package func sealAll(_ algorithm: DigestAlgorithm? = nil) throws {
    let hasKey = try connection.first("SELECT seal_key FROM state") { !$0.isNull(0) } ?? false
    if !hasKey {
      try connection.run(
        "UPDATE state SET seal_key = ?", [.blob(ports.random(SipHash.keyByteCount))])
    }
    setSeal(StoreSeal())
    for part in StoreSeal.Part.allCases { try seal(part, algorithm ?? self.algorithm) }
  }

  /// Takes every row of one table as it is.
  package func seal(_ part: StoreSeal.Part, _ algorithm: DigestAlgorithm? = nil) throws {
    var present = try storedSeal()
    present[part] = Fingerprint()
    var seals: [(row: SQLValue, seal: Int64)] = []
    let sealer = try sealer()
    try sealedRows(part, algorithm ?? self.algorithm) { row in
      present[part].add(row.digest)
      let seal = sealer.seal(part, row.digest, row.time)
      if row.seal != seal { seals.append((row.id, seal)) }
    }
    setSeal(present)
    for one in seals {
      try connection.run(
        "UPDATE \(part.table) SET seal = ? WHERE \(part.id) = ?", [.integer(one.seal), one.row])
    }
  }
}

/// A row as its seal covers it.
struct SealedRow {
  let id: SQLValue
  let digest: Digest
  let time: Int64
  let seal: Int64?
}

extension StoreSeal.Part {
  /// The column that names a row.
  var id: String {
    switch self {
    case .records: "row"
    case .versions: "id"
    case .drafts: "key"
    case .operators: "name"
    }
  }
}

extension Snapshot {
  /// Every row of a part, in the order of its names.
  func sealedRows(
    _ part: StoreSeal.Part, _ algorithm: DigestAlgorithm, _ body: (SealedRow) throws -> Void
  ) throws {
    func each(_ sql: String, _ row: (Statement) throws -> SealedRow) throws {
      try connection.each(sql) { try body(row($0)) }
    }
    switch part {
    case .records:
      try each(
        "SELECT row, digest, changed_at, seal FROM records WHERE bytes IS NOT NULL ORDER BY row"
      ) {
        SealedRow(
          id: .integer($0.integer(0)), digest: try digest($0, 1), time: $0.integer(2),
          seal: $0.optionalInteger(3))
      }
    case .versions:
      try each("SELECT id, digest, at, seal FROM versions ORDER BY id") {
        SealedRow(
          id: .integer($0.integer(0)), digest: try digest($0, 1), time: $0.integer(2),
          seal: $0.optionalInteger(3))
      }
    case .drafts:
      try each("SELECT key, bytes, changed_at, seal FROM drafts ORDER BY key") {
        SealedRow(
          id: .blob($0.blob(0)), digest: algorithm.digest($0.blob(1)), time: $0.integer(2),
          seal: $0.optionalInteger(3))
      }
    case .operators:
      try each(
        """
        SELECT name, real_name, roles, enabled, created_at, seal FROM operators ORDER BY name
        """
      ) {
        SealedRow(
          id: .text($0.text(0)),
          digest: OperatorAccount.digest(
            name: $0.text(0), realName: $0.text(1), roles: $0.text(2),
            isEnabled: $0.integer(3) != 0, algorithm),
          time: $0.integer(4), seal: $0.optionalInteger(5))
      }
    }
  }
}
