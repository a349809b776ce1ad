import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Who may write what, tried by somebody with a valid key.
@Suite struct `The author rule` {
  private let group: Group
  private let item = RecordKey.item(.victim, externalID: "one")
  private let coedited = RecordKey.item(.victim, externalID: "together")

  /// A city with two counties, and a department below one of them.
  init() throws {
    group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    try group.add("360424", under: "360400")
    try group.add("360423-a", under: "360423", kind: .department)
    for code in ["360400", "360423", "360424"] { try group.run(code, "column", "add", "news") }
    try writeItems()
    try syncAll()
    try group.run("360423", "map", "add", "--from", "360424:news", "--to", "news", "--existing")
    try group.run("360400", "map", "add", "--from", "360424:news", "--to", "news", "--existing")
    try group.run(
      "360400", "repost", "issue", item.id.description, "--to", "360423,360423-a", "--column",
      "news")
    try group.run("360424", "submit", item.id.description, "--to", "360400:news")
    try syncAll()
  }

  private func syncAll() throws {
    for _ in 0..<2 {
      for (code, above) in [
        ("360423-a", "360423"), ("360423", "360400"), ("360424", "360400"), ("360423", "360400"),
        ("360423-a", "360423"),
      ] { _ = try group.sync(code, above) }
    }
  }

