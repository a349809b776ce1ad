import NodeCore
import Testing

@Suite struct `Imports of items` {
  let node: GroupNode

  init() throws {
    node = try GroupNode("360423")
    try node.run("column", "add", "新闻/要闻")
    try node.run("column", "add", "公告")
  }

  private static let date = #""published_at":"2023-11-01""#

  private func load(_ lines: String..., history: Bool = false) throws -> JSONAnswer {
    let file = try node.file("items.jsonl", lines.joined(separator: "\n"))
    return try node.run(words: ["item", "import", file] + (history ? ["--history"] : []))
  }

  private func counts(_ answer: JSONAnswer) -> [Int?] {
    [answer["added"].int, answer["changed"].int, answer["unchanged"].int, answer["refused"].count]
  }

  private func line(_ id: String, _ title: String, _ column: String = "公告") -> String {
    #"{"external_id":"\#(id)","column":"\#(column)","title":"\#(title)",\#(Self.date)}"#
  }

  private func titles(_ words: String...) throws -> [String] {
    try node.run(words: ["item", "list"] + words)["items"].list.map { $0["title"].string }
  }

  private func shown() throws -> JSONAnswer {
    try node.run("item", "show", node.run("item", "list", "--all")["items"][0]["id"].string)
  }

  @Test func `the same line again changes nothing, a changed one changes the item`() throws {
    #expect(counts(try load(line("a", "甲"), line("b", "乙"))) == [2, 0, 0, 0])
    let before = try shown()["digest"]
    #expect(counts(try load(line("a", "甲"), line("b", "乙"))) == [0, 0, 2, 0])
    #expect(try shown()["digest"] == before)
    #expect(counts(try load(line("a", "甲"), line("b", "丙"))) == [0, 1, 1, 0])
    #expect(Set(try titles()) == ["甲", "丙"])
  }

  @Test func `a damaged line stops no other, and is named with its reason`() throws {
    let answer = try load(
      "\u{FEFF}" + line("a", "甲") + "\r", "", #"{"external_id":"b","#, line("c", "丙", "公报"),
      #"{"external_id":"d","column":"公告","title":"丁"}"#,
      #"{"external_id":"e","column":"公告","title":"戊","disclosure":"依申请公开",\#(Self.date)}"#,
      #"{"external_id":"f","column":"公告","title":"己","attachments":["a.pdf"],\#(Self.date)}"#,
      #"{"external_id":"g","state":"withdrawn"}"#,
      #"{"external_id":"h","title":"x",\#(Self.date)}"#,
      line("z", "末"))
    #expect(counts(answer) == [2, 0, 0, 7])
    #expect(answer["refused"].list.map { $0["line"].int } == [3, 4, 5, 6, 7, 8, 9])
    #expect(
      answer["refused"].list.map { $0["reason"].string } == [
        "bad_json", "unknown_column", "missing_date", "not_public", "unreadable_file",
        "unknown_id", "missing_field",
      ])
    #expect(answer["refused"][1]["details"].strings == ["公告"])
    #expect(Set(try titles("--all")) == ["甲", "末"])
  }

  @Test func `a withdrawal by line holds against a later published line`() throws {
    _ = try load(line("a", "甲"))
    #expect(counts(try load(#"{"external_id":"a","state":"withdrawn"}"#)) == [0, 1, 0, 0])
    #expect(counts(try load(#"{"external_id":"a","state":"withdrawn"}"#)) == [0, 0, 1, 0])
    let again =
      #"{"external_id":"a","column":"公告","title":"乙","state":"published",\#(Self.date)}"#
    #expect(try load(again)["warnings"][0]["code"] == "stays_withdrawn")
    #expect(try titles() == [])
    #expect(try shown()["state"] == "withdrawn")
  }

  @Test func `a line moves its item, and leaves alone what it does not name`() throws {
    _ = try load(
      #"{"external_id":"a","column":"公告","title":"甲","summary":"s",\#(Self.date)}"#)
    #expect(counts(try load(line("a", "甲", "新闻/要闻"))) == [0, 1, 0, 0])
    #expect(try titles("--column", "公告") == [])
    #expect(try titles("--column", "新闻/要闻") == ["甲"])
    #expect(try shown()["summary"] == "s")
    #expect(counts(try load(#"{"external_id":"a","summary":null}"#)) == [0, 1, 0, 0])
    #expect(try shown()["summary"].isMissing)
    #expect(try titles("--column", "新闻/要闻") == ["甲"])
  }

  @Test func `a draft line is published by a later one`() throws {
    let draft = #"{"external_id":"a","column":"公告","title":"甲","state":"draft"}"#
    #expect(counts(try load(draft)) == [1, 0, 0, 0])
    #expect(counts(try load(draft)) == [0, 0, 1, 0])
    #expect(try titles() == [])
    _ = try load(line("a", "甲"))
    #expect(try titles() == ["甲"])
    #expect(try titles("--state", "draft") == [])
  }

  @Test func `an archived line shows, and a published one does not undo it`() throws {
    let archived =
      #"{"external_id":"a","column":"公告","title":"甲","state":"archived",\#(Self.date)}"#
    #expect(counts(try load(archived)) == [1, 0, 0, 0])
    #expect(counts(try load(archived)) == [0, 0, 1, 0])
    _ = try load(line("a", "乙"))
    #expect(try shown()["state"] == "archived")
    #expect(try titles() == ["乙"])
  }

  @Test func `warnings name unknown fields once, repeated ids, and old dates`() throws {
    let odd = #"{"external_id":"a","column":"公告","title":"甲","colour":1,\#(Self.date)}"#
    let oldDate = #""published_at":"2001-01-01""#
    let answer = try load(
      odd, odd, #"{"external_id":"b","column":"公告","title":"乙","colour":2,\#(oldDate)}"#)
    let codes = answer["warnings"].list.map { $0["code"].string }
    #expect(codes == ["unknown_field", "repeated_external_id", "back_dated"])
    #expect(answer["warnings"][2]["subject"] == "1")
    let old = #"{"external_id":"c","column":"公告","title":"丙",\#(oldDate)}"#
    #expect(try load(old, history: true)["warnings"].count == 0)
  }

  @Test func `a dry run counts and keeps nothing`() throws {
    let file = try node.file("items.jsonl", line("a", "甲"))
    #expect(counts(try node.run("item", "import", file, dryRun: true)) == [1, 0, 0, 0])
    #expect(try titles("--all") == [])
  }

  @Test func `a file of several transactions goes in whole`() throws {
    let lines = (0..<1100).map { line("n\($0)", "t\($0)") }.joined(separator: "\n")
    #expect(counts(try load(lines)) == [1100, 0, 0, 0])
    #expect(counts(try load(lines)) == [0, 0, 1100, 0])
    #expect(try titles("--column", "公告").count == 1100)
  }
}
