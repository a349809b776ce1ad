import Foundation
import NodeCore
import Testing

/// What people and programs are told, seen from outside.
@Suite struct `What is told, and where` {
  let shell: Shell

  init() throws {
    shell = try Shell()
    #expect(shell.run("init", "--code", "360423", "--name", "武宁县", "--kind", "county").status == 0)
    #expect(shell.run("column", "add", "要闻").status == 0)
  }

  private func write(_ lines: String...) throws -> String {
    let path = shell.directory + "/items.jsonl"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private var good: String {
    #"{"external_id":"1","column":"要闻","title":"一","body":"<p>x</p>","#
      + #""published_at":"2026-11-20T08:00:00Z"}"#
  }

  @Test func `refused lines stand on standard error, the counts on standard output`() throws {
    let path = try write("{\"external_id\":", good)
    let zh = shell.run("item", "import", path, "--lang", "zh")
    #expect(zh.status == 1)
    #expect(zh.output.hasPrefix("新增 1，修改 0，未变 0，拒收 1\n"))
    #expect(zh.error.hasPrefix("sitegroup: 第 1 行："))
    let json = shell.run("item", "import", path, "--json")
    #expect(json.output.contains(#""refused":[{"#))
    #expect(json.error.contains(#""code":"bad_line""#))
  }

  @Test func `a dry run says that nothing was changed, to people alone`() throws {
    let said = shell.run("column", "add", "公告", "--dry-run", "--lang", "en")
    #expect(said.output.hasSuffix("(dry run: nothing was changed)\n"))
    #expect(!shell.run("column", "add", "公告", "--dry-run", "--json").output.contains("dry run"))
    #expect(shell.run("column", "show", "公告").status == 2)
  }

  @Test func `an id may be shortened to a single character where that is unique`() throws {
    #expect(shell.run("item", "import", try write(good)).status == 0)
    let list = shell.run("item", "list", "--json").output
    let id = try #require(list.split(separator: "\"id\":\"").last?.prefix(20))
    #expect(shell.run("item", "show", String(id.prefix(1))).status == 0)
    #expect(shell.run("item", "show", "").status == 2)
  }

  @Test func `what the system says is told in Chinese`() {
    let missing = shell.run("item", "import", "/none", "--lang", "zh")
    #expect(missing.status == 2)
    #expect(missing.error == "sitegroup: 无法读取文件 /none：没有该文件或目录\n")
    let refused = Refusal(.unreachable, "http://x", "connect 127.0.0.1:9: Connection refused")
    #expect(refused.message(.zh) == "无法连接 http://x：连接 127.0.0.1:9：连接被拒绝")
    #expect(refused.message(.en).hasSuffix("Connection refused"))
    let malformed = Refusal(.malformed, "x", "truncated (octet 7)")
    #expect(malformed.message(.zh) == "x 的内容不合格式：不完整（第 7 字节）")
  }

  @Test func `a state that stands against something is named in words`() {
    let refusal = Refusal(.wrongState, "abc", "published", "held")
    #expect(refusal.message(.zh) == "abc 的状态是“已发布”，不能这样做")
    #expect(refusal.hint(.zh) == "需要的状态：已下架")
  }

  @Test func `what a caller wrote is repeated as it was, but not at any length`() {
    #expect(Refusal(.badValue, "--kind", "published").message(.zh).contains("“published”"))
    let long = Refusal(.unknownID, String(repeating: "长", count: 5000))
    #expect(long.message(.zh).count < 200)
    #expect(long.subject.count == 5000)
  }

  @Test func `status has every member of an upstream, known or not`() throws {
    let path = shell.directory + "/sitegroup.json5"
    try "{ upstream: \"http://127.0.0.1:1\" }".write(
      toFile: path, atomically: true, encoding: .utf8)
    let status = shell.run("status", "--json").output
    for member in ["last_success_at", "last_error", "unreachable_since"] {
      #expect(status.contains("\"\(member)\":null"))
    }
  }

  @Test func `what an init that was killed has left is in nobody's way`() throws {
    try FileManager.default.createDirectory(
      atPath: shell.directory + "/k/init.new", withIntermediateDirectories: true)
    for name in ["node.db", "node.db-wal"] {
      try "half".write(
        toFile: shell.directory + "/k/init.new/" + name, atomically: true, encoding: .utf8)
    }
    #expect(shell.run("status", "--dir", "k").error.contains("k"))
    let made = shell.run(
      "init", "--dir", "k", "--code", "360499", "--name", "k", "--kind", "county")
    #expect(made.status == 0)
    #expect(shell.run("status", "--dir", "k").status == 0)
    #expect(!FileManager.default.fileExists(atPath: shell.directory + "/k/init.new"))
  }

  @Test func `what is no backup is refused as what it is, and leaves nothing`() throws {
    let missing = shell.run("restore", "none", "--dir", "r", "--lang", "zh")
    #expect(missing.status == 2 && missing.error.contains("没有该文件或目录"))
    try "a text".write(toFile: shell.directory + "/text", atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(
      atPath: shell.directory + "/r", withIntermediateDirectories: true)
    let text = shell.run("restore", "text", "--dir", "r", "--lang", "zh")
    #expect(text.status == 4 && text.error.contains("不是数据库文件"))
    try "".write(toFile: shell.directory + "/none", atomically: true, encoding: .utf8)
    let empty = shell.run("restore", "none", "--dir", "r", "--lang", "zh")
    #expect(empty.status == 4 && empty.error.contains("文件是空的"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: shell.directory + "/r") == [])
    let nowhere = shell.run("backup", "no/such/file", "--lang", "en")
    #expect(nowhere.status == 2 && nowhere.error.contains("/no/such: No such file"))
  }

  @Test func `init names the kind of site in the reader's language`() throws {
    let other = shell.run(
      "init", "--code", "1", "--name", "甲", "--kind", "county", "--dir", "other", "--lang", "zh")
    #expect(other.output.contains("（县区）"))
  }
}
