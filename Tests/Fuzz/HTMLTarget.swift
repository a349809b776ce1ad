import Console

extension FuzzTarget {
  /// Bodies of items as pages show them.
  static let html = FuzzTarget(
    name: "html",
    seeds: {
      [
        "<p>x<b>y</p><script>alert(1)</script><a href='java&Tab;script:1'>z</a>",
        "<table><tr><td>a<li>b</table><svg><style></svg><img src=/a onerror=1 alt=\"&quot;\">",
        "<!-- x --!><h1>a<h2>b</h1><dl><dt>c<dd>d</dl>&#60;&hellip;<![CDATA[ > ]]>",
      ].map { Array($0.utf8) }
    },
    words: [
      "<table>", "<td>", "<li>", "<p>", "</p>", "<a href=", "<script>", "<svg>", "<template>",
      "<!--", "--!>", "<![CDATA[", "&#x3c;", "&Tab;", "javascript:", "onerror=", "<colgroup>",
      "<select>", "<noscript>", "<caption>", "\u{202E}",
    ],
    run: { octets in
      let safe = HTMLSanitizer.safe(String(decoding: octets, as: UTF8.self))
      let text = String(decoding: safe.octets, as: UTF8.self)
      claim(HTMLSanitizer.safe(text) == safe, "what is sanitized again stays as it is")
      checkTags(safe.octets)
    })
}

/// Elements without an end tag.
private let void: Set<String> = ["br", "col", "hr", "img", "wbr"]
private let forbidden: Set<String> = [
  "base", "button", "embed", "form", "frame", "iframe", "input", "link", "math", "meta", "object",
  "plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "xmp",
]
private let attributes: Set<String> = [
  "align", "alt", "cite", "colspan", "datetime", "dir", "height", "href", "lang", "rel", "rowspan",
  "scope", "span", "src", "start", "title", "value", "width",
]

/// Every `<` begins a tag of the plainest form, and tags close in order.
private func checkTags(_ octets: [UInt8]) {
  var open: [String] = []
  for part in octets.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
    .dropFirst()
  {
    guard let end = part.firstIndex(of: UInt8(ascii: ">")) else {
      return claim(false, "a tag ends")
    }
    let tag = String(decoding: part[..<end], as: UTF8.self)
    claim(!part[end...].dropFirst().contains(UInt8(ascii: ">")), "a > is the end of a tag")
    if tag.utf8.first == UInt8(ascii: "/") {
      claim(open.popLast() == String(tag.dropFirst()), "</\(tag)> closes the last that is open")
      continue
    }
    // As octets: a quote and an accent behind it are one Character.
    let pieces = tag.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let name = String(decoding: tag.utf8.prefix { $0 != 0x20 }, as: UTF8.self)
    claim(!forbidden.contains(name) && !name.isEmpty, "<\(name)> is allowed")
    for piece in stride(from: 0, to: pieces.count - 1, by: 2) {
      let word = pieces[piece].utf8.split(separator: 0x20).last?.dropLast()
      let attribute = word.map { String(decoding: $0, as: UTF8.self) } ?? ""
      claim(attributes.contains(attribute), "\(attribute) is allowed")
      let value = pieces[piece + 1].lowercased()
      let isAddress = ["href", "src", "cite"].contains(attribute)
      claim(!isAddress || !value.hasPrefix("javascript:"), "no script in an address")
    }
    if !void.contains(name) { open.append(name) }
  }
  claim(open.isEmpty, "all is closed")
}
