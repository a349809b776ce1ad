import FoundationEssentials
import NodeCore
import Testing

/// A site that publishes its pages into `www`, through its commands.
struct PageSite {
  let shell: Shell

  init(_ more: String = "") throws {
    shell = try Shell()
    run("init", "--code", "360423", "--name", "武宁县人民政府", "--kind", "central")
    let text = "{ pages: { directory: 'www', url: 'https://www.example.gov.cn/x', \(more) } }"
    try text.write(
      toFile: shell.directory + "/sitegroup.json5", atomically: true, encoding: .utf8)
    run("column", "add", "政务公开/通知公告", "--type", "公告")
    run("column", "add", "政务动态/县区要闻")
  }

  @discardableResult
  func run(_ words: String...) -> Shell.Result {
    let result = shell.run(words)
    #expect(result.status == 0, "\(words): \(result.error)")
    return result
  }

  struct Added: Decodable { let id: String }
  struct Published: Decodable, Equatable {
    let written: Int
    let removed: Int
    let unchanged: Int

    init(_ written: Int, _ removed: Int, _ unchanged: Int) {
      (self.written, self.removed, self.unchanged) = (written, removed, unchanged)
    }
  }
  struct Pages: Decodable {
    struct Page: Decodable {
      let path: String
      let item: String?
      let digest: String
    }
    let pages: [Page]
  }
  struct Checked: Decodable {
    struct Damage: Decodable, Equatable {
      let path: String
      let what: String

      init(_ path: String, _ what: String) { (self.path, self.what) = (path, what) }
    }
    let ok: Bool
    let damaged: [Damage]
    let repaired: Int?
  }

  func decode<T: Decodable>(_ type: T.Type, _ result: Shell.Result) throws -> T {
    try AnswerJSON.decode(type, from: Array(result.output.utf8))
  }

  func add(
    _ title: String, _ column: String = "政务动态/县区要闻", _ more: [String] = []
  ) throws -> String {
    let result = shell.run(
      [
        "item", "add", "--column", column, "--title", title, "--body", "<p>\(title)的正文</p>",
        "--published-at", "2024-05-20T09:00:00+08:00", "--publish", "--json",
      ] + more)
    #expect(result.status == 0, "\(result.error)")
    return try decode(Added.self, result).id
  }

  @discardableResult
  func publish(_ more: String...) throws -> Published {
    try decode(Published.self, shell.run(["page", "publish", "--json"] + more))
  }

  func check(_ more: String...) throws -> (status: Int32, answer: Checked) {
    let result = shell.run(["page", "check", "--json"] + more)
    return (result.status, try decode(Checked.self, result))
  }

  func page(_ id: String) -> String { "item/360423/\(id.prefix(2))/\(id).html" }

  /// The path of a column's pages, by what its page says.
  func column(_ name: String) throws -> String {
    let pages = try decode(Pages.self, shell.run("page", "list", "--json")).pages
    return try #require(
      try pages.first {
        try $0.path.hasPrefix("column/") && $0.path.hasSuffix("index.html")
          && text($0.path).contains("<h1>\(name)</h1>")
      }?.path.dropLast("index.html".count)).description
  }

  func path(_ path: String) -> String { "\(shell.directory)/www/\(path)" }
  func text(_ path: String) throws -> String {
    try String(contentsOfFile: self.path(path), encoding: .utf8)
  }

  func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: self.path(path)))
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: self.path(path))
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: self.path(path))
  }
}
