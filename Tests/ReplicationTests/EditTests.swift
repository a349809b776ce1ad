import Bytes
import Replication
import Testing

@Suite struct EditTests {
  private let site = SiteCode("360423")
  private let other = SiteCode("360400")

  private func key() throws -> RecordKey {
    RecordKey(
      owner: try #require(site), kind: RecordKind(rawValue: 4),
      id: try #require(RecordID(Array(repeating: 7, count: 12))))
  }

  private func stamp(_ time: Int64, by author: SiteCode?) throws -> Stamp {
    Stamp(time: time, author: try #require(author))
  }

  @Test func `only cells that differ get the stamp`() throws {
    var edit = RecordEdit(try key())
    edit.set("title", "a")
    edit.set("body", "b")
    let first = try #require(Record.writing(edit, over: nil, as: try stamp(1, by: site)))
    #expect(Record.writing(edit, over: first, as: try stamp(2, by: site)) == nil)
    edit.set("title", "c")
    let second = try #require(Record.writing(edit, over: first, as: try stamp(3, by: site)))
    #expect(second.cell("body")?.stamps == [try stamp(1, by: site)])
    #expect(second.cell("title")?.stamps == [try stamp(3, by: site)])
  }

  @Test func `text that is equal as String but not as octets is another value`() throws {
    var edit = RecordEdit(try key())
    edit.set("title", "e\u{301}")
    let first = try #require(Record.writing(edit, over: nil, as: try stamp(1, by: site)))
    edit.set("title", "\u{e9}")
    let second = try #require(Record.writing(edit, over: first, as: try stamp(2, by: site)))
    #expect(second.bytes != first.bytes)
  }

  @Test func `a write over a co-edited cell has seen what stood there`() throws {
    var edit = RecordEdit(try key())
    edit["text"] = .coedited("one".canonical)
    let mine = try #require(Record.writing(edit, over: nil, as: try stamp(1, by: site)))
    edit["text"] = .coedited("two".canonical)
    let theirs = try #require(Record.writing(edit, over: nil, as: try stamp(2, by: other)))
    let both = mine.joined(with: theirs).record
    #expect(both.contested.map(\.versions.count) == [2])
    edit["text"] = .coedited("three".canonical)
    let settled = try #require(Record.writing(edit, over: both, as: try stamp(3, by: site)))
    #expect(settled.contested.isEmpty)
    #expect(settled.joined(with: theirs).changed.isEmpty)
    #expect(settled.value("text") == "three")
    #expect(settled.authors == [try #require(other), try #require(site)])
  }

  @Test func `a plain write to a co-edited cell leaves it co-edited`() throws {
    var edit = RecordEdit(try key())
    edit["text"] = .coedited("one".canonical)
    let first = try #require(Record.writing(edit, over: nil, as: try stamp(1, by: site)))
    edit.set("text", "two")
    let second = try #require(Record.writing(edit, over: first, as: try stamp(2, by: site)))
    #expect(second.cell("text")?.join == .coedited)
  }

  @Test func `hybrid time never stands still and never falls behind what it has seen`() {
    var clock = HybridClock(last: 100)
    #expect(clock.next(wall: 50) == 101)
    #expect(clock.next(wall: 500) == 500)
    clock.observe(900)
    clock.observe(700)
    #expect(clock.next(wall: 600) == 901)
    clock.fallBack(to: 600)
    #expect(clock.next(wall: 500) == 601)
  }

  @Test func `a fingerprint forgets the order and what was taken out`() {
    let digests = (0..<20).map { DigestAlgorithm.sha256.digest([UInt8($0)]) }
    var (forward, backward) = (Fingerprint(), Fingerprint())
    for digest in digests { forward.add(digest) }
    for digest in digests.reversed() { backward.add(digest) }
    #expect(forward == backward)
    for digest in digests.prefix(7) { forward.remove(digest) }
    var rest = Fingerprint()
    for digest in digests.dropFirst(7) { rest.add(digest) }
    #expect(forward == rest)
    for digest in digests.dropFirst(7) { forward.remove(digest) }
    #expect(forward == Fingerprint())
  }

  @Test func `a key's octets read back and sort as the keys do`() throws {
    var dice = SeededDice(seed: 5)
    let codes = ["a", "a-b", "ab", "b", "360423"].compactMap { SiteCode($0) }
    let keys = try (0..<200).map { _ in
      RecordKey(
        owner: codes[dice.below(codes.count)], kind: RecordKind(rawValue: UInt8(dice.below(3))),
        id: try #require(RecordID(dice.bytes(12))))
    }
    for key in keys { #expect(RecordKey(octets: key.octets) == key) }
    let sorted = keys.sorted().map(\.octets)
    #expect(sorted == sorted.sorted { $0.lexicographicallyPrecedes($1) })
  }
}
