import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

private let mandateID = RecordID(Array(repeating: UInt8(7), count: 12))

/// A mandate of the centre for an item of its own, as it reaches a county.
private func mandate(
  to sites: String, column: String = "", item: String = "rules", isLifted: Bool = false
) throws -> RecordEdit {
  let centre = try #require(SiteCode("360400"))
  let id = try #require(mandateID)
  var edit = RecordEdit(RecordKey(owner: centre, kind: .mandate, id: id))
  edit.set(MandateRecord.Cell.item, RecordKey.item(centre, externalID: item))
  edit.set(MandateRecord.Cell.sites, sites)
  edit.set(MandateRecord.Cell.column, column)
  edit.set(MandateRecord.Cell.issuedAt, Int64(1_699_999_000_000))
  edit.set(MandateRecord.Cell.dueAt, Int64(1_700_003_600_000))
  edit[MandateRecord.Cell.state] = .rung(isLifted ? MandateRecord.lifted : MandateRecord.issued)
  return edit
}

@Suite struct `A site that a mandate names` {
  let county: GroupNode

  init() throws { county = try GroupNode("360423", isRegistered: false) }

  private func register() throws {
    let centre = try #require(SiteCode("360400"))
    try county.receive(
      SiteRecord.register(centre, name: "c", kind: .central, state: .enrolled, by: centre),
      SiteRecord.register(county.node.site, name: "w", kind: .county, state: .enrolled, by: centre),
      from: "360400")
  }

  private func item(_ life: LifeRung = .published) throws {
    try county.receive(
      GroupNode.item("360400", "rules", in: ["文件/规章": true], life: life), from: "360400")
  }

  private func state(_ node: GroupNode? = nil) throws -> JSONAnswer {
    try (node ?? county).run("repost", "show", try #require(mandateID).description)["sites"][0]
  }

  /// Every order in which mandate, item, registry and column can come.
  @Test(arguments: 0..<24)
  func `reposts whatever comes first`(_ order: Int) throws {
    var steps: [() throws -> Void] = [
      { try county.receive(mandate(to: "county", column: "公告"), from: "360400") }, { try item() },
      register, { try county.run("column", "add", "公告") },
    ]
    var number = order
    while !steps.isEmpty {
      let step = steps.remove(at: number % steps.count)
      number /= max(1, steps.count + 1)
      try step()
    }
    #expect(try county.standing("公告") == ["rules"])
    #expect(try state()["state"] == "reposted")
    #expect(try state()["hours_late"] == 0)
  }

  @Test func `the column is a path, else a type, else the item's own path, else the first`() throws
  {
    try register()
    try item()
    try county.receive(GroupNode.column("360400", "文件/规章"), from: "360400")
    try county.receive(mandate(to: "all", column: "公示"), from: "360400")
    #expect(try state()["state"] == "failed")
    #expect(try state()["reason"] == "no_column")
    try county.run("column", "add", "首页/轮播")
    #expect(try state()["state"] == "failed")
    try county.run("column", "set", "首页/轮播", "--type", "公示")
    #expect(try state()["state"] == "reposted")
    #expect(try county.standing("首页/轮播") == ["rules"])
  }

  @Test(arguments: [("repost", "转载区"), ("", "首页")])
  func `a mandate that names no column finds one`(_ type: String, _ expected: String) throws {
    try register()
    try county.run("column", "add", "外链", "--modes", "link")
    try county.run("column", "add", "首页")
    try county.run("column", "add", "转载区", "--type", type)
    try item()
    try county.receive(mandate(to: "360423"), from: "360400")
    #expect(try county.standing(expected) == ["rules"])
  }

  @Test func `what the site takes out comes back until the mandate is lifted`() throws {
    try register()
    try county.run("column", "add", "公告")
    try item()
    try county.receive(mandate(to: "all"), from: "360400")
    let centre = try #require(SiteCode("360400"))
    let cause = PlacementCause(site: county.node.site, kind: .mandate, id: mandateID)
    func unplace() throws {
      _ = try county.node.store.write {
        try $0.write(
          PlacementRecord.edit(
            .item(centre, externalID: "rules"), in: .column(county.node.site, path: "公告"),
            cause: cause, path: nil))
      }
    }
    try unplace()
    #expect(try county.standing("公告") == ["rules"])
    try county.receive(mandate(to: "all", isLifted: true), from: "360400")
    #expect(try county.standing("公告") == ["rules"])
    try unplace()
    #expect(try county.standing("公告") == [])
  }

  @Test func `a withdrawn item is not reposted, one that shows later is`() throws {
    try register()
    try county.run("column", "add", "公告")
    try county.receive(mandate(to: "all"), from: "360400")
    #expect(try state()["state"] == "received")
    #expect(try state()["reason"] == "no_item")
    try county.receive(
      GroupNode.item("360400", "rules", in: [:], life: .withdrawn), from: "360400")
    #expect(try state()["state"] == "received")
    var again = try GroupNode.item("360400", "rules", in: [:])
    again[ItemRecord.Cell.life] = .rung(Rung(epoch: 2, rung: LifeRung.published.rawValue))
    county.advance(minutes: 125)
    try county.receive(again, from: "360400")
    #expect(try state()["state"] == "reposted")
    #expect(try state()["hours_late"] == 2)
  }

  @Test func `a node that is set so waits for its operator`() throws {
    var settings = NodeSettings()
    settings.reposting = .manual
    let county = try GroupNode("360423", settings: settings, isRegistered: false)
    let centre = try #require(SiteCode("360400"))
    try county.receive(
      SiteRecord.register(county.node.site, name: "w", kind: .county, state: .enrolled, by: centre),
      GroupNode.item("360400", "rules", in: [:]), mandate(to: "county"), from: "360400")
    try county.run("column", "add", "公告")
    #expect(try state(county)["state"] == "received")
    #expect(try county.standing("公告") == [])
    let run = try county.run("repost", "run")
    #expect(run["mandates"][0]["state"] == "reposted")
    #expect(try county.standing("公告") == ["rules"])
    #expect(try county.run("repost", "run")["mandates"].count == 0)
  }
}

@Suite struct `A site that issues mandates` {
  let centre: GroupNode
  let item: String

