@testable import Console
import Testing

@Suite struct `A body in a page` {
  static let allowed: [String: Set<String>] = {
    let everywhere: Set = ["title", "lang", "dir"]
    var allowed: [String: Set<String>] = [:]
    for name in [
      "a", "abbr", "address", "b", "bdi", "big", "blockquote", "br", "caption", "center", "cite",
      "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption",
      "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li",
      "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub",
      "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
      "wbr",
    ] { allowed[name] = everywhere.union(["align"]) }
    allowed["a"]?.formUnion(["href", "rel"])
    allowed["img"]?.formUnion(["src", "alt", "width", "height"])
    for name in ["td", "th"] { allowed[name]?.formUnion(["colspan", "rowspan", "scope"]) }
    for name in ["col", "colgroup"] { allowed[name]?.insert("span") }
    for name in ["q", "blockquote"] { allowed[name]?.insert("cite") }
    allowed["ol"]?.insert("start")
    allowed["li"]?.insert("value")
    allowed["time"]?.insert("datetime")
    return allowed
  }()

  /// What holds for every output.
  static func check(_ html: String) throws {
    let safe = HTMLSanitizer.safe(html)
    let markup = try StrictMarkup(safe.octets)
    for element in markup.elements {
      let attributes = try #require(allowed[element.name], "<\(element.name)>")
      for (name, value) in element.attributes {
        #expect(attributes.contains(name), "\(element.name) \(name)")
        if ["href", "src", "cite"].contains(name) {
          let head = value.prefix { $0 != ":" }.lowercased()
          let isRelative = !value.contains(":") || head.contains { "/?#.&".contains($0) }
          #expect(isRelative || ["http", "https", "mailto"].contains(head), "\(value)")
        }
      }
    }
    #expect(markup.elements.allSatisfy { $0.depth <= 4 * HTMLSanitizer.nestingMax })
    let text = String(decoding: safe.octets, as: UTF8.self)
    let again = HTMLSanitizer.safe(text)
    #expect(again == safe, "\(String(decoding: again.octets, as: UTF8.self))")
  }

  @Test(arguments: HostileHTML.cases.indices)
  func `what could harm does not get through, and sanitizing twice is sanitizing once`(
    _ number: Int
  ) throws {
    let (html, expected) = HostileHTML.cases[number]
    if let expected {
      #expect(String(decoding: HTMLSanitizer.safe(html).octets, as: UTF8.self) == expected)
    }
    try Self.check(html)
    try Self.check("<p title=\"" + html)
    try Self.check("<table><tr>" + html + "<p>x")
  }

  @Test func `what an editor writes stays`() {
    let html = """
      <h2>一、总则</h2><p align="center"><strong>林下经济</strong>&nbsp;<a href="/a/b.html" \
      rel="noopener noreferrer">富山村</a></p><table><tbody><tr><td colspan="2">甲</td></tr>\
      </tbody></table><ol start="3"><li>x</li></ol><img src="https://a.example/1.png" alt="图">
      """
    #expect(String(decoding: HTMLSanitizer.safe(html).octets, as: UTF8.self) == html)
  }

  /// Any piece may follow any: no seam opens what either closes.
  @Test func `pieces put together at random are as harmless`() throws {
    let pieces = [
      "<", ">", "</", "/", "\"", "'", "=", "&", ";", "#60", "&lt", "<!--", "-->", "--!>", "<![CDATA[",
      "script", "style", "svg", "math", "table", "td", "tr", "li", "p", "a", "b", "h1", "div",
      "title", "template", "onerror=1", " href=", "javascript:", "http://a", "\t", "\n", "\u{0}",
      "&Tab;", "x", "col", "select", "noscript", "plaintext", "dd", "caption",
    ]
    var state: UInt64 = 7
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    for _ in 0..<3000 {
      var html = ""
      for _ in 0..<next(24) { html += pieces[next(pieces.count)] }
      try Self.check(html)
      // As tags, most pieces mean more.
      html = ""
      for _ in 0..<next(16) {
        html += (next(3) == 0 ? "</" : "<") + pieces[19 + next(11)] + ">" + pieces[next(12)]
      }
      try Self.check(html)
    }
  }

  @Test func `the time it takes grows with the length alone`() {
    for piece in ["<", "<a ", "<b>", "<p><div>", "<!--", "&#", "<table>", "<li>", "<a x=\"", "</p "] {
      let clock = ContinuousClock()
      let html = String(repeating: piece, count: 200_000 / piece.utf8.count)
      let time = clock.measure { _ = HTMLSanitizer.safe(html) }
      #expect(time < .seconds(4), "\(piece)")
    }
  }
}
