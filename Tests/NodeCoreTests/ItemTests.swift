import NodeCore
import Testing

@Suite struct `Items` {
  let node: GroupNode

  init() throws {
    node = try GroupNode("360423")
    try node.run("column", "add", "新闻/要闻")
    try node.run("column", "add", "公告")
  }

  private func add(_ title: String, _ words: String..., at time: String? = nil) throws -> String {
    let published = time.map { ["--published-at", $0] } ?? []
    let base = ["item", "add", "--column", "新闻/要闻", "--title", title, "--body", "<p>\(title)</p>"]
    return try node.run(words: base + published + words)["id"].string
  }

  private func titles(_ words: String...) throws -> [String] {
    try node.run(words: ["item", "list"] + words)["items"].list.map { $0["title"].string }
  }

  @Test func `a draft shows to nobody until it is published`() throws {
    let id = try add("甲")
    #expect(try titles() == [])
    #expect(try titles("--all") == ["甲"])
    #expect(try titles("--state", "draft") == ["甲"])
    #expect(try node.run("item", "show", id)["state"] == "draft")
    #expect(try node.run("item", "publish", id)["state"] == "published")
    #expect(try node.run("item", "publish", id)["changed"] == false)
    #expect(try titles("--column", "新闻/要闻") == ["甲"])
    let item = try node.run("item", "show", String(id.prefix(6)))
    #expect(item["published_at"] == "2023-11-15T06:13:20+08:00")
    #expect(item["placements"][0]["path"] == "新闻/要闻")
    #expect(item["placements"][0]["visible"] == true)
    #expect(item["placements"][0]["causes"][0]["kind"] == "manual")
    #expect(item["epoch"] == 1)
  }

  @Test func `a column lists the newest first`() throws {
    _ = try add("旧", "--publish", at: "2023-01-01")
    _ = try add("新", "--publish", at: "2023-03-01")
    _ = try add("中", "--publish", at: "2023-02-01 08:00")
    #expect(try titles("--column", "新闻/要闻") == ["新", "中", "旧"])
    #expect(try titles("--limit", "2") == ["新", "中"])
    #expect(try node.run("column", "list")["columns"][0]["items"] == 3)
  }

  @Test func `an edit applies at once, and with --draft when it is published`() throws {
    let id = try add("甲", "--publish", "--summary", "s")
    #expect(try node.run("item", "edit", id, "--title", "乙")["changed"] == true)
    #expect(try node.run("item", "edit", id, "--title", "乙")["changed"] == false)
    try node.run("item", "edit", id, "--title", "丙", "--draft", "--add-column", "公告")
    #expect(try titles() == ["乙"])
    #expect(try node.run("item", "show", id)["has_draft"] == true)
    try node.run("item", "publish", id)
    #expect(try titles("--column", "公告") == ["丙"])
    #expect(try node.run("item", "show", id)["summary"] == "s")
    try node.run("item", "edit", id, "--column", "公告", "--summary", "")
    #expect(try titles("--column", "新闻/要闻") == [])
    #expect(try node.run("item", "show", id)["summary"].isMissing)
  }

  @Test func `a withdrawn item never comes back by an edit`() throws {
    let id = try add("甲", "--publish")
    #expect(
      try node.run("item", "withdraw", id, "--reason", "误发", "--wait")["state"] == "withdrawn")
    #expect(try node.run("item", "withdraw", id, "--reason", "again")["changed"] == false)
    let edit = try node.run("item", "edit", id, "--title", "乙")
    #expect(edit["changed"] == true)
    #expect(edit["warnings"][0]["code"] == "stays_withdrawn")
    #expect(try titles() == [])
    #expect(try node.run("item", "show", id)["reason"] == "误发")
    #expect(try node.refusal("item", "archive", id).reason == .alreadyWithdrawn)
    try node.run("item", "reissue", id)
    #expect(try titles() == ["乙"])
    #expect(try node.run("item", "show", id)["epoch"] == 2)
  }

  @Test func `an archived item still shows`() throws {
    let id = try add("甲", "--publish")
    #expect(try node.run("item", "archive", id)["state"] == "archived")
    #expect(try titles() == ["甲"])
    #expect(try node.refusal("item", "hold", id).reason == .ownItem)
  }

  @Test func `what may not be published is refused, and nothing happens`() throws {
    func refusal(_ words: String...) throws -> Refusal {
      do {
        _ = try node.run(words: ["item", "add", "--column"] + words)
      } catch let refusal as Refusal {
        return refusal
      }
      return Refusal(.internal)
    }
    #expect(
      try refusal("公告", "--title", "a", "--publish", "--disclosure", "依申请公开").reason
        == .notPublic)
    #expect(try refusal("公报", "--title", "a").reason == .unknownColumn)
    #expect(try refusal("公告", "--title", " ", "--publish").reason == .missingField)
    #expect(try refusal("公告").reason == .missingArgument)
    #expect(try refusal("公告", "--title", "a", "--validity", "也许").reason == .badField)
    #expect(
      try refusal("公告", "--title", "a", "--published-at", "soon").reason == .badValue)
    #expect(try titles("--all") == [])
  }

  @Test func `ids may be shortened to any unique beginning`() throws {
    let id = try add("甲", "--publish")
    #expect(try node.run("item", "show", "360423:\(id.prefix(4))")["id"].string == id)
    #expect(try node.run("item", "show", String(id.prefix(1)))["id"].string == id)
    #expect(try node.refusal("item", "show", "").reason == .unknownID)
    #expect(try node.refusal("item", "show", "360424:\(id)").reason == .unknownID)
    #expect(try node.refusal("item", "show", "zzzzzz").reason == .unknownID)
    #expect(try node.refusal("item", "show", "没有").reason == .unknownID)
  }

  @Test func `an external id names one item`() throws {
    let id = try add("甲", "--publish", "--external-id", "x-1")
    let again = [
      "item", "add", "--column", "公告", "--title", "b", "--external-id", "x-1",
    ]
    #expect(throws: Refusal(.itemExists, "x-1", id)) { try node.run(words: again) }
  }

  @Test func `a dry run answers and keeps nothing`() throws {
    let id = try add("甲", "--publish")
    #expect(
      try node.run("item", "withdraw", id, "--reason", "r", dryRun: true)["state"] == "withdrawn")
    #expect(try node.run("item", "show", id)["state"] == "published")
  }
}