  init() throws {
    centre = try GroupNode("360400")
    try centre.run("column", "add", "文件")
    for code in ["360423", "360424"] { try centre.register(code, kind: .county) }
    try centre.register("360400-fgw", kind: .department)
    try centre.receive(GroupNode.item("360400", "rules", in: ["文件": true]), from: "360400")
    item = RecordKey.item(centre.node.site, externalID: "rules").id.description
  }

  @Test func `names the sites, and follows their receipts`() throws {
    let issued = try centre.run("repost", "issue", item, "--to", "county", "--due", "2h")
    #expect(issued["sites"].strings == ["360423", "360424"])
    let id = issued["id"].string
    #expect(try centre.run("repost", "list")["mandates"][0]["sites_count"] == 2)
    #expect(try centre.run("repost", "show", id)["sites"][0]["state"] == "offline")
    let key = RecordKey(
      owner: centre.node.site, kind: .mandate, id: try #require(RecordID(text: id)))
    let county = try #require(SiteCode("360423"))
    var receipt = RecordEdit(.receipt(of: county, for: key))
    receipt.set(ReceiptRecord.Cell.mandate, key)
    receipt.set(ReceiptRecord.Cell.state, "reposted")
    centre.advance(minutes: 121)
    receipt.set(ReceiptRecord.Cell.at, centre.time.withLock { $0 })
    try centre.receive(receipt, from: "360423")
    let sites = try centre.run("repost", "show", id)["sites"]
    #expect(sites[0]["state"] == "reposted")
    #expect(sites[0]["hours_late"] == 1)
    #expect(try centre.run("repost", "list")["mandates"][0]["done"] == 1)
    try centre.run("repost", "waive", id, "360424", "--reason", "迁移中")
    #expect(try centre.run("repost", "show", id)["sites"][1]["state"] == "waived")
    #expect(try centre.run("repost", "list")["mandates"][0]["state"] == "done")
    #expect(try centre.run("repost", "lift", id)["result"] == "lifted")
    #expect(try centre.run("repost", "lift", id)["result"] == "unchanged")
    #expect(try centre.run("repost", "list")["mandates"].count == 0)
  }

  @Test func `wrong orders are refused`() throws {
    #expect(try centre.refusal("repost", "issue", item, "--to", "361100").reason == .unknownSite)
    #expect(try centre.refusal("repost", "issue", item, "--to", "360400").reason == .notBelow)
    #expect(try centre.refusal("repost", "issue", item, "--to", "a b").reason == .badValue)
    #expect(try centre.refusal("repost", "issue", item, "--to", "central").reason == .noSites)
    #expect(
      try centre.refusal("repost", "issue", item, "--to", "all", "--due", "soon").reason
        == .badValue)
    #expect(try centre.refusal("repost", "issue", "zzzzzz", "--to", "all").reason == .unknownID)
    #expect(try centre.refusal("repost", "lift", "zzzzzz").reason == .unknownID)
    try centre.receive(
      GroupNode.item("360400", "rules", in: [:], life: .withdrawn), from: "360400")
    #expect(try centre.refusal("repost", "issue", item, "--to", "all").reason == .notPublished)
    #expect(try centre.run("repost", "list")["mandates"].count == 0)
  }
}
