import Bytes
import Replication
import SQLite

extension Snapshot {
  package func auditHead() throws -> ChainHead {
    try connection.first("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1") {
      ChainHead(number: $0.integer(0), digest: try digest($0, 1))
    } ?? .none
  }

  /// Entries until the body says enough; those that cannot be read are left out.
  package func auditEntries(
    newestFirst: Bool, _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    try AuditPage.each(newestFirst: newestFirst, { try $0(self) }, body)
  }

  /// The last entry that wrote this key in one of these operations.
  package func lastAuditEntry(
    of key: RecordKey, operations: Set<String>
  ) throws -> AuditEntry? {
    let found = try connection.all(
      "SELECT bytes FROM audit WHERE instr(bytes, ?) > 0 ORDER BY number DESC",
      [.blob(key.octets)]
    ) { try? AuditEntry($0.blob(0)) }
    return found.compactMap { $0 }.first { entry in
      entry.event.kind == .change && operations.contains(entry.event.operation)
        && entry.changes?.records.contains(key) ?? false
    }
  }
}

extension Store {
  /// The same, page by page, so that a long chain keeps nobody waiting.
  package func auditEntries(
    newestFirst: Bool, _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    try AuditPage.each(newestFirst: newestFirst, { read in try self.read { try read($0) } }, body)
  }
}

/// Some entries of the chain in a row.
private enum AuditPage {
  private static let entriesMax = 256

  static func each(
    newestFirst: Bool, _ within: ((Snapshot) throws -> Void) throws -> Void,
    _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    var last: Int64 = newestFirst ? .max : 0
    while true {
      var page: [(number: Int64, bytes: [UInt8])] = []
      try within { page = try rows($0.connection, newestFirst, last) }
      guard let end = page.last else { return }
      last = end.number
      for (_, bytes) in page {
        guard let entry = try? AuditEntry(bytes) else { continue }
        if try !body(entry, entry.algorithm.digest(bytes)) { return }
      }
    }
  }

  private static func rows(
    _ connection: Connection, _ newestFirst: Bool, _ last: Int64
  ) throws -> [(number: Int64, bytes: [UInt8])] {
    try connection.all(
      newestFirst
        ? "SELECT number, bytes FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?"
        : "SELECT number, bytes FROM audit WHERE number > ? ORDER BY number LIMIT ?",
      [.integer(last), .integer(Int64(entriesMax))]
    ) { ($0.integer(0), $0.blob(1)) }
  }
}

/// A place where the chain is not what it was.
package struct AuditFault: Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// The octets of an entry are not what its digest says.
    case edited
    /// An entry is gone, with others on both sides or before the first.
    case missing
    /// An entry stands in another's place.
    case swapped
    /// The entry after this one continues another.
    case broken
    /// A signed head, or more, was after the last entry that is there.
    case cut
    /// A signed head says otherwise of this entry.
    case rewritten
  }

  package let kind: Kind
  package let number: Int64
  /// The last entry concerned.
  package let last: Int64

  package init(_ kind: Kind, _ number: Int64, to last: Int64? = nil) {
    self.kind = kind
    self.number = number
    self.last = last ?? number
  }
}

/// Walks a whole chain, entry by entry, and computes every digest anew.
package struct AuditInspection: Sendable {
  package static let faultsMax = 100

  package private(set) var faults: [AuditFault] = []
  package private(set) var count: Int64 = 0
  package private(set) var head = ChainHead.none
  /// The digests, as computed, of the entries that were asked for.
  package private(set) var digests: [Int64: Digest] = [:]
  /// Entries that begin a new life of the store, with its epoch.
  package private(set) var lives: [(number: Int64, epoch: [UInt8])] = []

  /// The store's life at the end of the walk.
  package private(set) var epoch: [UInt8] = []

  private let wanted: Set<Int64>
  private var expected: Digest? = .zero
  private static let pageMax: Int64 = 2048

  /// Page by page, so that a long chain keeps nobody waiting.
  package init(_ store: Store, digestsOf wanted: Set<Int64>) throws {
    self.wanted = wanted
    // Below the first number that there could be, if rows were moved.
    var last = Int64.min
    var isAtEnd = false
    while !isAtEnd {
      let page = try store.read { snapshot in
        epoch = try snapshot.epoch()
        return try snapshot.connection.all(
          "SELECT number, digest, bytes FROM audit WHERE number > ? ORDER BY number LIMIT ?",
          [.integer(last), .integer(Self.pageMax)]
        ) { (number: $0.integer(0), stored: $0.blob(1), bytes: $0.blob(2)) }
      }
      for row in page { take(number: row.number, stored: row.stored, row.bytes) }
      last = page.last?.number ?? last
      isAtEnd = page.isEmpty
    }
  }

  private mutating func take(number: Int64, stored: [UInt8], _ bytes: [UInt8]) {
    if number != head.number + 1 {
      note(AuditFault(.missing, head.number + 1, to: number - 1))
      expected = nil
    }
    count += 1
    guard let entry = try? AuditEntry(bytes) else {
      note(AuditFault(.edited, number))
      (head, expected) = (ChainHead(number: number, digest: Digest(stored) ?? .zero), nil)
      return
    }
    let digest = entry.algorithm.digest(bytes)
    let isEdited = digest.bytes != stored
    let isSwapped = entry.number != number
    if isSwapped {
      note(AuditFault(.swapped, number))
    } else if isEdited {
      note(AuditFault(.edited, number))
    } else if let expected, entry.previous != expected {
      // The one before was written anew, with its digest; this one still continues the old one.
      note(AuditFault(.broken, number - 1))
    }
    if wanted.contains(number) { digests[number] = digest }
    if let epoch = entry.event.lifeEpoch { lives.append((number, epoch)) }
    head = ChainHead(number: number, digest: digest)
    expected = isEdited || isSwapped ? nil : digest
  }

  private mutating func note(_ fault: AuditFault) {
    if faults.count < AuditInspection.faultsMax { faults.append(fault) }
  }
}

extension AuditEvent {
  /// The store begins a new life: after a restore, or to take part anew.
  package static func newLife(
    epoch: [UInt8], operation: String, operatorName: String
  ) -> AuditEvent {
    AuditEvent(
      .recovery, operatorName: operatorName, operation: operation,
      subject: lifePrefix + Hex.encode(epoch))
  }

  private static let lifePrefix = "epoch "

  fileprivate var lifeEpoch: [UInt8]? {
    guard kind == .recovery, subject.utf8.starts(with: AuditEvent.lifePrefix.utf8) else {
      return nil
    }
    return Hex.decode(String(subject.dropFirst(AuditEvent.lifePrefix.count)))
  }
}
