import Bytes
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// What changes about a record or about who gets it, while it is on its way.
@Suite struct ScopeScenarioTests {
  private static let source = "360423"

  /// A city and two counties; the second maps columns of the first.
  private func group() throws -> (Group, one: RecordKey, two: RecordKey, rule: RecordEdit) {
    let group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    try group.add("360424", under: "360400")
    let site = try #require(SiteCode("360423"))
    for path in ["one", "two"] {
      var edit = RecordEdit(.column(site, path: path))
      edit.set(ColumnRecord.Cell.path, path)
      try group.write("360423", edit)
    }
    var rule = RecordEdit(.named(.mapping, of: try #require(SiteCode("360424")), by: "m"))
    rule.set(MappingRecord.Cell.source, "360423:one")
    rule.set(MappingRecord.Cell.isLive, true)
    return (group, .column(site, path: "one"), .column(site, path: "two"), rule)
  }

  private func settle(_ group: Group) throws {
    for _ in 0..<2 { try group.sync(["360423", "360424"], "360400") }
  }

  private func place(_ group: Group, _ key: RecordKey, _ placed: [RecordKey: Bool]) throws {
    var edit = RecordEdit(key)
    for (column, isIn) in placed { edit.set(ItemRecord.Cell.placed(column.id), isIn) }
    try group.write("360423", edit)
  }

  @Test func `an item moved between two mapped columns in one change never leaves`() throws {
    let (group, one, two, rule) = try group()
    try group.write("360424", rule)
    var second = RecordEdit(.named(.mapping, of: rule.key.owner, by: "n"))
    second.set(MappingRecord.Cell.source, "360423:two")
    second.set(MappingRecord.Cell.isLive, true)
    try group.write("360424", second)
    let key = try group.publish("360423", 0..<1)[0]
    try place(group, key, [one: true])
    try settle(group)
    #expect(try group.record("360424", key) != nil)
    try place(group, key, [one: false, two: true])
    #expect(try group.sync("360423", "360400").isInStep)
    let session = try group.measured("360424", "360400")
    #expect(session.report.isInStep && session.report.pulled == 1)
    #expect(try group.record("360424", key)?.digest == group.record("360423", key)?.digest)
  }

  @Test func `an item out of the only mapped column leaves, and comes back whole`() throws {
    let (group, one, _, rule) = try group()
    try group.write("360424", rule)
    let key = try group.publish("360423", 0..<1)[0]
    try place(group, key, [one: true])
    try settle(group)
    try place(group, key, [one: false])
    try settle(group)
    #expect(try group.record("360424", key) == nil)
    try place(group, key, [one: true])
    try settle(group)
    #expect(try group.record("360424", key)?.digest == group.record("360423", key)?.digest)
  }

  /// Cut at each call: before it arrives, or after, before its answer does.
  @Test(arguments: 2..<9, [false, true])
  func `in, out and in again during the first load ends inside`(
    _ place: Int, _ isArriving: Bool
  ) throws {
    let (group, one, _, first) = try group()
    let keys = try group.publish("360423", 0..<5)
    for key in keys { try self.place(group, key, [one: true]) }
    try group.sync(["360423", "360424"], "360400")
    var rule = first
    for isLive in [true, false, true] {
      rule.set(MappingRecord.Cell.isLive, isLive)
      try group.write("360424", rule)
      var calls = 0
      func isPlace(_ call: SyncCall) -> Bool {
        calls += 1
        return calls == place
      }
      _ = try group.measured(
        "360424", "360400", pageBytes: 500, cut: { isArriving && isPlace($0) },
        drop: { !isArriving && isPlace($0) })
    }
    let last = try group.measured("360424", "360400")
    #expect(last.report.isInStep && last.reconciles.isEmpty, "cut at \(place)")
    for key in keys { #expect(try group.record("360424", key) != nil, "cut at \(place)") }
    rule.set(MappingRecord.Cell.isLive, false)
    try group.write("360424", rule)
    try settle(group)
    for key in keys { #expect(try group.record("360424", key) == nil, "cut at \(place)") }
    try group.expectFingerprintsTrue(["360400", "360423", "360424"])
  }

  @Test func `a mapping edited in mid-transfer ends with what it says last`() throws {
    let (group, one, two, first) = try group()
    let keys = try group.publish("360423", 0..<10)
    for (number, key) in keys.enumerated() {
      try place(group, key, [number % 2 == 0 ? one : two: true])
    }
    #expect(try group.sync("360423", "360400").isInStep)
    try group.write("360424", first)
    var rule = first
    rule.set(MappingRecord.Cell.source, "360423:two")
    var isEdited = false
    _ = try group.measured(
      "360424", "360400",
      meanwhile: { call in
        if call.endpoint == .pull, !isEdited {
          isEdited = true
          try group.write("360424", rule)
        }
      })
    try settle(group)
    for (number, key) in keys.enumerated() {
      #expect(try (group.record("360424", key) != nil) == (number % 2 == 1))
    }
  }

  @Test func `a write between two pages of a first load is not missed`() throws {
    let (group, one, _, rule) = try group()
    let keys = try group.publish("360423", 0..<10)
    for key in keys { try place(group, key, [one: true]) }
    try group.write("360424", rule)
    try settle(group)
    let late = try #require(SiteCode("360425"))
    try group.add("360425", under: "360400")
    var edit = RecordEdit(.named(.mapping, of: late, by: "m"))
    edit.set(MappingRecord.Cell.source, "360423:one")
    edit.set(MappingRecord.Cell.isLive, true)
    try group.write("360425", edit)
    let city = try #require(group.nodes["360400"])
    var pulls = 0
    let load = try group.measured(
      "360425", "360400", pageBytes: 300,
      meanwhile: { call in
        guard call.endpoint == .pull, pulls < keys.count else { return }
        // A hold goes before all else; an edit takes its place in the stream.
        var edit = RecordEdit(keys[0])
        edit.set("title", "meanwhile \(pulls)")
        try group.write("360423", edit)
        try group.sync(["360423"], "360400")
        var hold = RecordEdit(keys[pulls])
        hold[ItemRecord.Cell.hold(city.site)] = .rung(Rung(epoch: 1, rung: 1))
        try group.write("360400", hold)
        pulls += 1
      })
    #expect(load.report.isInStep && pulls == keys.count)
    // The first meeting alone reconciles: nothing was left to be found by comparing.
    #expect(load.reconciles.count == 1)
    #expect(try group.measured("360425", "360400").reconciles.isEmpty)
    for key in keys {
      #expect(try group.record("360425", key)?.digest == group.record("360400", key)?.digest)
    }
  }

  @Test func `the same value written again is nothing new`() throws {
    let (group, _, _, _) = try group()
    let key = try group.publish("360423", 0..<1)[0]
    try group.sync(["360423"], "360400")
    try group.publish("360423", 0..<1)
    let session = try group.measured("360423", "360400")
    #expect(session.calls.count == 1 && session.report.pushed == 0)
    #expect(try group.record("360423", key) != nil)
  }

  @Test func `cells of a newer version pass an old relay unchanged`() throws {
    let group = try Group()
    try group.add("360000", kind: .central)
    try group.add("360400", under: "360000", kind: .central)
    let county = try group.add("360423", under: "360400")
    let key = try group.publish("360423", 0..<1)[0]
    try county.store.write { transaction in
      let old = try #require(try transaction.record(key))
      var cells = old.record.cells
      let stamp = Stamp(time: 1_700_000_000_000, author: county.site)
      cells["of/tomorrow"] = .other(
        CellJoin(rawValue: 9), [CellVersion(stamp: stamp, value: "new".canonical)])
      try transaction.put(try #require(Record(key: key, cells: cells)), over: old)
    }
    try group.sync(["360423"], "360400")
    try group.sync(["360400"], "360000")
    let digest = try group.record("360423", key)?.digest
    #expect(try group.record("360000", key)?.digest == digest)
    var edit = RecordEdit(key)
    edit[ItemRecord.Cell.hold(try #require(SiteCode("360400")))] = .rung(Rung(epoch: 1, rung: 1))
    try group.write("360400", edit)
    try group.sync(["360423"], "360400")
    try group.sync(["360400"], "360000")
    #expect(try group.record("360423", key)?.record.cell("of/tomorrow") != nil)
    #expect(try group.record("360423", key)?.digest == group.record("360000", key)?.digest)
  }

  @Test(arguments: [false, true])
  func `an edit against a withdrawal: the item stays withdrawn`(_ editsFirst: Bool) throws {
    let (group, _, _, _) = try group()
    let key = try group.publish("360423", 0..<1)[0]
    try group.sync(["360423"], "360400")
    let city = try #require(SiteCode("360400"))
    let edits: [() throws -> Void] = [
      {
        var edit = RecordEdit(key)
        edit.set("title", "edited")
        edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.published.rawValue))
        try group.write("360423", edit)
      },
      {
        var edit = RecordEdit(key)
        edit[ItemRecord.Cell.life(city)] = .rung(
          Rung(epoch: 1, rung: LifeRung.withdrawn.rawValue))
        try group.write("360400", edit)
      },
    ]
    for edit in editsFirst ? edits : edits.reversed() { try edit() }
    try group.sync(["360423"], "360400")
    for code in ["360423", "360400"] {
      let item = try #require(try group.record(code, key).map { ItemRecord($0.record) })
      #expect(item.state == .withdrawn && item.title == "edited")
    }
  }

  @Test func `deleted, made again and edited arrives whole in any order`() throws {
    let (group, _, _, _) = try group()
    let key = try group.publish("360423", 0..<1)[0]
    let county = try #require(group.nodes["360423"])
    var states: [Record] = []
    for (epoch, rung, title) in [
      (1, LifeRung.withdrawn, "a"), (2, LifeRung.published, "b"), (2, .published, "c"),
    ] as [(UInt64, LifeRung, String)] {
      group.clocks["360423"]?.withLock { $0 += 1_000 }
      var edit = RecordEdit(key)
      edit.set("title", title)
      edit[ItemRecord.Cell.life] = .rung(Rung(epoch: epoch, rung: rung.rawValue))
      try group.write("360423", edit)
      states.append(try #require(try county.store.read { try $0.record(key) }).record)
    }
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]] {
      let joined = order.dropFirst().reduce(states[order[0]]) {
        $0.joined(with: states[$1]).record
      }
      #expect(joined.bytes == states[2].bytes)
      #expect(ItemRecord(joined).state == .published)
    }
  }
}
