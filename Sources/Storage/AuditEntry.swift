import Bytes
import Replication

/// Something that the audit tells: who did or tried what, on what, and how it ended. Holds no
/// secret and no content.
package struct AuditEvent: Sendable, Equatable {
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// An operation changed something.
    case change = 1
    /// Something was refused: an operation, a record, a request.
    case refusal = 2
    case signIn = 3
    /// Tokens and keys: issued, used, replaced.
    case key = 4
    /// Operators and their roles.
    case role = 5
    /// Backup, restore, rejoin, repair; what a neighbour's chain has lost.
    case recovery = 6
    /// Records came from a neighbour.
    case sync = 7

    package var name: String {
      switch self {
      case .change: "change"
      case .refusal: "refusal"
      case .signIn: "sign_in"
      case .key: "key"
      case .role: "role"
      case .recovery: "recovery"
      case .sync: "sync"
      }
    }
  }

  package static let done = "done"
  /// The subject of what nobody asked for but the schedule.
  package static let schedule = "schedule"
  package static let textOctetsMax = 240

  package var kind: Kind
  /// The person; empty where none asked.
  package var operatorName: String
  /// The neighbour that asked, its code; empty where none did.
  package var site: String
  package var operation: String
  package var subject: String
  /// `done`, else the code of the reason.
  package var result: String
  /// How many times since the last entry that says the same.
  package var count: Int64

  package init(
    _ kind: Kind, operatorName: String = "", site: String = "", operation: String,
    subject: String = "", result: String = AuditEvent.done, count: Int64 = 1
  ) {
    self.kind = kind
    self.operatorName = AuditEvent.clipped(operatorName)
    self.site = AuditEvent.clipped(site)
    self.operation = AuditEvent.clipped(operation)
    self.subject = AuditEvent.clipped(subject)
    self.result = AuditEvent.clipped(result)
    self.count = count
  }

  /// The text cut to so many octets, between characters.
  package static func clipped(_ text: String) -> String {
    guard text.utf8.count > textOctetsMax else { return text }
    var kept = String.UnicodeScalarView()
    var octets = "…".utf8.count
    for scalar in text.unicodeScalars {
      octets += UTF8.width(scalar)
      if octets > textOctetsMax { break }
      kept.append(scalar)
    }
    return String(kept) + "…"
  }
}

/// Which records one transaction left otherwise than it found them.
package struct AuditChanges: Sendable, Equatable {
  package var count: Int64
  /// Over key and digest of each, in the order of the changes.
  package var digest: Digest
  /// The first of them.
  package var records: [RecordKey]
}

/// One entry of the chain, as it is stored. Its digest covers all of it, the digest of the entry
/// before it included.
///
///     [1, algorithm, number, previous, at, kind, operator, site, operation, subject, result,
///      count, null or [count, digest, [key …]], seal]
///
/// An entry of version 1 has no seal.
package struct AuditEntry: Sendable, Equatable {
  static let version: UInt64 = 2
  static let fieldsCount = 14

  /// Of the digest of this entry: the tree's, at the time.
  package let algorithm: DigestAlgorithm
  package let number: Int64
  /// Digest of the entry before; zeros in the first.
  package let previous: Digest
  /// Milliseconds UTC, by this node's clock.
  package let at: Int64
  package let event: AuditEvent
  package let changes: AuditChanges?
  /// Digest of the store's seal after all that the transaction did.
  package let seal: Digest?

  package init(
    algorithm: DigestAlgorithm, after head: ChainHead, at: Int64, _ event: AuditEvent,
    _ changes: AuditChanges?, seal: Digest? = nil
  ) {
    self.algorithm = algorithm
    number = head.number + 1
    previous = head.digest
    self.at = at
    self.event = event
    self.changes = changes
    self.seal = seal
  }

  package var bytes: [UInt8] {
    var writer = CBORWriter(reserving: 200 + 24 * (changes?.records.count ?? 0))
    writer.array(AuditEntry.fieldsCount - (seal == nil ? 1 : 0))
    writer.unsigned(AuditEntry.version - (seal == nil ? 1 : 0))
    writer.unsigned(UInt64(algorithm.rawValue))
    writer.integer(number)
    writer.octets(previous.bytes)
    writer.integer(at)
    writer.unsigned(UInt64(event.kind.rawValue))
    for text in [
      event.operatorName, event.site, event.operation, event.subject, event.result,
    ] { writer.text(text) }
    writer.integer(event.count)
    if let changes {
      writer.array(3)
      writer.integer(changes.count)
      writer.octets(changes.digest.bytes)
      writer.array(changes.records.count)
      for key in changes.records { writer.octets(key.octets) }
    } else {
      writer.null()
    }
    if let seal { writer.octets(seal.bytes) }
    return writer.bytes
  }

  package init(_ bytes: [UInt8]) throws(Malformed) {
    var reader = CBORReader(bytes)
    let count = try reader.array()
    let version = try reader.unsigned()
    let missing = Int(truncatingIfNeeded: AuditEntry.version &- version)
    guard (0...1).contains(missing), count == AuditEntry.fieldsCount - missing,
      let number = UInt8(exactly: try reader.unsigned()),
      let algorithm = DigestAlgorithm(rawValue: number)
    else { throw Malformed("not an entry of this version", at: 0) }
    self.algorithm = algorithm
    self.number = try reader.integer()
    previous = try AuditEntry.digest(&reader)
    at = try reader.integer()
    guard let code = UInt8(exactly: try reader.unsigned()),
      let kind = AuditEvent.Kind(rawValue: code)
    else { throw Malformed("an unknown kind of entry", at: reader.offset) }
    let texts = [
      try reader.text(), try reader.text(), try reader.text(), try reader.text(),
      try reader.text(),
    ]
    event = AuditEvent(
      kind, operatorName: texts[0], site: texts[1], operation: texts[2], subject: texts[3],
      result: texts[4], count: try reader.integer())
    if try reader.null() {
      changes = nil
    } else {
      guard try reader.array() == 3 else { throw Malformed("changes", at: reader.offset) }
      let count = try reader.integer()
      let digest = try AuditEntry.digest(&reader)
      var records: [RecordKey] = []
      for _ in 0..<(try reader.array()) {
        guard let key = RecordKey(octets: try reader.octets()) else {
          throw Malformed("a key", at: reader.offset)
        }
        records.append(key)
      }
      changes = AuditChanges(count: count, digest: digest, records: records)
    }
    seal = missing == 0 ? try AuditEntry.digest(&reader) : nil
    try reader.end()
  }

  private static func digest(_ reader: inout CBORReader) throws(Malformed) -> Digest {
    guard let digest = Digest(try reader.octets()) else {
      throw Malformed("not a digest", at: reader.offset)
    }
    return digest
  }
}
