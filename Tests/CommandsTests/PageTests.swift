import FoundationEssentials
import NodeCore
import Testing

/// A site that publishes its pages, through its commands.
@Suite struct `Published pages` {
  private let shell: Shell

  init() throws {
    shell = try Shell()
    run("init", "--code", "360423", "--name", "武宁县人民政府", "--kind", "central")
    configure()
    run("column", "add", "政务公开/通知公告", "--type", "公告")
    run("column", "add", "政务动态/县区要闻")
  }

  private func configure(_ more: String = "") {
    let text = "{ pages: { directory: 'www', url: 'https://www.example.gov.cn/x', \(more) } }"
    try? text.write(toFile: shell.directory + "/sitegroup.json5", atomically: true, encoding: .utf8)
  }

  @discardableResult
  private func run(_ words: String...) -> Shell.Result {
    let result = shell.run(words)
    #expect(result.status == 0, "\(words): \(result.error)")
    return result
  }

  private struct Added: Decodable { let id: String }
  private struct Published: Decodable, Equatable {
    let written: Int
    let removed: Int
    let unchanged: Int
  }
  private struct Pages: Decodable {
    struct Page: Decodable {
      let path: String
      let item: String?
      let digest: String
    }
    let pages: [Page]
  }
  private struct Checked: Decodable {
    struct Damage: Decodable, Equatable {
      let path: String
      let what: String
    }
    let ok: Bool
    let damaged: [Damage]
    let repaired: Int?
  }

  private func decode<T: Decodable>(_ type: T.Type, _ result: Shell.Result) throws -> T {
    try AnswerJSON.decode(type, from: Array(result.output.utf8))
  }

  private func add(
    _ title: String, _ column: String = "政务动态/县区要闻", _ more: String...
  ) throws -> String {
    let words =
      [
        "item", "add", "--column", column, "--title", title, "--body", "<p>\(title)的正文</p>",
        "--published-at", "2024-05-20T09:00:00+08:00", "--publish", "--json",
      ] + more
    let result = shell.run(words)
    #expect(result.status == 0, "\(result.error)")
    return try decode(Added.self, result).id
  }

  private func publish(_ more: String...) throws -> Published {
    try decode(Published.self, shell.run(["page", "publish", "--json"] + more))
  }

  private func check(_ more: String...) throws -> (Int32, Checked) {
    let result = shell.run(["page", "check", "--json"] + more)
    return (result.status, try decode(Checked.self, result))
  }

  private func page(_ id: String) -> String { "item/360423/\(id.prefix(2))/\(id).html" }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(shell.directory)/www/\(path)", encoding: .utf8)
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(shell.directory)/www/\(path)"))
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(shell.directory)/www/\(path)")
  }

  @Test func `an item's page has its metadata, fields, digest and attachments`() throws {
    let file = shell.directory + "/表 1.pdf"
    try Data("%PDF".utf8).write(to: URL(filePath: file))
    let id = try add(
      "关于林下经济的通知", "政务公开/通知公告", "--source", "武宁县林业局", "--author", "张三",
      "--keywords", "林业", "--document-number", "武林字〔2024〕1号", "--validity", "失效",
      "--attach", file)
    #expect(try publish() == Published(written: 9, removed: 0, unchanged: 0))
    let html = try text(page(id))
    for part in [
      "<meta name=\"SiteName\" content=\"武宁县人民政府\">",
      "<meta name=\"SiteDomain\" content=\"www.example.gov.cn\">",
      "<meta name=\"ColumnName\" content=\"通知公告\">", "<meta name=\"ColumnType\" content=\"公告\">",
      "<meta name=\"ArticleTitle\" content=\"关于林下经济的通知\">",
      "<meta name=\"PubDate\" content=\"2024-05-20 09:00\">",
      "<meta name=\"ContentSource\" content=\"武宁县林业局\">",
      "<meta name=\"Author\" content=\"张三\">", "<meta name=\"Keywords\" content=\"林业\">",
      "<meta name=\"Description\" content=\"关于林下经济的通知的正文\">",
      "<meta name=\"Url\" content=\"https://www.example.gov.cn/x/\(page(id))\">",
      "武林字〔2024〕1号", "<strong class=\"mark\">失效</strong>", "<p>关于林下经济的通知的正文</p>",
      "download=\"表 1.pdf\"", "<html lang=\"zh-CN\">", "default-src &#39;none&#39;",
    ] { #expect(html.contains(part), "\(part)") }
    let shown = run("item", "show", id, "--json").output
    let digest = try decode(Pages.Page.self, Shell.Result(status: 0, output: "", error: ""))
      as Pages.Page?
    _ = (shown, digest)
  }

  @Test func `what goes from view goes from the directory, and nothing else changes`() throws {
    let (one, two) = (try add("一"), try add("二"))
    _ = try publish()
    #expect(try publish() == Published(written: 0, removed: 0, unchanged: 9))
    run("item", "withdraw", one, "--reason", "x")
    let rehearsed = try publish("--dry-run")
    #expect(rehearsed.removed == 1 && exists(page(one)))
    #expect(try publish().removed == 1)
    #expect(!exists(page(one)) && exists(page(two)))
    for path in ["index.html", "feed.xml", "sitemap.xml"] {
      #expect(try !text(path).contains(one), "\(path)")
    }
    run("item", "hold", two, "--reason", "x")
  }
}
