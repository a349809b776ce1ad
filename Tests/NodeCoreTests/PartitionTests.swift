import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Five nodes whose lines are cut at random. While they are, each goes on alone; afterwards all is
/// everywhere.
@Suite struct PartitionTests {
  private static let links = [
    ("360400", "360000"), ("360500", "360000"), ("360423", "360400"), ("360424", "360400"),
  ]
  private static let sites = ["360000", "360400", "360500", "360423", "360424"]

  /// What was written last of each item, by whom it was taken out of view.
  private struct Ledger {
    var titles: [RecordKey: String] = [:]
    var holders: [RecordKey: Set<String>] = [:]
    var withdrawn: Set<RecordKey> = []
    var keys: [RecordKey] = []
  }

  private func tree() throws -> Group {
    let group = try Group()
    try group.add("360000", kind: .central)
    for (code, parent) in Self.links {
      try group.add(code, under: parent, kind: code.hasSuffix("00") ? .central : .county)
    }
    return group
  }

  private func edit(
    _ group: Group, _ ledger: inout Ledger, _ dice: inout Dice, step: Int
  ) throws {
    let code = Self.sites[dice.roll(5)]
    let site = try #require(SiteCode(code))
    let key = ledger.keys.isEmpty ? nil : ledger.keys[dice.roll(ledger.keys.count)]
    guard let key, dice.roll(3) > 0 else {
      let key = try group.publish(code, step..<(step + 1))[0]
      ledger.keys.append(key)
      ledger.titles[key] = "item \(step)"
      return
    }
    var edit = RecordEdit(key)
    if key.owner == site {
      if dice.roll(8) == 0 {
        edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.withdrawn.rawValue))
        ledger.withdrawn.insert(key)
      } else {
        edit.set("title", "title \(step)")
        ledger.titles[key] = "title \(step)"
      }
      try group.write(code, edit)
    } else if try group.record(code, key) != nil, code.hasSuffix("00") {
      edit[ItemRecord.Cell.hold(site)] = .rung(Rung(epoch: 1, rung: 1))
      try group.write(code, edit)
      ledger.holders[key, default: []].insert(code)
    }
  }

  /// A session over some link, often cut somewhere.
  private func meet(_ group: Group, _ dice: inout Dice) throws {
    let (code, parent) = Self.links[dice.roll(4)]
    var left = dice.roll(6)
    let cuts = dice.roll(2) == 0
    _ = try group.measured(
      code, parent, pageBytes: 300 << dice.roll(6),
      cut: { _ in
        left -= 1
        return cuts && left < 0
      })
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `five nodes that are cut off at random end alike, and nothing is lost`(
    _ seed: UInt64
  ) throws {
    var dice = Dice(seed: seed)
    let group = try tree()
    var ledger = Ledger()
    for code in Self.sites {
      let skew = Int64(dice.roll(200_000))
      group.clocks[code]?.withLock { $0 += skew }
    }
    for step in 0..<120 {
      for code in Self.sites { group.clocks[code]?.withLock { $0 += 1_000 } }
      if dice.roll(3) == 0 {
        try meet(group, &dice)
      } else {
        try edit(group, &ledger, &dice, step: step)
      }
    }
    for _ in 0..<3 {
      for (code, parent) in Self.links.reversed() { _ = try group.measured(code, parent) }
    }
    for (code, parent) in Self.links {
      #expect(try group.measured(code, parent).report.isInStep, "seed \(seed): \(code)")
      #expect(try group.measured(code, parent).calls.count == 1, "seed \(seed): \(code)")
    }
    try group.expectFingerprintsTrue(Self.sites)
    try expectWhole(group, ledger, seed)
  }

  private func expectWhole(_ group: Group, _ ledger: Ledger, _ seed: UInt64) throws {
    #expect(ledger.keys.count > 10 && !ledger.holders.isEmpty)
    for key in ledger.keys {
      let top = try #require(try group.record("360000", key), "seed \(seed): \(key) is lost")
      let item = ItemRecord(top.record)
      #expect(item.title == ledger.titles[key], "seed \(seed): \(key)")
      #expect((item.state == .withdrawn) == ledger.withdrawn.contains(key), "seed \(seed): \(key)")
      #expect(Set(item.holders.map(\.text)) == ledger.holders[key, default: []], "seed \(seed)")
      for code in Self.sites {
        let copy = try group.record(code, key)
        #expect(copy == nil || copy?.digest == top.digest, "seed \(seed): \(key) at \(code)")
      }
      #expect(try group.record(key.owner.text, key) != nil, "seed \(seed): \(key) at its origin")
    }
  }
}
