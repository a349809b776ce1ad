import Foundation
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct `Columns and sites` {
  let centre: GroupNode

  init() throws { centre = try GroupNode("360400") }

  private static let header = "level1\tlevel2\tlevel3\tmodes\tupdate\tresponsible_units\tsource\n"

  @Test func `the printed catalogue goes in once and changes nothing the second time`() throws {
    try centre.run("site", "import", GroupNode.demo("sites.tsv"))
    let first = try centre.run("column", "import", GroupNode.demo("catalogue.tsv"))
    #expect(first["added"] == 121)
    #expect(first["columns"] == 121)
    let units = first["unmatched_units"].strings
    #expect(!units.contains("各县(市、区)政府") && !units.contains("市直各单位"))
    #expect(units.contains("九江市水务公司"))
    let columns = try centre.run("column", "list")["columns"]
    #expect(columns.count == 121)
    #expect(columns[3]["units"].strings == ["九江日报社", "各县(市、区)政府"])
    #expect(columns[3]["modes"].strings == ["map", "submit"])
    #expect(try centre.run("column", "show", "政务资讯/县区传真")["row"].count == 7)
    let again = try centre.run("column", "import", GroupNode.demo("catalogue.tsv"))
    #expect(again["unchanged"] == 121)
    #expect(again["added"] == 0)
    #expect(again["changed"] == 0)
  }

  @Test func `a wrong row refuses the whole file, naming file, line and reason`() throws {
    let file = try centre.file(
      "c.tsv", Self.header + "甲\t乙\t\t报送\t\t\t\n甲\t丙\t\t云调用\t\t\t\n甲\t丁\t\t\t\t\t\n")
    let refusal = try centre.refusal("column", "import", file)
    #expect(refusal.reason == .unknownMode)
    #expect(refusal.reason.facts.exitStatus == 4)
    #expect(refusal.message(.en).contains("c.tsv:3: there is no supply mode “云调用”"))
    #expect(refusal.message(.zh).contains("c.tsv:4：缺少 modes"))
    #expect(try centre.run("column", "list")["columns"].count == 0)
  }

  @Test func `what was renamed stays renamed and is reported`() throws {
    let file = try centre.file("c.tsv", Self.header + "甲\t乙\t\t报送\t\t\t\n甲\t丙\t\t链接\t\t\t\n")
    try centre.run("column", "import", file)
    let id = try centre.run("column", "show", "甲/乙")["id"]
    try centre.run("column", "set", "甲/乙", "--rename", "甲/新")
    let again = try centre.run("column", "import", file)
    #expect(again["added"] == 0)
    #expect(again["renamed"][0]["path"] == "甲/新")
    #expect(try centre.run("column", "show", "甲/新")["id"] == id)
    // The old path is free again, for a column of its own.
    #expect(try centre.run("column", "add", "甲/乙")["id"] != id)
    #expect(try centre.run("column", "import", file)["added"] == 0)
    #expect(try centre.run("column", "list")["columns"].count == 3)
    #expect(try centre.refusal("column", "set", "甲/乙", "--rename", "甲/新").reason == .columnExists)
  }

  @Test func `a column is found by path, by site and path, and by a unique prefix of its id`()
    throws
  {
    let id = try centre.run("column", "add", "甲/乙", "--modes", "map,报送")["id"].string
    for name in ["甲/乙", "360400:甲/乙", id, String(id.prefix(8)).uppercased(), "360400:\(id)"] {
      #expect(try centre.run("column", "show", name)["path"] == "甲/乙")
    }
    let refusal = try centre.refusal("column", "show", "甲/已")
    #expect(refusal.reason == .unknownColumn)
    #expect(refusal.details == ["甲/乙"])
    #expect(try centre.refusal("column", "show", "甲").reason == .unknownColumn)
    #expect(try centre.refusal("column", "add", "甲//乙").reason == .badValue)
    #expect(try centre.refusal("column", "add", "a/b/c/d").reason == .badValue)
    #expect(try centre.refusal("column", "add", "a/b", "--modes", "x").reason == .badValue)
  }

  @Test func `columns may exchange their paths`() throws {
    for path in ["a", "b"] { try centre.run("column", "add", path) }
    let (a, b) = (
      try centre.run("column", "show", "a")["id"].string,
      try centre.run("column", "show", "b")["id"].string
    )
    try centre.run("column", "set", "a", "--rename", "x")
    try centre.run("column", "set", "b", "--rename", "a")
    try centre.run("column", "set", "x", "--rename", "b")
    #expect(try centre.run("column", "show", "a")["id"].string == b)
    #expect(try centre.run("column", "show", "b")["id"].string == a)
    // The same at once, as a page of a pull brings it.
    let site = centre.node.site
    try centre.node.store.write { transaction in
      for (path, new) in [("a", "a"), ("b", "b")] {
        var edit = RecordEdit(.column(site, path: path))
        edit.set(ColumnRecord.Cell.path, new)
        try transaction.write(edit)
      }
    }
    #expect(try centre.run("column", "show", "a")["id"].string == a)
    #expect(try centre.run("column", "show", "b")["id"].string == b)
  }

  @Test func `grants are given, changed and taken back by the owner`() throws {
    try centre.run("site", "import", GroupNode.demo("sites.tsv"))
    try centre.run("column", "add", "政民互动/在线访谈")
    #expect(
      try centre.run("column", "grant", "政民互动/在线访谈", "360423", "360424")["result"] == "changed")
    try centre.run("column", "grant", "政民互动/在线访谈", "360424", "--share")
    var grants = try centre.run("column", "show", "政民互动/在线访谈")["grants"]
    #expect(grants[0]["grant"] == "contribute")
    #expect(grants[1]["grant"] == "read")
    let strange = try centre.refusal("column", "grant", "政民互动/在线访谈", "360402", "999")
    #expect(strange.reason == .unknownSite)
    #expect(strange.subject == "999")
    try centre.run("column", "revoke", "政民互动/在线访谈", "360423")
    grants = try centre.run("column", "show", "政民互动/在线访谈")["grants"]
    #expect(grants.count == 1)
  }

  @Test func `a dry run answers and keeps nothing`() throws {
    #expect(try centre.run("column", "add", "甲/乙", dryRun: true)["result"] == "added")
    #expect(try centre.run("column", "list")["columns"].count == 0)
  }

  @Test func `a site shows itself before any registry knows it`() throws {
    let county = try GroupNode("360423", isRegistered: false)
    try county.node.begin(as: NodeProfile(name: "武宁县", kind: .county), isRoot: false)
    #expect(try county.run("site", "show")["name"] == "武宁县")
    #expect(try county.run("status")["site"]["kind"] == "county")
  }

  @Test func `sites are registered once, this site's own row is left out`() throws {
    let first = try centre.run("site", "import", GroupNode.demo("sites.tsv"))
    #expect(first["skipped"] == 1)
    let count = try #require(first["added"].int)
    #expect(count > 13)
    let again = try centre.run("site", "import", GroupNode.demo("sites.tsv"))
    #expect(again["unchanged"].int == count)
    #expect(try centre.run("site", "show", "360423")["name"] == "武宁县人民政府")
    #expect(try centre.run("site", "list", "--kind", "county")["sites"].count == 13)
    #expect(try centre.refusal("site", "show", "360499").reason == .unknownSite)
  }
}
