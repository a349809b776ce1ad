import Bytes
import Replication
import SQLite

/// What one transaction will tell the audit: the act that it belongs to, what it changed, and what
/// happened besides.
struct AuditTrail {
  /// Keys that one entry names: an import's all, so that an item's history is found; of what came
  /// from a neighbour the first, since records name their authors themselves.
  static let recordsMax = 10_000
  static let recordsOfNeighbourMax = 4
  /// The operation of a transaction that was not attributed to any.
  static let unnamed = "upkeep"

  private(set) var act: (event: AuditEvent, condition: AuditCondition)?
  /// SQLite's count of changed rows when the act began.
  private(set) var rowsBefore = 0
  var events: [AuditEvent] = []
  private var stream = DigestStream(.sha256)
  private var count: Int64 = 0
  private var records: [RecordKey] = []

  init(algorithm: DigestAlgorithm) { stream = DigestStream(algorithm) }

  mutating func begin(_ event: AuditEvent, _ condition: AuditCondition, rows: Int) {
    act = (event, condition)
    rowsBefore = rows
  }

  /// Before an act begins, nothing is counted.
  mutating func note(_ key: RecordKey, _ digest: Digest?) {
    guard let act else { return }
    let octets = key.octets
    stream.update(octets)
    stream.update((digest ?? .zero).bytes)
    count += 1
    let limit =
      act.event.site.isEmpty ? AuditTrail.recordsMax : AuditTrail.recordsOfNeighbourMax
    if records.count < limit { records.append(key) }
  }

  /// The records that changed; nil where none did.
  mutating func changes() -> AuditChanges? {
    count == 0 ? nil : AuditChanges(count: count, digest: stream.finish(), records: records)
  }
}

/// When an act leaves an entry.
package enum AuditCondition: Sendable {
  case always
  /// Some row of the store is another.
  case onChange
  /// Some record is another.
  case onRecords
}

extension Transaction {
  /// Says what this transaction is for. Before it changes anything.
  package func attribute(to event: AuditEvent, _ condition: AuditCondition = .onChange) {
    trail.begin(event, condition, rows: connection.totalChangedRows)
  }

  /// Tells the audit of something else, where this transaction commits.
  package func tell(_ event: AuditEvent) { trail.events.append(event) }

  /// Something under a key changed that is no record: a draft.
  package func noteChange(_ key: RecordKey, _ octets: [UInt8]) {
    trail.note(key, algorithm.digest(octets))
  }

  /// Writes the entries, last of all that the transaction does. The last entry of the chain always
  /// holds the store's present seal: what nobody gave a name leaves an entry all the same.
  func appendTrail() throws {
    var isSealTold = !mustTellSeal
    if let (event, condition) = trail.act {
      let hasChanged = connection.totalChangedRows != trail.rowsBefore
      let changes = trail.changes()
      let isTold =
        switch condition {
        case .always: true
        case .onChange: hasChanged
        case .onRecords: changes != nil
        }
      if isTold || !isSealTold {
        try append(event, changes)
        isSealTold = true
      }
    }
    for event in trail.events { try append(event, nil) }
    if !isSealTold, trail.events.isEmpty {
      try append(AuditEvent(.change, operation: AuditTrail.unnamed), nil)
    }
  }

  private func append(_ event: AuditEvent, _ changes: AuditChanges?) throws {
    let entry = AuditEntry(
      algorithm: algorithm, after: try auditHead(), at: now, event, changes,
      seal: algorithm.digest(try storedSeal().octets))
    let bytes = entry.bytes
    try connection.run(
      "INSERT INTO audit(number, digest, bytes) VALUES (?, ?, ?)",
      [.integer(entry.number), .blob(algorithm.digest(bytes).bytes), .blob(bytes)])
  }
}
