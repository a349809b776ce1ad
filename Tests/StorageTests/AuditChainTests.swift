import Bytes
import Replication
import SQLite
import Storage
import Testing

/// The chain by itself: what its digests show without anybody else.
@Suite struct AuditChainTests {
  private let place: TemporaryStore
  private let store: Store
  private let key: RecordKey

  init() throws {
    place = try TemporaryStore()
    store = try place.open(creating: true)
    key = try #require(.sample(1))
  }

  private func fill(_ count: Int) throws {
    for number in 1...count {
      try store.write {
        $0.tell(AuditEvent(.change, operatorName: "张三", operation: "item add", subject: "\(number)"))
      }
    }
  }

  private func edit(_ sql: String, _ values: [SQLValue] = []) throws {
    try store.write { try $0.connection.run(sql, values) }
  }

  private func faults() throws -> [AuditFault] {
    try AuditInspection(store, digestsOf: []).faults
  }

  /// The entry with other words, and the digest that it has then.
  private func forged(_ number: Int64) throws -> (bytes: [UInt8], digest: [UInt8]) {
    let entry = try store.read { snapshot in
      var found: AuditEntry?
      try snapshot.auditEntries(newestFirst: false) { entry, _ in
        if entry.number == number { found = entry }
        return found == nil
      }
      return try #require(found)
    }
    var event = entry.event
    event.operatorName = "李四"
    let other = AuditEntry(
      algorithm: entry.algorithm, after: ChainHead(number: number - 1, digest: entry.previous),
      at: entry.at, event, entry.changes)
    return (other.bytes, entry.algorithm.digest(other.bytes).bytes)
  }

  @Test func `an entry reads back as it was written, and holds its predecessor's digest`() throws {
    try store.write { transaction in
      transaction.attribute(
        to: AuditEvent(.change, operatorName: "张三", operation: "item add", subject: "a"))
      try transaction.write(key, title: "one")
    }
    try fill(1)
    var entries: [(entry: AuditEntry, digest: Digest)] = []
    try store.read { snapshot in
      try snapshot.auditEntries(newestFirst: false) {
        entries.append(($0, $1))
        return true
      }
    }
    try #require(entries.count == 2)
    #expect(entries[0].entry.changes?.records == [key] && entries[0].entry.changes?.count == 1)
    #expect(entries[0].entry.previous == .zero && entries[1].entry.previous == entries[0].digest)
    for (entry, _) in entries { #expect(try AuditEntry(entry.bytes) == entry) }
    #expect(throws: Malformed.self) { try AuditEntry(entries[0].entry.bytes + [0]) }
    #expect(try faults().isEmpty)
  }

  @Test func `what is rolled back, or changes nothing, leaves no entry`() throws {
    struct Failure: Error {}
    let event = AuditEvent(.change, operatorName: "张三", operation: "item add")
    try store.write { $0.attribute(to: event) }
    #expect(throws: Failure.self) {
      try store.write { transaction in
        transaction.attribute(to: event)
        try transaction.write(key, title: "one")
        throw Failure()
      }
    }
    _ = try store.rehearse { transaction in
      transaction.attribute(to: event)
      return try transaction.write(key, title: "one")
    }
    #expect(try store.read { try $0.auditHead() } == .none)
  }

  @Test func `an edited entry is named`() throws {
    try fill(5)
    try edit("UPDATE audit SET bytes = ? WHERE number = 3", [.blob(try forged(3).bytes)])
    #expect(try faults() == [AuditFault(.edited, 3)])
  }

  @Test func `an entry edited with its digest is named by the one after it`() throws {
    try fill(5)
    let (bytes, digest) = try forged(3)
    try edit(
      "UPDATE audit SET bytes = ?, digest = ? WHERE number = 3", [.blob(bytes), .blob(digest)])
    #expect(try faults() == [AuditFault(.broken, 3)])
  }

  @Test func `deleted entries are named, the first ones too`() throws {
    try fill(6)
    try edit("DELETE FROM audit WHERE number IN (1, 3, 4)")
    #expect(try faults() == [AuditFault(.missing, 1), AuditFault(.missing, 3, to: 4)])
  }

  @Test func `entries that changed places are named`() throws {
    try fill(5)
    for (from, to) in [(2, -1), (4, 2), (-1, 4)] {
      try edit("UPDATE audit SET number = \(to) WHERE number = \(from)")
    }
    #expect(try faults() == [AuditFault(.swapped, 2), AuditFault(.swapped, 4)])
  }

  @Test func `octets that are no entry are named`() throws {
    try fill(3)
    try edit("UPDATE audit SET bytes = x'00' WHERE number = 2")
    #expect(try faults() == [AuditFault(.edited, 2)])
  }

  @Test func `long texts are cut between characters`() {
    let event = AuditEvent(
      .change, operation: "x", subject: String(repeating: "九", count: 1000))
    #expect(event.subject.utf8.count <= AuditEvent.textOctetsMax)
    #expect(event.subject.hasSuffix("九…"))
  }

  @Test func `of the heads that were seen the newest stay, and the last of each day`() throws {
    let epoch: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    try store.write { transaction in
      let link = try transaction.addLink(to: try #require(SiteCode("360400")), isUpstream: true)
      for number in Int64(1)...200 {
        let head = ChainHead(number: number, digest: .zero)
        // Forty a day.
        let at = number / 40 * 86_400_000 + number
        try transaction.addAuditMark(AuditMark(head: head, epoch: epoch, at: at), link)
      }
      let kept = try transaction.auditMarks(link).map(\.head.number)
      #expect(Set([39, 79, 119, 159]).isSubset(of: kept))
      #expect(Set(169...200).isSubset(of: kept) && kept.count < 70)
    }
  }
}
