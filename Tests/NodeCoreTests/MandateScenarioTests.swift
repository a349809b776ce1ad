import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// An order of the city to two counties that changes under way: the order itself, and the item.
@Suite struct MandateScenarioTests {
  private let city = "360400"
  private let one = "360423"
  private let two = "360424"
  private let group: Group
  private let item: String

  init() throws {
    group = try Group()
    try group.add(city, kind: .central)
    for code in [one, two] {
      try group.add(code, under: city)
      for path in ["公告", "专题"] { try group.run(code, "column", "add", path) }
    }
    try group.run(city, "column", "add", "文件")
    item = try group.run(
      city, "item", "add", "--column", "文件", "--title", "rules", "--body", "<p>1</p>",
      "--published-at", "2023-11-14", "--publish")["id"].string
    try meet()
  }

  private func meet() throws { for _ in 0..<2 { try group.sync([one, two], city) } }

  private func issue(to sites: String, column: String) throws -> String {
    let issued = try group.run(
      city, "repost", "issue", item, "--to", sites, "--column", column, "--due", "2h")
    return issued["id"].string
  }

  private func change(_ mandate: String, _ body: (inout RecordEdit) -> Void) throws {
    let site = try #require(SiteCode(city))
    let id = try #require(RecordID(text: mandate))
    var edit = RecordEdit(RecordKey(owner: site, kind: .mandate, id: id))
    body(&edit)
    try group.write(city, edit)
  }

  /// Titles of what shows in a column of a site.
  private func column(_ code: String, _ path: String) throws -> [String] {
    try group.run(code, "item", "list", "--column", path)["items"].list.map { $0["title"].string }
  }

  private func states(_ mandate: String) throws -> [String] {
    try group.run(city, "repost", "show", mandate)["sites"].list.map {
      "\($0["code"].string) \($0["state"].string)"
    }
  }

  @Test func `an order that is edited binds whom it names now, and nobody else`() throws {
    let mandate = try issue(to: one, column: "公告")
    try meet()
    #expect(try column(one, "公告") == ["rules"] && column(two, "公告") == [])
    try change(mandate) {
      $0.set(MandateRecord.Cell.sites, "\(one),\(two)")
      $0.set(MandateRecord.Cell.column, "专题")
    }
    try meet()
    #expect(try column(two, "专题") == ["rules"] && column(two, "公告") == [])
    // What stands already is not moved.
    #expect(try column(one, "公告") == ["rules"] && column(one, "专题") == [])
    #expect(try states(mandate) == ["\(one) reposted", "\(two) reposted"])
    #expect(try group.refusal(one, "unplace", item, "公告") == .mandated)
    try change(mandate) { $0.set(MandateRecord.Cell.sites, two) }
    try meet()
    #expect(try states(mandate) == ["\(two) reposted"])
    #expect(try group.run(one, "unplace", item, "公告")["placed"] == false)
    #expect(try column(one, "公告") == [])
    #expect(try group.refusal(two, "unplace", item, "专题") == .mandated)
  }

  @Test func `a lifted order binds no more, and a new one for the same item binds again`() throws {
    let first = try issue(to: "county", column: "公告")
    try meet()
    let old = try group.copy(city)
    for code in [one, two] { #expect(try column(code, "公告") == ["rules"]) }
    try group.run(city, "repost", "lift", first)
    try meet()
    for code in [one, two] {
      // The site decides now: it may keep the item or take it out.
      #expect(try column(code, "公告") == ["rules"])
      try group.run(code, "unplace", item, "公告")
      #expect(try column(code, "公告") == [])
    }
    try meet()
    // An old copy of the city that still thinks of it as issued does not revive it.
    try group.bringBack(city, old)
    try #require(group.nodes[city]).rejoin()
    try meet()
    for code in [one, two] { #expect(try column(code, "公告") == []) }
    #expect(try group.run(city, "repost", "list")["mandates"].count == 0)
    let second = try issue(to: "county", column: "公告")
    try meet()
    #expect(second != first)
    for code in [one, two] {
      #expect(try column(code, "公告") == ["rules"])
      #expect(try group.refusal(code, "unplace", item, "公告") == .mandated)
    }
    #expect(try states(second) == ["\(one) reposted", "\(two) reposted"])
  }

  @Test func `a mandated item that is edited, withdrawn and reissued does so at every site`() throws
  {
    let mandate = try issue(to: "county", column: "公告")
    try meet()
    try group.run(city, "item", "edit", item, "--title", "rules, corrected")
    try group.run(city, "item", "publish", item)
    try meet()
    for code in [one, two] { #expect(try column(code, "公告") == ["rules, corrected"]) }
    try group.run(city, "item", "withdraw", item, "--reason", "wrong")
    try meet()
    for code in [one, two] { #expect(try column(code, "公告") == []) }
    try group.run(city, "item", "reissue", item)
    try meet()
    for code in [one, two] { #expect(try column(code, "公告") == ["rules, corrected"]) }
    #expect(try states(mandate) == ["\(one) reposted", "\(two) reposted"])
  }
}
