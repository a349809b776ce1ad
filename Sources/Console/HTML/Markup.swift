/// HTML or XML that may stand in a page as it is. Made by writers and the sanitizer alone, so text
/// of others gets in as text only.
package struct Markup: Sendable, Equatable {
  package let octets: [UInt8]

  init(made octets: [UInt8]) { self.octets = octets }
}

/// Writes elements, attributes and text. Names are literals of the program; every value is escaped.
package struct MarkupWriter {
  package private(set) var octets: [UInt8] = []

  package init() {}

  /// An attribute with its value; nil leaves it out.
  package typealias Attribute = (name: StaticString, value: String?)

  var markup: Markup { Markup(made: octets) }

  package mutating func text(_ text: String) {
    PageText.escape(PageText.octets(text), to: &octets)
  }

  mutating func markup(_ markup: Markup) { octets.append(contentsOf: markup.octets) }

  /// A literal of the program.
  mutating func literal(_ text: StaticString) {
    text.withUTF8Buffer { octets.append(contentsOf: $0) }
  }

  /// The element with what the body writes in it.
  package mutating func element(
    _ name: StaticString, _ attributes: [Attribute] = [], _ body: (inout MarkupWriter) -> Void
  ) {
    start(name, attributes, ">")
    body(&self)
    literal("</")
    literal(name)
    literal(">")
  }

  package mutating func element(
    _ name: StaticString, _ attributes: [Attribute] = [], text: String
  ) {
    element(name, attributes) { $0.text(text) }
  }

  /// An element of HTML without an end tag.
  mutating func void(_ name: StaticString, _ attributes: [Attribute] = []) {
    start(name, attributes, ">")
  }

  /// An empty element of XML.
  mutating func empty(_ name: StaticString, _ attributes: [Attribute] = []) {
    start(name, attributes, "/>")
  }

  mutating func line() { octets.append(0x0A) }

  private mutating func start(
    _ name: StaticString, _ attributes: [Attribute], _ end: StaticString
  ) {
    literal("<")
    literal(name)
    for (name, value) in attributes {
      guard let value else { continue }
      literal(" ")
      literal(name)
      literal("=\"")
      PageText.escape(PageText.octets(PageText.line(value)), to: &octets)
      literal("\"")
    }
    literal(end)
  }
}
