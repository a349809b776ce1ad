import Bytes
import Replication
import Testing

/// Copies of one record as a random history of sites makes them.
struct RecordSamples {
  static let authors = ["a", "b", "c"].compactMap { SiteCode($0) }
  static let names = ["p", "q", "life", "text", "newer"]

  let key: RecordKey
  var dice: SeededDice

  init(seed: Int) {
    dice = SeededDice(seed: seed)
    key = RecordKey(
      owner: Self.authors[0], kind: RecordKind(rawValue: 4),
      id: RecordID(head: DigestAlgorithm.sha256.digest([UInt8(truncatingIfNeeded: seed)])))
  }

  private mutating func stamp() -> Stamp {
    Stamp(time: Int64(dice.below(4)), author: Self.authors[dice.below(Self.authors.count)])
  }

  private mutating func value() -> [UInt8] { ["x", "y", "z"][dice.below(3)].canonical }

  /// Any cell but a co-edited one: those are laws of histories alone.
  private mutating func cell(_ name: String) -> Cell {
    let other = CellJoin(rawValue: dice.isTrue(in: 3) ? 9 : 4)
    switch name {
    case "life":
      let rung = Rung(epoch: UInt64(dice.below(2)), rung: UInt64(dice.below(3)))
      return .rung(rung, stamp())
    case "newer":
      let versions = (0...dice.below(3)).map { _ in CellVersion(stamp: stamp(), value: value()) }
      return .other(other, Array(Set(versions)).sorted())
    case "q" where dice.isTrue(in: 4):
      return .other(other, [CellVersion(stamp: stamp(), value: value())])
    default: return .latest(CellVersion(stamp: stamp(), value: value()))
    }
  }

  /// One copy of any state.
  mutating func copy() throws -> Record {
    var cells: [String: Cell] = ["p": cell("p")]
    for name in Self.names where name != "text" && !dice.isTrue(in: 3) { cells[name] = cell(name) }
    if dice.isTrue(in: 12) { cells = [Record.purgeCell: cell("p")] }
    return try #require(Record(key: key, cells: cells))
  }

  /// Copies that sites made of one co-edited cell, each writing over what it had received.
  mutating func history(_ steps: Int) throws -> (copies: [Record], written: [Record]) {
    var copies: [Record?] = Self.authors.map { _ in nil }
    var written: [Record] = []
    for step in 1...steps {
      let site = dice.below(copies.count)
      if let received = copies[dice.below(copies.count)], dice.isTrue(in: 2) {
        copies[site] = copies[site]?.joined(with: received).record ?? received
        continue
      }
      var edit = RecordEdit(key)
      edit["text"] = .coedited("\(step)".canonical)
      let stamp = Stamp(time: Int64(step), author: Self.authors[site])
      guard let record = Record.writing(edit, over: copies[site], as: stamp) else { continue }
      copies[site] = record
      written.append(record)
    }
    return (copies.compactMap { $0 }, written)
  }
}

@Suite struct JoinTests {
  private func holds(_ a: Record, _ b: Record, _ c: Record) -> Bool {
    a.joined(with: b).record.bytes == b.joined(with: a).record.bytes
      && a.joined(with: b).record.joined(with: c).record.bytes
        == a.joined(with: b.joined(with: c).record).record.bytes
      && a.joined(with: a).changed.isEmpty
      && a.joined(with: b).record.covers(b)
  }

  @Test func `the join is commutative, associative and idempotent in any state`() throws {
    for seed in 0..<600 {
      var samples = RecordSamples(seed: seed)
      let (a, b, c) = (try samples.copy(), try samples.copy(), try samples.copy())
      #expect(holds(a, b, c), "seed \(seed)")
      let joined = a.joined(with: b).record
      #expect(try Record(canonical: joined.bytes).bytes == joined.bytes, "seed \(seed)")
    }
  }

  @Test func `co-edited cells keep the same laws over every history`() throws {
    for seed in 0..<150 {
      var samples = RecordSamples(seed: seed)
      let (copies, written) = try samples.history(14)
      for a in copies + written.suffix(3) {
        for b in copies {
          for c in copies { #expect(holds(a, b, c), "seed \(seed)") }
        }
      }
    }
  }

  @Test func `what no write has seen stays in the cell`() throws {
    for seed in 0..<300 {
      var samples = RecordSamples(seed: seed)
      let (copies, written) = try samples.history(14)
      guard var all = copies.first else { continue }
      for copy in copies { all = all.joined(with: copy).record }
      for record in written {
        #expect(all.covers(record), "seed \(seed)")
        guard case .coedited(let versions, _)? = record.cell("text"), let version = versions.last,
          case .coedited(let kept, _)? = all.cell("text")
        else { continue }
        let isSeen = written.contains { later in
          guard case .coedited(let versions, let seen)? = later.cell("text") else { return false }
          return !versions.contains(version)
            && seen[version.stamp.author, default: -1] >= version.stamp.time
        }
        #expect(kept.contains(version) != isSeen, "seed \(seed)")
      }
    }
  }

  @Test func `changed names exactly the cells that differ`() throws {
    for seed in 0..<500 {
      var samples = RecordSamples(seed: seed)
      let (a, b) = (try samples.copy(), try samples.copy())
      let joined = a.joined(with: b)
      if joined.record.isPurged { continue }
      let differing = joined.record.names.filter { joined.record.cell($0) != a.cell($0) }
      #expect(joined.changed == differing, "seed \(seed)")
    }
  }

  @Test func `purge drops all else and beats every epoch`() throws {
    var samples = RecordSamples(seed: 1)
    let site = RecordSamples.authors[0]
    let purged = try #require(
      Record(
        key: samples.key,
        cells: [
          Record.purgeCell: .latest(
            CellVersion(stamp: Stamp(time: 0, author: site), value: true.canonical))
        ]))
    for _ in 0..<50 {
      let copy = try samples.copy()
      #expect(copy.joined(with: purged).record.isPurged)
      #expect(purged.joined(with: copy).record.names == [Record.purgeCell])
    }
    var edit = RecordEdit(samples.key)
    edit.set("title", "again")
    edit["life"] = .rung(Rung(epoch: 9, rung: 1))
    #expect(Record.writing(edit, over: purged, as: Stamp(time: 9, author: site)) == nil)
  }

  @Test func `a late edit never raises a withdrawn rung, a new epoch does`() throws {
    let site = RecordSamples.authors[0]
    func life(_ epoch: UInt64, _ rung: UInt64, at time: Int64) -> Cell {
      .rung(Rung(epoch: epoch, rung: rung), Stamp(time: time, author: site))
    }
    let withdrawn = life(1, 3, at: 10)
    #expect(life(1, 1, at: 99).joined(with: withdrawn) == withdrawn)
    #expect(withdrawn.joined(with: life(2, 1, at: 5)) == life(2, 1, at: 5))
  }
}
