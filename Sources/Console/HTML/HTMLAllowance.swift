/// Which elements and attributes the body of an item may have in a page. Everything else goes: an
/// element with its content where that is no text for readers, otherwise its tags alone.
enum HTMLAllowance {
  /// How an element behaves while a body is read.
  enum Kind {
    /// Runs in a line.
    case inline
    /// Begins a line: closes an open paragraph.
    case block
    case heading
    case listItem
    case term
    /// Part of a table.
    case structure
    case table
    case void
    /// Both void and block.
    case rule
  }

  static let elements: [String: Kind] = {
    var kinds: [String: Kind] = [
      "li": .listItem, "dd": .term, "dt": .term, "table": .table, "hr": .rule, "br": .void,
      "img": .void, "wbr": .void, "col": .structure,
    ]
    for name in [
      "address", "blockquote", "center", "dl", "div", "figcaption", "figure", "ol", "p", "pre",
      "ul",
    ] { kinds[name] = .block }
    for level in 1...6 { kinds["h\(level)"] = .heading }
    for name in ["caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"] {
      kinds[name] = .structure
    }
    for name in [
      "a", "abbr", "b", "bdi", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
      "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
      "tt", "u", "var",
    ] { kinds[name] = .inline }
    return kinds
  }()

  /// Elements whose content is no HTML to the parser: skipped up to their end tag.
  static let raw: Set<String> = [
    "iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp",
  ]

  /// Elements that go with everything in them.
  static let dropped: Set<String> = [
    "applet", "audio", "canvas", "datalist", "embed", "frameset", "head", "math", "object",
    "select", "svg", "template", "video",
  ]

  /// What the value of an attribute must be.
  enum Value {
    case text
    case link
    case source
    case number
    case length
    case words([String])
  }

  static func value(of attribute: String, on element: String) -> Value? {
    switch (element, attribute) {
    case (_, "title"), (_, "lang"): .text
    case (_, "dir"): .words(["ltr", "rtl", "auto"])
    case ("a", "href"): .link
    case ("img", "src"): .source
    case ("img", "alt"), ("time", "datetime"): .text
    case ("img", "width"), ("img", "height"): .length
    case ("td", "colspan"), ("td", "rowspan"), ("th", "colspan"), ("th", "rowspan"): .number
    case ("col", "span"), ("colgroup", "span"), ("ol", "start"), ("li", "value"): .number
    case ("th", "scope"): .words(["row", "col", "rowgroup", "colgroup"])
    case ("blockquote", "cite"), ("q", "cite"): .link
    case (_, "align") where element != "img" && element != "table":
      .words(["left", "right", "center", "justify"])
    default: nil
    }
  }
}
