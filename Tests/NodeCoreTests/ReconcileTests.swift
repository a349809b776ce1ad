import Bytes
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Two ends find what differs between them by fingerprints of ranges of keys.
@Suite struct ReconcileTests {
  private func pair(items: Int) throws -> Group {
    let group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    try group.publish("360423", 0..<items)
    try group.sync(["360423"], "360400")
    return group
  }

  @Test func `equal holdings are agreed on without naming a key`() throws {
    let group = try pair(items: 1_000)
    let county = try #require(group.nodes["360423"])
    try county.rejoin()
    let session = try group.measured("360423", "360400")
    #expect(session.report.isInStep)
    #expect(session.report.pushed + session.report.pulled == 0)
    #expect(session.keysNamed == 0 && session.reconciles.count == 1)
    #expect(session.bytes < 2_500, "\(session.bytes)")
    try group.expectFingerprintsTrue(["360400", "360423"])
    let link = try #require(try county.store.read { try $0.upstreamLink() })
    #expect(link.fingerprint.count == (try group.holdings("360423")).count)
  }

  @Test func `a node restored from a copy gets back only what it lost`() throws {
    let group = try pair(items: 1_000)
    let copy = try group.copy("360423")
    try group.publish("360423", 1_000..<1_050)
    var edit = RecordEdit(RecordKey.item(try #require(SiteCode("360423")), externalID: "360423/7"))
    edit.set("title", "changed after the copy")
    try group.write("360423", edit)
    try group.sync(["360423"], "360400")
    let before = try group.holdings("360423")
    try group.bringBack("360423", copy)
    try group.publish("360423", 2_000..<2_010)
    #expect(try group.measured("360423", "360400").report.ending != .inStep)
    try #require(group.nodes["360423"]).rejoin()
    let session = try group.measured("360423", "360400")
    #expect(session.report.isInStep)
    #expect(session.report.pulled >= 51 && session.report.pulled <= 62)
    #expect(session.report.pushed <= 12)
    let after = try group.holdings("360423")
    #expect(after == (try group.holdings("360400")))
    #expect(after.count == before.count + 10)
    for (key, digest) in before { #expect(after[key] == digest) }
    try group.expectFingerprintsTrue(["360400", "360423"])
    #expect(try group.measured("360423", "360400").calls.count == 1)
  }

  @Test func `one record of many that differs unseen is found by naming a few keys`() throws {
    let group = try pair(items: 3_000)
    let city = try #require(group.nodes["360400"])
    let county = try #require(SiteCode("360423"))
    let key = RecordKey.item(county, externalID: "360423/1234")
    // The city loses one record and its entry, as if its disk had.
    try city.store.write { transaction in
      let link = try #require(try transaction.link(to: county))
      let row = try #require(try transaction.row(of: key))
      try transaction.setEntry(link.id, row, from: transaction.entry(link.id, row), to: nil)
      try transaction.forget(key)
    }
    let session = try group.measured("360423", "360400")
    #expect(session.report.isInStep && session.report.pushed == 1)
    #expect(session.keysNamed <= RangeWalk.listedKeysMax)
    #expect(session.bytes < 12_000, "\(session.bytes)")
    #expect(try group.holdings("360423") == group.holdings("360400"))
  }

  @Test func `a node between two others reconciles with both`() throws {
    let group = try Group()
    try group.add("360000", kind: .central)
    try group.add("360400", under: "360000", kind: .central)
    try group.add("360423", under: "360400")
    try group.publish("360423", 0..<200)
    try group.publish("360400", 0..<200)
    func round() throws -> [MeasuredSession] {
      try [
        group.measured("360423", "360400"), group.measured("360400", "360000"),
        group.measured("360423", "360400"),
      ]
    }
    _ = try round()
    let copy = try group.copy("360400")
    try group.publish("360423", 200..<220)
    try group.publish("360400", 200..<220)
    #expect(try round().allSatisfy(\.report.isInStep))
    try group.bringBack("360400", copy)
    try #require(group.nodes["360400"]).rejoin()
    _ = try round()
    let sessions = try round()
    #expect(sessions.allSatisfy { $0.report.isInStep && $0.report.pushed == 0 })
    #expect(try group.holdings("360400") == group.holdings("360000"))
    #expect(try group.holdings("360400").count > 440)
    try group.expectFingerprintsTrue(["360000", "360400", "360423"])
  }

  @Test func `a write between asking and being answered is not taken for agreed`() throws {
    let group = try pair(items: 400)
    try #require(group.nodes["360423"]).rejoin()
    var edit = RecordEdit(RecordKey.item(try #require(SiteCode("360423")), externalID: "360423/7"))
    edit.set("title", "written meanwhile")
    let session = try group.measured(
      "360423", "360400",
      meanwhile: { call in
        if call.endpoint == .reconcile { try group.write("360423", edit) }
      })
    #expect(session.report.isInStep && session.report.pushed == 1)
    #expect(try group.holdings("360423") == group.holdings("360400"))
    try group.expectFingerprintsTrue(["360400", "360423"])
  }

  @Test func `a reconciliation that is cut at any call is finished by the next session`() throws {
    for place in 0..<5 {
      let group = try pair(items: 300)
      let copy = try group.copy("360423")
      try group.publish("360423", 300..<330)
      try group.sync(["360423"], "360400")
      try group.bringBack("360423", copy)
      try group.publish("360423", 400..<410)
      try #require(group.nodes["360423"]).rejoin()
      var calls = 0
      _ = try group.measured(
        "360423", "360400",
        cut: { _ in
          calls += 1
          return calls > place
        })
      #expect(try group.measured("360423", "360400").report.isInStep, "cut after \(place)")
      #expect(try group.holdings("360423") == group.holdings("360400"))
      try group.expectFingerprintsTrue(["360400", "360423"])
    }
  }

  /// A column of the county 360423 with items, granted to 360424, that the city knows of.
  private func granted(items: Int) throws -> Group {
    let group = try Group()
    try group.add("360400", kind: .central)
    for code in ["360423", "360424"] { try group.add(code, under: "360400") }
    var column = try GroupNode.column("360423", "one")
    column.set(ColumnRecord.Cell.grant(try #require(SiteCode("360424"))), ColumnGrant.read.rawValue)
    try group.write("360423", column)
    for number in 0..<items {
      try group.write("360423", GroupNode.item("360423", "\(number)", in: ["one": true]))
    }
    try group.sync(["360423"], "360400")
    return group
  }

  /// Runs the body; answers how many entries the city has moved meanwhile.
  private func moved(_ group: Group, _ body: () throws -> Void) throws -> Int64 {
    let city = try #require(group.nodes["360400"])
    let before = try city.store.write { $0.sequence }
    try body()
    return try city.store.write { $0.sequence } - before
  }

  @Test(arguments: [false, true])
  func `what waits for a site that was never heard of is not moved`(isCut: Bool) throws {
    let group = try granted(items: 60)
    let moved = try moved(group) {
      if isCut {
        let first = try group.measured("360424", "360400", cut: { $0.endpoint == .reconcile })
        #expect(first.reconciles.count == 1 && first.pages.isEmpty)
      }
      let session = try group.measured("360424", "360400")
      #expect(session.report.isInStep && session.report.pulled > 60)
      #expect(session.reconciles.count == 1 && session.keysNamed == 0)
    }
    #expect(moved < 20)
    #expect(try group.record("360424", .column(#require(SiteCode("360423")), path: "one")) != nil)
    try group.expectFingerprintsTrue(["360400", "360423", "360424"])
  }

  @Test func `a site made anew is sent all in the old order`() throws {
    let group = try granted(items: 60)
    try group.sync(["360424"], "360400")
    let held = try group.holdings("360424")
    let other = try Group(salt: "another machine ")
    other.nodes["360400"] = group.nodes["360400"]
    group.nodes["360424"] = try other.add("360424", under: "360400")
    let moved = try moved(group) {
      let session = try group.measured("360424", "360400")
      #expect(session.report.isInStep && session.report.pulled > 60)
      #expect(session.reconciles.count == 1 && session.keysNamed == 0)
    }
    #expect(moved < 20)
    #expect(try group.holdings("360424") == held)
    try group.expectFingerprintsTrue(["360400", "360423", "360424"])
  }

  @Test func `a site made anew is not told of what left before`() throws {
    let group = try granted(items: 5)
    try group.sync(["360424"], "360400")
    var column = try GroupNode.column("360423", "one")
    column.set(ColumnRecord.Cell.grant(try #require(SiteCode("360424"))), ColumnGrant.none.rawValue)
    try group.write("360423", column)
    try group.sync(["360423"], "360400")
    let other = try Group(salt: "another machine ")
    other.nodes["360400"] = group.nodes["360400"]
    group.nodes["360424"] = try other.add("360424", under: "360400")
    let session = try group.measured("360424", "360400")
    #expect(session.report.isInStep)
    for item in session.pages.flatMap(\.items) {
      if case .left(let key) = item { Issue.record("\(key) was said to have left") }
    }
    try group.expectFingerprintsTrue(["360400", "360423", "360424"])
  }

  @Test func `what waited when a store began another life is sent to it`() throws {
    let group = try pair(items: 10)
    for name in ["one", "two"] {
      try group.write("360400", GroupNode.column("360400", name))
    }
    try #require(group.nodes["360423"]).rejoin()
    #expect(try group.measured("360423", "360400").report.isInStep)
    for name in ["one", "two"] {
      let key = RecordKey.column(try #require(SiteCode("360400")), path: name)
      #expect(try group.record("360423", key) != nil)
    }
    try group.expectFingerprintsTrue(["360400", "360423"])
  }
}
