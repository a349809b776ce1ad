import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct PlaceTests {
  let county: GroupNode
  let id: String

  init() throws {
    county = try GroupNode("360423")
    try county.run("column", "add", "要闻")
    try county.run("column", "add", "公告")
    id = try county.run(
      "item", "add", "--column", "要闻", "--title", "一", "--body", "<p>一</p>", "--publish")["id"]
      .string
  }

  func titles(_ column: String) throws -> [String] {
    try county.run("item", "list", "--column", column)["items"].list.map { $0["title"].string }
  }

  @Test func `an item stands where it is placed, and nowhere twice`() throws {
    #expect(try county.run("place", id, "公告")["changed"] == true)
    #expect(try county.run("place", id, "公告")["changed"] == false)
    #expect(try titles("公告") == ["一"])
    #expect(try titles("要闻") == ["一"])
    #expect(try county.run("unplace", id, "要闻")["placed"] == false)
    #expect(try titles("要闻") == [])
    #expect(try county.run("unplace", id, "要闻")["changed"] == false)
    #expect(try county.run("item", "show", id)["placements"].count == 1)
  }

  @Test func `what a rule placed is hidden, and shown again`() throws {
    try county.run("map", "add", "--from", "360423:要闻", "--to", "公告", "--existing")
    #expect(try titles("公告") == ["一"])
    try county.run("unplace", id, "公告")
    #expect(try titles("公告") == [])
    try county.run("place", id, "公告")
    #expect(try titles("公告") == ["一"])
  }

  @Test func `a mandated item cannot be taken out until the mandate is lifted`() throws {
    let centre = try #require(SiteCode("360400"))
    try county.receive(
      SiteRecord.register(centre, name: "c", kind: .central, state: .enrolled, by: centre),
      SiteRecord.register(
        county.node.site, name: "w", kind: .county, state: .enrolled, by: centre),
      GroupNode.item("360400", "rules", in: ["文件": true]), from: "360400")
    let item = RecordKey.item(centre, externalID: "rules")
    let mandate = RecordKey.named(.mandate, of: centre, by: "m")
    var edit = RecordEdit(mandate)
    edit.set(MandateRecord.Cell.item, item)
    edit.set(MandateRecord.Cell.sites, "county")
    edit.set(MandateRecord.Cell.column, "公告")
    edit[MandateRecord.Cell.state] = .rung(MandateRecord.issued)
    try county.receive(edit, from: "360400")
    #expect(try titles("公告") == ["rules"])
    let refusal = try county.refusal("unplace", item.id.description, "公告")
    #expect(refusal.reason == .mandated && refusal.reason.facts.exitStatus == 4)
    #expect(refusal.message(.en).contains(mandate.id.description))
    try county.run("place", item.id.description, "公告")
    let kept = try county.run("unplace", item.id.description, "公告")
    #expect(kept["placed"] == true && kept["changed"] == true)
    #expect(try titles("公告") == ["rules"])
    edit[MandateRecord.Cell.state] = .rung(MandateRecord.lifted)
    try county.receive(edit, from: "360400")
    #expect(try titles("公告") == ["rules"])
    #expect(try county.run("unplace", item.id.description, "公告")["placed"] == false)
    #expect(try titles("公告") == [])
  }

  @Test func `history and trace name versions, columns and copies`() throws {
    county.advance(minutes: 1)
    try county.run("item", "edit", id, "--title", "二")
    county.advance(minutes: 1)
    try county.run("item", "withdraw", id, "--reason", "有误")
    let versions = try county.run("item", "history", id)["versions"]
    #expect(versions.list.map { $0["title"].string } == ["一", "二", "二"])
    #expect(versions[1]["changed"].strings == ["title"])
    #expect(versions[2]["state"] == "withdrawn" && versions[2]["current"] == true)
    let trace = try county.run("item", "trace", id)
    #expect(trace["sites"][0]["code"] == "360423" && trace["sites"][0]["has_current"] == true)
    #expect(trace["placements"].count == 1)
  }
}
