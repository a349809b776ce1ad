import Foundation
import NodeCore
import Testing

@Suite struct `Published pages` {
  private let site: PageSite

  init() throws { site = try PageSite() }

  private struct Shown: Decodable { let digest: String }
  private struct Traced: Decodable {
    struct Site: Decodable { let page: String? }
    let sites: [Site]
  }

  @Test func `an item's page has its metadata, fields, digest and attachments`() throws {
    let file = site.shell.directory + "/表 1.pdf"
    try Data("%PDF".utf8).write(to: URL(filePath: file))
    let id = try site.add(
      "关于林下经济的通知", "政务公开/通知公告",
      [
        "--source", "武宁县林业局", "--author", "张三", "--keywords", "林业", "--validity", "失效",
        "--document-number", "武林字〔2024〕1号", "--attach", file,
      ])
    #expect(try site.publish() == .init(9, 0, 0))
    let html = try site.text(site.page(id))
    let shown = try site.decode(Shown.self, site.run("item", "show", id, "--json"))
    let address = "https://www.example.gov.cn/x/\(site.page(id))"
    for part in [
      "<meta name=\"SiteName\" content=\"武宁县人民政府\">",
      "<meta name=\"SiteDomain\" content=\"www.example.gov.cn\">",
      "<meta name=\"SiteIDCode\" content=\"360423\">",
      "<meta name=\"ColumnName\" content=\"通知公告\">", "<meta name=\"ColumnType\" content=\"公告\">",
      "<meta name=\"ArticleTitle\" content=\"关于林下经济的通知\">",
      "<meta name=\"PubDate\" content=\"2024-05-20 09:00\">",
      "<meta name=\"ContentSource\" content=\"武宁县林业局\">",
      "<meta name=\"Author\" content=\"张三\">", "<meta name=\"Keywords\" content=\"林业\">",
      "<meta name=\"Description\" content=\"关于林下经济的通知的正文\">",
      "<meta name=\"Url\" content=\"\(address)\">",
      "<meta name=\"sitegroup:digest\" content=\"\(shown.digest)\">",
      "武林字〔2024〕1号", "<strong class=\"mark\">失效</strong>", "<p>关于林下经济的通知的正文</p>",
      "download=\"表 1.pdf\"", "<html lang=\"zh-CN\">", "default-src &#39;none&#39;",
    ] { #expect(html.contains(part), "\(part)") }
    let trace = try site.decode(Traced.self, site.run("item", "trace", id, "--json"))
    #expect(trace.sites.map(\.page) == [address])
    #expect(try site.text("sitemap.xml").contains("<loc>\(address)</loc>"))
    let list = try site.decode(PageSite.Pages.self, site.run("page", "list", "--json"))
    let attached = try #require(list.pages.first { $0.path.hasPrefix("file/") })
    #expect(try site.text(attached.path) == "%PDF" && attached.path.hasSuffix(".pdf"))
    let own = site.run("page", "list", "--item", id, "--json")
    #expect(try site.decode(PageSite.Pages.self, own).pages.map(\.path) == [site.page(id)])
  }

  @Test func `what goes from view goes from the directory, and nothing else changes`() throws {
    let (one, two) = (try site.add("一"), try site.add("二"))
    try site.publish()
    #expect(try site.publish() == .init(0, 0, 9))
    site.run("item", "withdraw", one, "--reason", "x")
    #expect(try site.publish("--dry-run").removed == 1 && site.exists(site.page(one)))
    // The home page, the column's page, both feeds, the map.
    #expect(try site.publish() == .init(5, 1, 3))
    #expect(!site.exists(site.page(one)) && site.exists(site.page(two)))
    for path in ["index.html", "feed.xml", "sitemap.xml", try site.column("县区要闻") + "feed.xml"] {
      #expect(try !site.text(path).contains(one), "\(path)")
    }
    let draft = site.shell.run(
      "item", "add", "--column", "政务动态/县区要闻", "--title", "x", "--body", "x", "--published-at",
      "2024-05-20")
    #expect(draft.status == 0)
    #expect(try site.publish() == .init(0, 0, 8))
    site.run("item", "withdraw", two, "--reason", "x")
    #expect(try site.publish().removed == 1 && !site.exists(site.page(two)))
    #expect(!site.exists("item"))
  }

  @Test func `an attachment that a browser would run is served as none, and goes with its item`()
    throws
  {
    for name in ["a.html", "b.svg", "c.PHP", "d"] {
      try Data("<script>\(name)".utf8).write(
        to: URL(filePath: "\(site.shell.directory)/\(name)"))
    }
    let more = ["a.html", "b.svg", "c.PHP", "d"].flatMap { ["--attach", $0] }
    let id = try site.add("一", "政务公开/通知公告", more)
    try site.publish()
    let files = try #require(FileManager.default.subpaths(atPath: site.path("file")))
    #expect(files.count { $0.hasSuffix(".bin") } == 4 && !files.contains { $0.contains("html") })
    site.run("item", "withdraw", id, "--reason", "x")
    try site.publish()
    #expect(!site.exists("file") && !site.exists("item"))
  }

  @Test func `an archived item says so`() throws {
    let id = try site.add("一")
    try site.publish()
    site.run("item", "archive", id)
    try site.publish()
    #expect(try site.text(site.page(id)).contains("<strong class=\"mark\">已归档</strong>"))
    #expect(try site.text("index.html").contains("（已归档）"))
  }

  @Test func `older pages of a column stay as they are when it grows`() throws {
    let lines = (0..<61).map { number in
      "{\"external_id\":\"\(number)\",\"column\":\"政务动态/县区要闻\",\"title\":\"第\(number)条\","
        + "\"body\":\"x\",\"published_at\":\"2024-05-\(10 + number / 6)T\(10 + number % 6):00\"}"
    }
    let file = site.shell.directory + "/lines"
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    site.run("item", "import", file)
    try site.publish()
    let column = try site.column("县区要闻")
    #expect(site.exists(column + "2.html") && !site.exists(column + "3.html"))
    #expect(try site.text(column + "1.html").contains("第0条"))
    #expect(try site.text(column + "index.html").contains("href=\"../../\(column)2.html\""))
    var seen: [String] = []
    for page in ["index", "2", "1"] {
      let items = try site.text(column + page + ".html").split(separator: "<li>").dropFirst()
      seen += items.map { String($0.prefix { $0 != "条" }) }
    }
    #expect(seen.count == 61 && Set(seen).count == 61)
    _ = try site.add("新的")
    // Its own page, the home page, the column's newest, both feeds, the map.
    #expect(try site.publish().written == 6)
  }

  @Test func `a renamed column changes the pages that name it, and no address`() throws {
    let (one, two) = (try site.add("一"), try site.add("二", "政务公开/通知公告"))
    try site.publish()
    let before = try site.text(site.page(two))
    site.run("column", "set", "政务动态/县区要闻", "--rename", "政务动态/今日要闻")
    // The item's page, the home page, the column's page and feed.
    #expect(try site.publish() == .init(4, 0, 5))
    #expect(try site.text(site.page(one)).contains("今日要闻"))
    #expect(try site.text(site.page(two)) == before)
  }

  @Test func `a title of nothing that shows is one that readers can follow all the same`() throws {
    let id = try site.add("\u{202E}\u{200B}")
    try site.publish()
    #expect(try site.text("index.html").contains("\(id).html\">（无标题）</a>"))
    #expect(try site.text(site.page(id)).contains("<h1>（无标题）</h1>"))
  }

  @Test func `without its record of what is published a site still tells how it is`() throws {
    try site.publish()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: "\(site.shell.directory)/pages.db\(suffix)")
    }
    try Data("no database".utf8).write(to: URL(filePath: site.shell.directory + "/pages.db"))
    #expect(site.run("status", "--json").output.contains("\"error\":\""))
    #expect(site.shell.run("page", "check").status == 4)
    #expect(site.shell.run("page", "publish").status == 4)
  }

  @Test func `publishing needs the role, and a directory`() throws {
    let other = try Shell()
    _ = other.run("init", "--code", "1", "--name", "x", "--kind", "central")
    #expect(other.run("page", "publish").status == 2)
    #expect(other.run("page", "check").status == 2)
    // The node's own directory would be served with its keys.
    #expect(other.run("page", "publish", "--to", ".").status == 2)
    site.run("operator", "add", "a", "--real-name", "甲", "--roles", "administrator")
    site.run("operator", "add", "b", "--real-name", "乙", "--roles", "publisher", "--operator", "a")
    let refused = site.shell.run("page", "publish", "--operator", "a", "--json")
    #expect(refused.status == 4 && refused.error.contains("role_missing"))
    #expect(site.shell.run("page", "check", "--repair", "--operator", "a").status == 4)
    #expect(site.shell.run("page", "publish", "--operator", "b").status == 0)
    let entries = site.run("audit", "list", "--json", "--operator", "a").output
    #expect(entries.contains("page publish"))
  }

  @Test func `a directory that is somebody else's is not taken over`() throws {
    try FileManager.default.createDirectory(
      atPath: site.path(""), withIntermediateDirectories: true)
    try site.write("their home", "index.html")
    #expect(site.shell.run("page", "publish").status == 4)
    #expect(try site.text("index.html") == "their home")
    try site.remove("index.html")
    try site.publish()
    // Without its records of them, a site knows its own pages again.
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: "\(site.shell.directory)/pages.db\(suffix)")
    }
    #expect(try site.publish().unchanged == 0)
    #expect(try site.check().answer.ok)
  }
}
