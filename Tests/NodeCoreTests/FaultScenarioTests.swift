import Bytes
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// What real lines, disks and machines do to two neighbours. Nothing is lost by it.
@Suite struct FaultScenarioTests {
  private let year: Int64 = 365 * 86_400_000

  private func pair(items: Int = 20) throws -> (Group, [RecordKey]) {
    let group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    let keys = try group.publish("360423", 0..<items)
    try group.sync(["360423"], "360400")
    return (group, keys)
  }

  private func expectSame(_ group: Group, _ note: String = "") throws {
    #expect(try group.measured("360423", "360400").report.isInStep, "\(note)")
    #expect(try group.holdings("360423") == group.holdings("360400"), "\(note)")
    try group.expectFingerprintsTrue(["360400", "360423"])
  }

  private func title(_ group: Group, _ code: String, _ key: RecordKey) throws -> String? {
    try group.record(code, key).map { ItemRecord($0.record).title }
  }

  private func retitle(_ group: Group, _ key: RecordKey, _ title: String) throws {
    var edit = RecordEdit(key)
    edit.set("title", title)
    try group.write("360423", edit)
  }

  @Test(arguments: 0..<6)
  func `an answer lost at any call costs nothing but the same again`(_ place: Int) throws {
    let (group, keys) = try pair()
    try retitle(group, keys[0], "changed")
    try group.publish("360423", 100..<110)
    var hold = RecordEdit(keys[1])
    hold[ItemRecord.Cell.hold(try #require(SiteCode("360400")))] = .rung(Rung(epoch: 1, rung: 1))
    try group.write("360400", hold)
    var calls = 0
    _ = try group.measured(
      "360423", "360400",
      cut: { _ in
        calls += 1
        return calls == place + 1
      })
    try expectSame(group, "answer \(place) lost")
    #expect(try group.measured("360423", "360400").calls.count == 1)
  }

  @Test(arguments: ["360400", "360423"])
  func `a disk that is full in mid-batch leaves nothing half done`(_ code: String) throws {
    let (group, _) = try pair(items: 3)
    try group.publish("360423", 100..<103)
    var edit = RecordEdit(.column(try #require(SiteCode("360400")), path: "要闻"))
    edit.set(ColumnRecord.Cell.path, "要闻")
    try group.write("360400", edit)
    var failures = 0
    for statement in 0..<2_000 {
      let before = try group.holdings(code)
      try #require(group.faults[code]).withLock { $0 = statement }
      do {
        let session = try group.measured("360423", "360400")
        try #require(group.faults[code]).withLock { $0 = nil }
        if session.report.isInStep { break }
      } catch {
        failures += 1
        try #require(group.faults[code]).withLock { $0 = nil }
        // Whole batches or nothing: what is there is sound, and nothing that was there is gone.
        #expect(try #require(group.nodes[code]).store.read { try $0.damages() }.isEmpty)
        let after = try group.holdings(code)
        for (key, digest) in before { #expect(after[key] == digest) }
        try group.expectFingerprintsTrue([code])
      }
    }
    #expect(failures > 20)
    try expectSame(group, "\(failures) failures")
  }

  @Test func `a poisoned record, the first of a thousand, stops no other`() throws {
    let (group, _) = try pair(items: 1)
    let keys = try group.publish("360423", 1..<1_001)
    let county = try #require(group.nodes["360423"])
    try county.damage(keys[0], octet: 0)
    let report = try group.measured("360423", "360400").report
    #expect(report.pushed == 999 && report.refused == 1)
    let held = try group.holdings("360400")
    #expect(keys.filter { held[$0] != nil }.count == 999)
    #expect(try county.answer("set-aside", "list")["asides"][0]["reason"] == "unreadable")
  }

  @Test func `a cloned directory is told, and after rejoin both lives are merged`() throws {
    let (group, keys) = try pair()
    let copy = try group.copy("360423")
    try retitle(group, keys[0], "by the first")
    #expect(try group.sync("360423", "360400").isInStep)
    let first = try #require(group.nodes["360423"])
    try group.bringBack("360423", copy)
    try retitle(group, keys[1], "by the clone")
    guard case .failed(.problem(.operatorNeeded, _)) = try group.sync("360423", "360400").ending
    else {
      Issue.record("the clone was let in")
      return
    }
    #expect(try title(group, "360400", keys[1]) == "item 1")
    try #require(group.nodes["360423"]).rejoin()
    try expectSame(group)
    #expect(try title(group, "360400", keys[0]) == "by the first")
    #expect(try title(group, "360400", keys[1]) == "by the clone")
    group.nodes["360423"] = first
    guard case .failed(.problem(.operatorNeeded, _)) = try group.sync("360423", "360400").ending
    else {
      Issue.record("the store that was replaced was let in")
      return
    }
  }

  @Test func `a restored centre gets back what its child has, its own cells too`() throws {
    let (group, keys) = try pair()
    let copy = try group.copy("360400")
    let city = try #require(SiteCode("360400"))
    let column = RecordKey.column(city, path: "要闻")
    var edit = RecordEdit(column)
    edit.set(ColumnRecord.Cell.path, "要闻")
    try group.write("360400", edit)
    var hold = RecordEdit(keys[1])
    hold[ItemRecord.Cell.hold(city)] = .rung(Rung(epoch: 1, rung: 1))
    try group.write("360400", hold)
    try group.publish("360423", 100..<110)
    #expect(try group.sync("360423", "360400").isInStep)
    let before = try group.holdings("360423")
    try group.bringBack("360400", copy)
    guard case .failed(.problem(.operatorNeeded, _)) = try group.sync("360423", "360400").ending
    else {
      Issue.record("an old centre went on unnoticed")
      return
    }
    try #require(group.nodes["360400"]).rejoin()
    try expectSame(group)
    #expect(try group.holdings("360400") == before)
  }

  @Test func `an upstream that was wiped gets the child's records again`() throws {
    let (group, keys) = try pair()
    let before = try group.holdings("360423")
    let other = try Group(salt: "another machine ")
    let city = try other.add("360400", kind: .central)
    let county = try #require(SiteCode("360423"))
    let profile = NodeProfile(name: "360423", kind: .county)
    try city.store.write { try city.admit(county, as: profile, in: $0) }
    group.nodes["360400"] = city
    // A child with a past comes to one that has none: somebody must say that this is meant.
    guard case .failed(.problem(.operatorNeeded, _)) = try group.sync("360423", "360400").ending
    else {
      Issue.record("a recreated upstream went on unnoticed")
      return
    }
    #expect(try group.holdings("360423") == before)
    try city.rejoin()
    try expectSame(group)
    let there = try group.holdings("360400")
    for key in keys { #expect(there[key] == before[key]) }
    for (key, digest) in before where key.kind != .site {
      #expect(try group.record("360423", key)?.digest == digest)
    }
  }

  @Test func `a year offline is caught up in one session`() throws {
    let (group, keys) = try pair()
    for code in ["360400", "360423"] { group.clocks[code]?.withLock { $0 += year } }
    try retitle(group, keys[0], "after a year")
    try group.publish("360423", 500..<600)
    let session = try group.measured("360423", "360400")
    #expect(session.report.isInStep && session.report.pushed == 101)
    try expectSame(group)
  }

  @Test func `a clock ten years ahead poisons nobody, and is forgotten once it is right`() throws {
    let (group, keys) = try pair()
    let clock = try #require(group.clocks["360423"])
    clock.withLock { $0 += 10 * year }
    try retitle(group, keys[0], "from the future")
    let report = try group.sync("360423", "360400")
    #expect(report.refused == 1)
    #expect(try title(group, "360400", keys[0]) == "item 0")
    clock.withLock { $0 -= 10 * year - 60_000 }
    _ = try group.sync("360423", "360400")
    // Later than anything that the upstream may have taken as not ahead.
    for code in ["360400", "360423"] { group.clocks[code]?.withLock { $0 += 600_000 } }
    try expectSame(group)
    #expect(try title(group, "360400", keys[0]) == "from the future")
    let newest = try group.record("360400", keys[0])?.record.newest?.time
    #expect(try #require(newest) < 1_700_000_000_000 + 1_200_000)
    // What is written from now on wins again over what was written then.
    try retitle(group, keys[0], "afterwards")
    try expectSame(group)
    #expect(try title(group, "360400", keys[0]) == "afterwards")
  }

  @Test func `what an upstream has taken is never stamped anew, though its clock steps back`()
    throws
  {
    let (group, keys) = try pair()
    group.clocks["360423"]?.withLock { $0 += 480_000 }
    group.clocks["360400"]?.withLock { $0 += 240_000 }
    try retitle(group, keys[0], "taken")
    #expect(try group.sync("360423", "360400").refused == 0)
    let taken = try group.record("360423", keys[0])?.digest
    group.clocks["360423"]?.withLock { $0 -= 480_000 }
    group.clocks["360400"]?.withLock { $0 -= 240_000 }
    for number in 0..<2 {
      // Too far ahead for the upstream now, which speaks of its clock as it answers.
      try retitle(group, keys[1], "more \(number)")
      _ = try group.sync("360423", "360400")
    }
    #expect(try group.record("360423", keys[0])?.digest == taken)
    for code in ["360400", "360423"] { group.clocks[code]?.withLock { $0 += 600_000 } }
    try retitle(group, keys[0], "afterwards")
    try expectSame(group)
    #expect(try title(group, "360400", keys[0]) == "afterwards")
  }

  @Test func `stamps that every peer takes stay when the clock is set back a little`() throws {
    let (group, keys) = try pair()
    group.clocks["360423"]?.withLock { $0 += 240_000 }
    try retitle(group, keys[0], "a little ahead")
    let written = try group.record("360423", keys[0])?.digest
    group.clocks["360423"]?.withLock { $0 -= 240_000 }
    #expect(try group.sync("360423", "360400").refused == 0)
    #expect(try group.record("360400", keys[0])?.digest == written)
  }

  @Test func `a clock that steps back during a session makes no write lose`() throws {
    let (group, keys) = try pair()
    try retitle(group, keys[0], "before")
    var steps = 0
    _ = try group.measured(
      "360423", "360400",
      meanwhile: { _ in
        guard steps < 4 else { return }
        steps += 1
        group.clocks["360423"]?.withLock { $0 -= 3_600_000 }
        try retitle(group, keys[0], "step \(steps)")
      })
    try expectSame(group)
    #expect(try title(group, "360400", keys[0]) == "step \(steps)")
  }

  @Test func `two triggers on one link end in step`() throws {
    let (group, keys) = try pair()
    try group.publish("360423", 100..<120)
    try retitle(group, keys[0], "changed")
    let county = try #require(group.nodes["360423"])
    let city = try #require(group.nodes["360400"])
    let runs = try [#require(try SyncRun(county)), #require(try SyncRun(county))]
    var actions = try runs.map { try $0.begin() }
    for turn in 0..<60 {
      let place = turn % 2
      guard case .send(let call) = actions[place] else { continue }
      actions[place] = try runs[place].receive(try city.answer(call, from: county.site))
    }
    for action in actions {
      guard case .finished(let report) = action else { throw SyncSession.Failure.malformed("") }
      #expect(report.isInStep)
    }
    try expectSame(group)
  }
}
