@testable import Commands
import Foundation
import NodeCore
import Networking
import Storage
import Testing

/// Every field that takes a text, at a county and, over the wire, at its centre: what it gets it
/// gives back, and nobody is harmed by what it says.
@Suite struct `Hostile texts in every field` {
  private let shell: Shell
  private let lines = Lock([String]())

  init() throws {
    shell = try Shell()
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "c", "--kind", "central")
    _ = shell.run("column", "add", "要闻", "--dir", "c")
  }

  private func serve() throws -> Daemon {
    let lines = lines
    return try shell.serve("c") { line in lines.withLock { $0.append(line) } }
  }

  private func enrol(at daemon: Daemon) throws {
    struct Issued: Decodable { let token: String }
    let url = "http://\(daemon.addresses[0])"
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "n", "--kind", "county", "--upstream",
      url)
    let issued = shell.run("site", "token", "360423", "--dir", "c", "--json")
    let token = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).token
    #expect(shell.run("enrol", "--dir", "n", "--token", token).status == 0)
    #expect(shell.run("column", "add", "要闻", "--dir", "n").status == 0)
    #expect(shell.run("map", "add", "--from", "360423:要闻", "--to", "要闻", "--dir", "c").status == 0)
  }

  /// Runs a command of a node in both views; what people see is harmless whatever comes of it.
  @discardableResult
  private func run(_ node: String, _ words: [String]) -> Shell.Result {
    let result = shell.run(["--dir", node, "--json"] + words)
    #expect(HostileTexts.isHarmless(result.output) && HostileTexts.isHarmless(result.error))
    if result.status != 0 {
      #expect([1, 2, 4].contains(result.status), "\(words) \(result.error)")
      #expect(!result.error.contains("\"code\":\"internal\""), "\(words) \(result.error)")
    }
    return result
  }

  private func see(_ node: String, _ words: String...) {
    for language in ["zh", "en"] {
      let said = shell.run(words + ["--dir", node, "--lang", language])
      #expect(
        HostileTexts.isHarmless(said.output) && HostileTexts.isHarmless(said.error), "\(words)")
    }
  }

  private typealias Members = [String: Any]

  private func members(_ text: String) throws -> Members {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Members)
  }

  private func same(_ a: Any?, _ b: String) -> Bool {
    (a as? String ?? "").utf8.elementsEqual(b.utf8)
  }

  private static let fields = [
    "title", "body", "summary", "author", "source", "image", "url", "index_number",
    "issuing_organ", "document_number", "topic", "language",
  ]

  /// One item with the text in every field; nil where it was refused with a reason.
  private func addItem(_ text: String) throws -> String? {
    var words = ["item", "add", "--column=要闻", "--published-at", "2024-05-20", "--publish"]
    for field in Self.fields { words.append("--\(field.replacing("_", with: "-"))=\(text)") }
    words += ["--keywords=\(text)", "--labels=\(text)", "--operator", "甲"]
    let added = run("n", words)
    return added.status == 0 ? try members(added.output)["id"] as? String : nil
  }

  /// The same by import, under the text as its name in another system.
  private func importItem(_ text: String, _ number: Int) throws {
    let value = HostileTexts.json(text)
    let fields = Self.fields.map { "\"\($0)\":\(value)" }.joined(separator: ",")
    let name = HostileTexts.json("\(number)\(text)")
    let line =
      "{\"external_id\":\(name),\"column\":\"要闻\",\"published_at\":\"2024-05-20\","
      + "\"keywords\":[\(value)],\"labels\":[\(value)],\(fields)}"
    let file = "\(shell.directory)/line"
    try line.write(toFile: file, atomically: true, encoding: .utf8)
    let result = run("n", ["item", "import", file])
    #expect(result.status == (text.isEmpty ? 1 : 0), "\(result.output) \(result.error)")
  }

  private func expectFields(_ node: String, _ id: String, _ text: String) throws {
    let shown = try members(run(node, ["item", "show", id]).output)
    for field in Self.fields { #expect(same(shown[field], text), "\(field): \(text.debugDescription)") }
    for list in ["keywords", "labels"] {
      // Words are taken without the space around them.
      let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
      let kept = (shown[list] as? [String] ?? []).map { Array($0.utf8) }
      #expect(kept == (word.isEmpty ? [] : [Array(word.utf8)]), "\(list) \(kept) \(text)")
    }
  }

  @Test func `they are kept as they are, cross the wire, and harm nobody`() throws {
    let daemon = try serve()
    try enrol(at: daemon)
    var ids: [(id: String, text: String)] = []
    for (number, text) in HostileTexts.all.enumerated() {
      if let id = try addItem(text) { ids.append((id, text)) } else { #expect(text.isEmpty) }
      try importItem(text, number)
      // Rules, columns, names, reasons: taken, or refused with a reason.
      run("n", ["column", "add", "--type=\(text)", "--url=\(text)", "--", text])
      run("n", ["map", "add", "--from=360423:要闻", "--to=要闻", "--title-prefix=\(text)"])
      run("n", ["map", "add", "--from=\(text)", "--to=\(text)", "--keyword=\(text)"])
      run("n", ["item", "list", "--column=\(text)"])
      run("n", ["item", "show", "--", text])
      run("c", ["column", "add", "--operator=\(text)", "--", "列\(number)"])
      run("c", ["operator", "check", "--", text])
    }
    let sync = run("n", ["sync"])
    #expect(sync.status == 0 && sync.output.contains("\"in_step\":true"), "\(sync.error)")
    for (id, text) in ids {
      try expectFields("n", id, text)
      try expectFields("c", id, text)
      see("c", "item", "show", id)
    }
    try exchange(ids)
    for node in ["n", "c"] {
      for words in [
        ["item", "list"], ["column", "list"], ["site", "list"], ["map", "list"], ["audit", "list"],
        ["review", "list"], ["repost", "list"], ["status"],
      ] {
        for language in ["zh", "en"] {
          let said = shell.run(words + ["--dir", node, "--lang", language])
          #expect(said.status == 0 && HostileTexts.isHarmless(said.output), "\(words)")
        }
      }
      try expectHarmlessPages(of: node)
    }
    // Whoever called the daemon by a name that is none did not slip a field into the request.
    let columns = shell.run("column", "list", "--dir", "c", "--json").output
    #expect(columns.contains("\"列0\""))
    daemon.stop()
    for line in lines.withLock({ $0 }) {
      #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline })
      #expect(HostileTexts.isHarmless(line))
    }
  }

  /// Offers, verdicts, holds, orders and reasons.
  private func exchange(_ ids: [(id: String, text: String)]) throws {
    for (id, text) in ids { run("n", ["submit", id, "--to=要闻", "--note=\(text)"]) }
    run("n", ["sync"])
    struct Offers: Decodable {
      struct Offer: Decodable { let id: String }
      let submissions: [Offer]
    }
    let offers = try AnswerJSON.decode(
      Offers.self, from: Array(run("c", ["review", "list"]).output.utf8)).submissions
    #expect(offers.count == ids.count)
    for (offer, (_, text)) in zip(offers, ids) {
      run("c", ["review", "return", offer.id, "--reason=\(text)"])
      see("c", "review", "show", offer.id)
    }
    for (id, text) in ids.prefix(ids.count / 2) {
      let held = run("c", ["item", "hold", id, "--reason=\(text)"])
      if held.status == 0 {
        let shown = try members(run("c", ["item", "show", id]).output)
        #expect(same(shown["reason"], text), "\(text.debugDescription)")
      }
      see("c", "item", "show", id)
      run("c", ["item", "release", id])
    }
    let first = ids[0].id
    struct Issued: Decodable { let id: String }
    let issued = run("c", ["repost", "issue", first, "--to", "county"])
    if issued.status == 0 {
      let mandate = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).id
      for (_, text) in ids { run("c", ["repost", "waive", mandate, "360423", "--reason=\(text)"]) }
      see("c", "repost", "show", mandate)
    }
    run("n", ["item", "withdraw", ids[1].id, "--reason=\(ids[1].text)"])
    run("n", ["sync"])
  }

  // MARK: pages and feeds

  private static let elements: Set<String> = [
    "a", "article", "body", "b", "dd", "dl", "dt", "footer", "h1", "h2", "head", "header", "html",
    "img", "li", "link", "main", "meta", "nav", "p", "section", "span", "strong", "style", "time",
    "title", "ul",
  ]
  private static let attributes: Set<String> = [
    "aria-label", "charset", "class", "content", "datetime", "download", "href", "http-equiv", "id",
    "lang", "name", "rel", "src", "type",
  ]

  private func expectHarmlessPages(of node: String) throws {
    let published = run(node, ["page", "publish", "--to", "\(shell.directory)/www-\(node)"])
    #expect(published.status == 0, "\(published.error)")
    let folder = "\(shell.directory)/www-\(node)"
    let paths = try #require(FileManager.default.subpaths(atPath: folder))
    #expect(paths.count { $0.hasPrefix("item/") && $0.hasSuffix(".html") } > 30)
    for path in paths {
      let isSafeName = path.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2E || $0 == 0x2F
          || $0 == 0x2D
      }
      #expect(isSafeName || path == ".sitegroup", "\(path)")
      guard path.hasSuffix(".html") || path.hasSuffix(".xml") else { continue }
      let octets = [UInt8](try #require(FileManager.default.contents(atPath: "\(folder)/\(path)")))
      let markup = try StrictMarkup(octets, void: path.hasSuffix(".xml") ? nil : StrictMarkup.html)
      let text = String(decoding: octets, as: UTF8.self)
      // XML 1.0 §2.2; and nothing that turns a page round.
      #expect(
        text.unicodeScalars.allSatisfy {
          $0.value != 0xFFFE && $0.value != 0xFFFF && !(0x202A...0x202E ~= $0.value)
            && !(0x7F..<0xA0 ~= $0.value) && ($0.value >= 0x20 || $0 == "\n" || $0 == "\t")
        }, "\(path)")
      if path.hasSuffix(".xml") { continue }
      #expect(markup.elements.count { $0.name == "main" } == 1)
      #expect(markup.elements.count { $0.name == "style" } == 1)
      for element in markup.elements {
        #expect(Self.elements.contains(element.name), "\(path) <\(element.name)>")
        for (name, value) in element.attributes {
          #expect(Self.attributes.contains(name), "\(path) \(name)")
          if name == "href" || name == "src" {
            #expect(!value.lowercased().hasPrefix("javascript:"), "\(path) \(value)")
          }
        }
      }
    }
  }

  @Test func `what is no text is refused wherever it comes in`() throws {
    _ = shell.run("init", "--dir", "n", "--code", "1", "--name", "n", "--kind", "central")
    _ = shell.run("column", "add", "要闻", "--dir", "n")
    let nul = "a\u{0}b"
    for field in Self.fields {
      let option = "--\(field.replacing("_", with: "-"))=\(nul)"
      let words = ["item", "add", "--column=要闻", "--published-at", "2024-05-20", option]
      let named = ["title", "body"].filter { $0 != field }.map { "--\($0)=x" }
      let refused = run("n", words + named)
      #expect(refused.status == 2 || refused.status == 4, "\(field)")
    }
    for words in [
      ["column", "add", nul], ["column", "add", "x", "--type=\(nul)"],
      ["column", "add", "x", "--url=\(nul)"], ["operator", "add", nul, "--real-name=x", "--roles=editor"],
      ["operator", "add", "x", "--real-name=\(nul)", "--roles=administrator"],
      ["map", "add", "--from=1:要闻", "--to=要闻", "--title-prefix=\(nul)"],
    ] {
      let refused = run("n", words)
      #expect(refused.status == 2 || refused.status == 4, "\(words): \(refused.output)")
    }
    let name = shell.run("init", "--dir", "m", "--code", "2", "--name", nul, "--kind", "central")
    #expect(name.status == 2 || name.status == 4, "\(name.output)")
    // Lone surrogates, NUL, octets that are no UTF-8, two names for one thing.
    let file = "\(shell.directory)/lines"
    for value in ["\"\\ud800\"", "\"\\udc00x\"", "\"\\u0000\"", "\"\u{FF}", "{\"a\":1}"] {
      let line =
        "{\"external_id\":\"1\",\"column\":\"要闻\",\"title\":\(value),\"body\":\"x\","
        + "\"published_at\":\"2024-05-20\"}"
      var octets = Array(line.utf8)
      if value.contains("\u{FF}") { octets[octets.count / 2] = 0xFF }
      try Data(octets).write(to: URL(fileURLWithPath: file))
      let refused = run("n", ["item", "import", file])
      #expect(refused.status == 1 && refused.output.contains("\"refused\":[{"), "\(value)")
    }
    #expect(run("n", ["item", "list", "--all"]).output.contains("\"items\":[]"))
  }
}
