import Bytes
import Replication
import SQLite

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
  /// What the chain begins after: nothing, or entries that were pruned.
  package private(set) var start = ChainHead.none
  /// All that tell of a pruning, oldest first.
  package private(set) var anchors: [AuditAnchor] = []

  /// The store's life at the end of the walk.
  package private(set) var epoch: [UInt8] = []

  private let wanted: Set<Int64>
  private var expected: Digest? = .zero
  private static let pageMax: Int64 = 2048

  private init(digestsOf wanted: Set<Int64>) { self.wanted = wanted }

  /// Page by page, so that a long chain keeps nobody waiting.
  package init(_ store: Store, digestsOf wanted: Set<Int64>) throws {
    self.init(digestsOf: wanted)
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
    judgeStart()
  }

  /// A part of a chain from elsewhere, in which any entry may be the first.
  package init(
    part entries: (_ take: (Int64, [UInt8], [UInt8]) -> Void) throws -> Void,
    digestsOf wanted: Set<Int64>
  ) rethrows {
    var inspection = AuditInspection(digestsOf: wanted)
    try entries { inspection.take(number: $0, stored: $1, $2) }
    self = inspection
  }

  private mutating func take(number: Int64, stored: [UInt8], _ bytes: [UInt8]) {
    let entry = try? AuditEntry(bytes)
    if count == 0, number > 1 {
      start = ChainHead(number: number - 1, digest: entry?.previous ?? .zero)
      (head, expected) = (start, start.digest)
    } else if number != head.number + 1 {
      note(AuditFault(.missing, head.number + 1, to: number - 1))
      expected = nil
    }
    count += 1
    guard let entry else {
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
    if let anchor = entry.event.anchor, !isEdited, !isSwapped { anchors.append(anchor) }
    head = ChainHead(number: number, digest: digest)
    expected = isEdited || isSwapped ? nil : digest
  }

  /// Whether the entries before the first are those that an anchor names.
  private mutating func judgeStart() {
    guard start.number > 0 else { return }
    if let anchor = anchors.last(where: { $0.head.number == start.number }) {
      if let life = anchor.life { lives.insert(life, at: 0) }
      // The first entry was written anew, with its digest, and continues what never was.
      if anchor.head.digest != start.digest { note(AuditFault(.broken, start.number)) }
      return
    }
    let known = anchors.map(\.head.number).filter { $0 < start.number }.max() ?? 0
    faults.insert(AuditFault(.missing, known + 1, to: start.number), at: 0)
    start = .none
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
