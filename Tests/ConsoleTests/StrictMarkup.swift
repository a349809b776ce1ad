/// Reads markup as strictly as XML is read, apart from the sanitizer's own code: every tag closed in
/// order, every value quoted, no `<`, `>` or `&` that is not part of one or of a reference.
struct StrictMarkup {
  struct Element: Equatable {
    let name: String
    let attributes: [String: String]
    let depth: Int
  }

  struct Fault: Error, CustomStringConvertible {
    let what: String
    let at: Int
    var description: String { "\(what) at \(at)" }
  }

  private(set) var elements: [Element] = []
  private(set) var text: [UInt8] = []
  private let octets: [UInt8]
  private var place = 0
  private var open: [String] = []
  private let void: Set<String>

  static let html: Set = ["br", "col", "hr", "img", "wbr", "meta", "link"]

  /// `void`: elements of HTML that have no end tag; nil for XML.
  init(_ octets: [UInt8], void: Set<String>? = StrictMarkup.html) throws(Fault) {
    (self.octets, self.void) = (octets, void ?? [])
    while place < octets.count {
      switch octets[place] {
      case UInt8(ascii: "<"): try tag()
      case UInt8(ascii: "&"): try reference()
      case UInt8(ascii: ">"): throw fault("a bare >")
      default: try take()
      }
    }
    if !open.isEmpty { throw fault("open: \(open)") }
  }

  private func fault(_ what: String) -> Fault { Fault(what: what, at: place) }

  private mutating func take() throws(Fault) {
    let octet = octets[place]
    if octet < 0x20, octet != 0x09, octet != 0x0A { throw fault("a control character") }
    text.append(octet)
    place += 1
  }

  private mutating func reference() throws(Fault) {
    guard let end = octets[place...].prefix(40).firstIndex(of: UInt8(ascii: ";")) else {
      throw fault("a bare &")
    }
    let name = octets[(place + 1)..<end]
    guard !name.isEmpty, name.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "#") }) else {
      throw fault("a bare &")
    }
    text.append(contentsOf: octets[place...end])
    place = end + 1
  }

  private mutating func tag() throws(Fault) {
    for (start, end) in [("<!DOCTYPE html>", ""), ("<?xml", "?>"), ("<!--", "-->")]
    where octets[place...].starts(with: start.utf8) {
      place += start.utf8.count
      while !end.isEmpty, !octets[place...].starts(with: end.utf8) {
        place += 1
        if place >= octets.count { throw fault("an open \(start)") }
      }
      place += end.utf8.count
      return
    }
    place += 1
    let isEnd = octets[place...].first == UInt8(ascii: "/")
    if isEnd { place += 1 }
    let name = word()
    if name.isEmpty { throw fault("a bare <") }
    if isEnd {
      try expect(">")
      guard open.popLast() == name else { throw fault("</\(name)> closes another") }
      return
    }
    var attributes: [String: String] = [:]
    while octets[place...].first == 0x20 {
      place += 1
      let attribute = word()
      try expect("=\"")
      let start = place
      while place < octets.count, octets[place] != UInt8(ascii: "\"") {
        if octets[place] == UInt8(ascii: "<") || octets[place] == 0x0A { throw fault("a bad value") }
        if octets[place] == UInt8(ascii: "&") { try reference() } else { try take() }
      }
      let value = String(decoding: octets[start..<min(place, octets.count)], as: UTF8.self)
      try expect("\"")
      if attributes.updateValue(value, forKey: attribute) != nil { throw fault("twice \(attribute)") }
    }
    elements.append(Element(name: name, attributes: attributes, depth: open.count))
    if void.isEmpty, octets[place...].starts(with: "/>".utf8) { return place += 2 }
    try expect(">")
    if name == "style" {
      // The content of a style is text as it stands.
      while place < octets.count, !octets[place...].starts(with: "</style>".utf8) { place += 1 }
    }
    if !void.contains(name) { open.append(name) }
  }

  private mutating func expect(_ wanted: String) throws(Fault) {
    guard octets[place...].starts(with: wanted.utf8) else { throw fault("no \(wanted)") }
    place += wanted.utf8.count
  }

  private mutating func word() -> String {
    let start = place
    while place < octets.count,
      isLetterOrDigit(octets[place]) || octets[place] == 0x2D || octets[place] == 0x3A
    { place += 1 }
    return String(decoding: octets[start..<place], as: UTF8.self)
  }

  private func isLetterOrDigit(_ octet: UInt8) -> Bool {
    (0x30...0x39).contains(octet) || (0x61...0x7A).contains(octet | 0x20)
  }
}
