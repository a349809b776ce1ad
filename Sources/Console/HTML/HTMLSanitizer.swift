/// Makes HTML of others safe to stand in a page: only what `HTMLAllowance` names, every text and
/// value escaped, every element closed where it stands. It is so nested that a browser which reads
/// it builds the very same tree: no paragraph in a paragraph, no cell outside a row. Elements of
/// the page around it (`main`, `article` …) are none that a body may have, so no end tag in a body
/// closes one. Linear in time; what is sanitized again stays as it is.
package struct HTMLSanitizer {
  private var tokens: HTMLTokenizer
  private var output: [UInt8] = []
  private var open: [String] = []
  /// How many of these are no parts of tables, which stand between a table and what is in it.
  private var depth = 0

  package static let nestingMax = 60

  private init(_ octets: [UInt8]) { tokens = HTMLTokenizer(octets) }

  package static func safe(_ html: String) -> Markup {
    var sanitizer = HTMLSanitizer(PageText.octets(html))
    return Markup(made: sanitizer.run())
  }

  /// The text of HTML without tags, on one line, for summaries.
  package static func text(of html: String, scalarsMax: Int) -> String {
    let octets = safe(html).octets
    var tokens = HTMLTokenizer(octets)
    var text: [UInt8] = []
    while text.count < scalarsMax * 4, let token = tokens.next() {
      if case .text(let range) = token {
        text.append(contentsOf: CharacterReferences.decoded(octets[range]))
      } else {
        text.append(0x20)
      }
    }
    let line = PageText.line(String(decoding: text, as: UTF8.self)).unicodeScalars
      .split(whereSeparator: { $0 == " " || $0 == "\u{A0}" || $0 == "\u{3000}" })
      .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
    return String(String.UnicodeScalarView(line.unicodeScalars.prefix(scalarsMax)))
  }

  private mutating func run() -> [UInt8] {
    while let token = tokens.next() {
      switch token {
      case .text(let range): text(range)
      case .start(let name, let attributes): start(name, attributes)
      case .end(let name): end(name)
      }
    }
    close(to: 0)
    return output
  }

  // MARK: text

  private mutating func text(_ range: Range<Int>) {
    let octets = tokens.octets[range]
    // Between the cells of a table there is nothing but space.
    if isInStructure {
      if octets.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }) {
        return output.append(contentsOf: octets)
      }
      openCell()
    }
    CharacterReferences.escape(octets, to: &output)
  }

  // MARK: start tags

  private mutating func start(_ name: String, _ attributes: [HTMLAttribute]) {
    if HTMLAllowance.raw.contains(name) { return tokens.skipRawText(of: name) }
    if HTMLAllowance.dropped.contains(name) { return skip(name) }
    guard let kind = HTMLAllowance.elements[name] else { return }
    if kind == .structure { return structure(name, attributes) }
    if kind != .void, kind != .rule, depth >= HTMLSanitizer.nestingMax { return }
    if isInStructure { openCell() }
    switch kind {
    case .inline:
      if name == "a" { closeIfOpen("a") }
    case .void: break
    case .block, .table, .rule: closeIfOpen("p")
    case .heading:
      closeIfOpen("p")
      closeHeading()
    case .listItem:
      closeItem(["li"])
      closeIfOpen("p")
    case .term:
      closeItem(["dd", "dt"])
      closeIfOpen("p")
    case .structure: return
    }
    let isVoid = kind == .void || kind == .rule
    write(name, attributes)
    if isVoid { return }
    open.append(name)
    depth += 1
  }

  /// A part of a table stands in its place, or not at all.
  private mutating func structure(_ name: String, _ attributes: [HTMLAttribute]) {
    guard let table = open.lastIndex(of: "table") else { return }
    switch name {
    case "tr":
      closeUntil(["table", "thead", "tbody", "tfoot"], above: table)
      // The row of a table stands in a body, as a browser would have it.
      if open.last == "table" { begin("tbody") }
    case "td", "th":
      closeUntil(["tr", "table", "thead", "tbody", "tfoot"], above: table)
      if open.last != "tr" { begin("tr") }
    case "col":
      closeUntil(["colgroup", "table"], above: table)
      if open.last != "colgroup" { begin("colgroup") }
      return write(name, attributes)
    default: close(to: table + 1)
    }
    write(name, attributes)
    open.append(name)
  }

  private mutating func begin(_ name: String) {
    if name == "tr", open.last == "table" { begin("tbody") }
    output.append(contentsOf: "<\(name)>".utf8)
    open.append(name)
  }

  /// Whether nothing but parts of a table may stand here.
  private var isInStructure: Bool {
    switch open.last {
    case "table", "thead", "tbody", "tfoot", "tr", "colgroup": true
    default: false
    }
  }

  private mutating func openCell() {
    if open.last == "colgroup" { close(to: open.count - 1) }
    if open.last != "tr" { begin("tr") }
    begin("td")
  }

  // MARK: what closes what

  /// A cell, a caption and a table keep what is open around them from what is in them.
  private static let bounds: Set<String> = ["td", "th", "caption", "table"]

  private func place(of name: String) -> Int? {
    for place in open.indices.reversed() {
      if open[place] == name { return place }
      if HTMLSanitizer.bounds.contains(open[place]) { return nil }
    }
    return nil
  }

  private mutating func closeIfOpen(_ name: String) {
    if let place = place(of: name) { close(to: place) }
  }

  /// An item ends where the next of its list begins, whatever is open in it.
  private mutating func closeItem(_ names: [String]) {
    for place in open.indices.reversed() {
      if names.contains(open[place]) { return close(to: place) }
      switch HTMLAllowance.elements[open[place]] {
      case .inline: continue
      default:
        if !["address", "div", "p"].contains(open[place]) { return }
      }
    }
  }

  /// Whether a heading was what was opened last.
  @discardableResult
  private mutating func closeHeading() -> Bool {
    guard let last = open.last, HTMLAllowance.elements[last] == .heading else { return false }
    close(to: open.count - 1)
    return true
  }

  private mutating func closeUntil(_ names: [String], above table: Int) {
    while open.count > table + 1, let last = open.last, !names.contains(last) {
      close(to: open.count - 1)
    }
  }

  private mutating func close(to count: Int) {
    while open.count > count {
      let name = open.removeLast()
      output.append(contentsOf: "</\(name)>".utf8)
      if HTMLAllowance.elements[name] != .structure { depth -= 1 }
    }
  }

  private mutating func end(_ name: String) {
    guard let kind = HTMLAllowance.elements[name] else { return }
    if kind == .heading, closeHeading() { return }
    guard kind == .structure || kind == .table else { return closeIfOpen(name) }
    guard let table = open.lastIndex(of: "table"), let found = open.lastIndex(of: name),
      found >= table
    else { return }
    close(to: found)
  }

  /// Skips an element with everything in it.
  private mutating func skip(_ name: String) {
    if name == "embed" { return }
    var depth = 1
    while depth > 0, let token = tokens.next() {
      switch token {
      case .start(let inner, _):
        if inner == name { depth += 1 }
        if HTMLAllowance.raw.contains(inner) { tokens.skipRawText(of: inner) }
      case .end(let inner): if inner == name { depth -= 1 }
      case .text: break
      }
    }
  }

  // MARK: attributes

  private mutating func write(_ name: String, _ attributes: [HTMLAttribute]) {
    output.append(contentsOf: "<\(name)".utf8)
    var written: [String] = []
    for attribute in attributes {
      guard let allowed = HTMLAllowance.value(of: attribute.name, on: name),
        !written.contains(attribute.name)
      else { continue }
      // The first of its name counts, whatever it holds.
      written.append(attribute.name)
      write(attribute, allowed)
    }
    if name == "a" { output.append(contentsOf: " rel=\"noopener noreferrer\"".utf8) }
    output.append(UInt8(ascii: ">"))
  }

  private mutating func write(_ attribute: HTMLAttribute, _ allowed: HTMLAllowance.Value) {
    let raw = tokens.octets[attribute.value]
    var value: [UInt8] = []
    switch allowed {
    case .text:
      CharacterReferences.escape(raw, to: &value)
      value = value.map { $0 == 0x09 || $0 == 0x0A ? 0x20 : $0 }
    case .link, .source:
      var schemes = ["http", "https"]
      if case .link = allowed { schemes.append("mailto") }
      let decoded = CharacterReferences.decoded(raw)
      guard let address = WebAddress(octets: decoded, schemes: schemes) else { return }
      PageText.escape(address.text.utf8, to: &value)
    case .number:
      guard (1...4).contains(raw.count), raw.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return
      }
      value = Array(raw)
    case .length:
      let digits = raw.last == UInt8(ascii: "%") ? raw.dropLast() : raw
      guard (1...4).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
      else { return }
      value = Array(raw)
    case .words(let words):
      let word = String(decoding: raw, as: UTF8.self).lowercased()
      guard words.contains(word) else { return }
      value = Array(word.utf8)
    }
    output.append(contentsOf: " \(attribute.name)=\"".utf8)
    output.append(contentsOf: value)
    output.append(UInt8(ascii: "\""))
  }
}
