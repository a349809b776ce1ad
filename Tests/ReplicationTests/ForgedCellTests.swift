import Bytes
import Replication
import Testing

/// Cells as no honest history makes them, but as octets can say them.
@Suite struct ForgedCellTests {
  private let site = RecordSamples.authors[0]
  private let key = RecordSamples(seed: 1).key

  private func version(_ value: String, at time: Int64) -> CellVersion {
    CellVersion(stamp: Stamp(time: time, author: site), value: value.canonical)
  }

  private func record(_ cell: Cell) throws -> Record {
    try #require(Record(key: key, cells: ["text": cell]))
  }

  /// A co-edited cell in any state that can be read.
  private func anyCoedited(_ dice: inout SeededDice) -> Cell {
    func stamp() -> Stamp {
      Stamp(time: Int64(dice.below(4)), author: RecordSamples.authors[dice.below(3)])
    }
    let versions = Set(
      (0...dice.below(3)).map { _ in
        CellVersion(stamp: stamp(), value: ["x", "y"][dice.below(2)].canonical)
      })
    var seen: [SiteCode: Int64] = [:]
    for stamp in versions.map(\.stamp) + (0..<dice.below(3)).map({ _ in stamp() }) {
      seen[stamp.author] = max(seen[stamp.author, default: -1], stamp.time)
    }
    return .coedited(versions.sorted(), seen: seen)
  }

  @Test func `the laws of the join hold for co-edited cells of any state`() throws {
    var sound = 0
    for seed in 0..<2_000 {
      var dice = SeededDice(seed: seed)
      let (a, b, c) = (anyCoedited(&dice), anyCoedited(&dice), anyCoedited(&dice))
      #expect(a.joined(with: b) == b.joined(with: a), "seed \(seed)")
      #expect(
        a.joined(with: b).joined(with: c) == a.joined(with: b.joined(with: c)), "seed \(seed)")
      #expect(a.joined(with: a) == a, "seed \(seed)")
      let joined = try record(a).joined(with: try record(b))
      #expect((try? Record(canonical: joined.record.bytes)) != nil || !joined.isSound)
      sound += joined.isSound ? 1 : 0
    }
    #expect(sound > 1_000 && sound < 2_000)
  }

  @Test func `two values of one stamp both stay until a write has seen them`() throws {
    let a = Cell.coedited([version("x", at: 1)], seen: [site: 1])
    let b = Cell.coedited([version("y", at: 1)], seen: [site: 1])
    let both = a.joined(with: b)
    #expect(both == .coedited([version("x", at: 1), version("y", at: 1)], seen: [site: 1]))
    let later = Cell.coedited([version("z", at: 2)], seen: [site: 2])
    #expect(both.joined(with: later) == later)
    #expect(a.joined(with: later).joined(with: b) == later)
  }

  @Test func `copies that each say the other is replaced make no record`() throws {
    let a = try record(.coedited([version("x", at: 1)], seen: [site: 2]))
    let b = try record(.coedited([version("y", at: 2)], seen: [site: 2]))
    #expect(!a.joined(with: b).isSound)
    #expect(!b.joined(with: a).isSound)
    #expect(a.joined(with: a).isSound)
  }

  @Test func `a join beyond the bounds of a record is none`() throws {
    let join = CellJoin(rawValue: 9)
    func many(_ times: Range<Int>) throws -> Record {
      try record(.other(join, times.map { version("x", at: Int64($0)) }))
    }
    let most = RecordLimits.versionsMax
    #expect(try many(0..<most).joined(with: many(1..<most)).isSound)
    #expect(try !many(0..<most).joined(with: many(1..<most + 1)).isSound)
    func cells(_ names: Range<Int>) throws -> Record {
      let cell = Cell.latest(version("x", at: 1))
      return try #require(
        Record(
          key: key,
          cells: Dictionary(names.map { ("\($0)", cell) }, uniquingKeysWith: { a, _ in a })))
    }
    let half = RecordLimits.cellsMax / 2
    #expect(try cells(0..<half).joined(with: cells(half..<2 * half)).isSound)
    #expect(try !cells(0..<half).joined(with: cells(half..<2 * half + 1)).isSound)
    func long(_ name: String) throws -> Record {
      let value = String(repeating: "x", count: RecordLimits.bytesMax / 2)
      return try #require(Record(key: key, cells: [name: .latest(version(value, at: 1))]))
    }
    #expect(try long("a").joined(with: long("a")).isSound)
    #expect(try !long("a").joined(with: long("b")).isSound)
  }
}