  private func writeItems() throws {
    let column = RecordKey.column(.victim, path: "news")
    var edit = RecordEdit(item)
    edit.set("title", "one")
    edit.set("body", "<p>one</p>")
    edit.set("published_at", Int64(1_690_000_000_000))
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    edit.set(ItemRecord.Cell.placed(column.id), true)
    try group.write("360424", edit)
    // Two hands at once: the origin's and the city's.
    let city = try #require(SiteCode("360400"))
    let versions = [
      CellVersion(stamp: Stamp(time: 1, author: .victim), value: "a".canonical),
      CellVersion(stamp: Stamp(time: 2, author: city), value: "b".canonical),
    ]
    let together = try #require(
      Record(
        key: coedited,
        cells: [
          "title": .coedited(versions, seen: [.victim: 1, city: 2]),
          "coedited": .latest(
            CellVersion(stamp: Stamp(time: 1, author: .victim), value: true.canonical)),
          "life": .rung(Rung(epoch: 1, rung: 1), Stamp(time: 1, author: .victim)),
          ItemRecord.Cell.placed(column.id): .latest(
            CellVersion(stamp: Stamp(time: 1, author: .victim), value: true.canonical)),
        ]))
    for code in ["360400", "360424"] {
      try group.nodes[code]?.store.write { _ = try $0.put(together, over: nil) }
    }
  }

  private func client(_ code: String, at upstream: String) throws -> RawClient {
    try RawClient(
      code, at: try #require(group.nodes[upstream]), clock: try #require(group.clocks[upstream]))
  }

  private func forgeries(at code: String, by forger: String) throws -> [Forgery] {
    let node = try #require(group.nodes[code])
    let scene = try node.store.read { snapshot in
      var (mandate, submission): (RecordKey?, RecordKey?)
      try snapshot.records { stored in
        if stored.record.key.kind == .mandate { mandate = stored.record.key }
        if stored.record.key.kind == .submission { submission = stored.record.key }
      }
      return (mandate: mandate, submission: submission)
    }
    let forger = try Forger(at: node, as: forger, against: "360424", under: "360400")
    let mandate = try #require(scene.mandate)
    let submission =
      scene.submission
      ?? SubmissionRecord.key(
        offering: .named(.snapshot, of: .victim, by: "x"),
        to: .column(forger.above, path: "news"), by: .victim)
    return try forger.columns() + forger.items(item, coedited: coedited)
      + forger.orders(mandate, submission) + forger.placements(item) + forger.registry()
  }

  private func refusals(_ code: String) throws -> Int {
    try #require(group.nodes[code]).store.read { snapshot in
      var count = 0
      try snapshot.auditEntries(newestFirst: false) { entry, _ in
        if entry.event.kind == .refusal { count += 1 }
        return true
      }
      return count
    }
  }

  /// Each is refused by itself, and what is honest beside it is taken.
  private func expectRefused(by upstream: String, from code: String) throws {
    let client = try client(code, at: upstream)
    let own = RecordKey.item(client.site, externalID: "own")
    var edit = RecordEdit(own)
    edit.set("title", "own")
    let told = try refusals(upstream)
    for (number, forgery) in try forgeries(at: upstream, by: code).enumerated() {
      let before = try group.holdings(upstream)
      edit.set("title", "own \(number)")
      let stamp = Stamp(time: 1_700_000_000_000 + Int64(number), author: client.site)
      let honest = try #require(Record.writing(edit, over: nil, as: stamp))
      let response = try client.push([forgery.record, honest])
      #expect(response.refused.map(\.key) == [forgery.record.key], "\(forgery.what)")
      var after = try group.holdings(upstream)
      #expect(after.removeValue(forKey: own) != nil)
      #expect(after == before.filter { $0.key != own }, "\(forgery.what) changed something")
    }
    #expect(try refusals(upstream) > told)
  }

  @Test func `a county's key writes nothing of another's at the city`() throws {
    try expectRefused(by: "360400", from: "360423")
    #expect(try group.sync("360424", "360400").isInStep)
  }

  @Test(arguments: ["hold/360424", "life/360400", "reason/360424"])
  func `a new item of a county's own does not speak for a level`(cell: String) throws {
    let client = try client("360424", at: "360400")
    let key = RecordKey.item(client.site, externalID: "new")
    var edit = RecordEdit(key)
    edit.set("title", "new")
    edit[cell] = .rung(Rung(epoch: 1, rung: 1))
    let stamp = Stamp(time: 1_700_000_000_000, author: client.site)
    let record = try #require(Record.writing(edit, over: nil, as: stamp))
    let response = try client.push([record])
    #expect(response.refused.map(\.key) == [key])
    #expect(response.refused.map(\.reason) == ["forbidden"])
    #expect(try group.record("360400", key)?.record.names == ["title"])
  }

  @Test func `a new item of a county's own does not come from days ahead`() throws {
    let client = try client("360424", at: "360400")
    let key = RecordKey.item(client.site, externalID: "new")
    var edit = RecordEdit(key)
    edit.set("title", "new")
    let ahead = Stamp(time: 1_700_000_000_000 + 3 * 86_400_000, author: client.site)
    let record = try #require(Record.writing(edit, over: nil, as: ahead))
    #expect(try client.push([record]).refused.map(\.reason) == ["clock"])
    #expect(try group.record("360400", key) == nil)
  }

  @Test func `through a third node nothing comes either`() throws {
    try expectRefused(by: "360423", from: "360423-a")
    let before = try group.holdings("360400").filter { $0.key.owner.text != "360423-a" }
    _ = try group.sync("360423", "360400")
    let after = try group.holdings("360400").filter { $0.key.owner.text != "360423-a" }
    #expect(after.filter { before[$0.key] != $0.value }.keys.map(\.kind) == [])
  }

  @Test func `what a county has taken from a forger stops at the city`() throws {
    for forgery in try forgeries(at: "360423", by: "360423-a") {
      try group.nodes["360423"]?.store.write { transaction in
        let old = try transaction.record(forgery.record.key)
        let joined = old?.record.joined(with: forgery.record).record ?? forgery.record
        _ = try transaction.put(joined, over: old)
      }
    }
    let before = try group.holdings("360400")
    _ = try group.sync("360423", "360400")
    let after = try group.holdings("360400")
    let changed = after.filter { before[$0.key] != $0.value && $0.key.owner.text != "360423" }
    #expect(changed.keys.sorted() == [])
    _ = try group.sync("360424", "360400")
  }
}

extension SiteCode {
  /// The county whose records are forged.
  fileprivate static let victim = SiteCode("360424") ?? SiteCode.none
  private static var none: SiteCode { preconditionFailure("a literal code is one") }
}
