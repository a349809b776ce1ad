import Bytes

/// A JSON value of one line of an import. Numbers stay text; members keep their order.
package indirect enum JSONText: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONText])
  case object([Member])

  package struct Member: Sendable, Equatable {
    package let name: String
    package let value: JSONText
  }

  /// RFC 8259; the octets are UTF-8 without byte order mark. A name that occurs twice is refused.
  package init(_ octets: [UInt8]) throws(Malformed) {
    var parser = JSONParser(octets: octets)
    self = try parser.document()
  }
}

/// Reads one value from octets that are UTF-8.
private struct JSONParser {
  let octets: [UInt8]
  var at = 0
  private static let depthMax = 16

  init(octets: [UInt8]) { self.octets = octets }

  mutating func document() throws(Malformed) -> JSONText {
    let value = try value(depth: 0)
    skipSpace()
    guard at == octets.count else { throw Malformed("something after the value", at: at) }
    return value
  }

  private mutating func value(depth: Int) throws(Malformed) -> JSONText {
    guard depth < JSONParser.depthMax else { throw Malformed("nested too deeply", at: at) }
    skipSpace()
    switch peek() {
    case 0x7B: return .object(try object(depth: depth))
    case 0x5B: return .array(try array(depth: depth))
    case 0x22: return .string(try string())
    case 0x74: return try word("true", .bool(true))
    case 0x66: return try word("false", .bool(false))
    case 0x6E: return try word("null", .null)
    case 0x2D, 0x30...0x39: return .number(try number())
    default: throw Malformed("no value", at: at)
    }
  }

  private mutating func object(depth: Int) throws(Malformed) -> [JSONText.Member] {
    var members: [JSONText.Member] = []
    at += 1
    skipSpace()
    if take(0x7D) { return members }
    while true {
      skipSpace()
      let start = at
      guard peek() == 0x22 else { throw Malformed("no name", at: at) }
      let name = try string()
      if members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
        throw Malformed("a name occurs twice", at: start)
      }
      skipSpace()
      guard take(0x3A) else { throw Malformed("no colon", at: at) }
      members.append(JSONText.Member(name: name, value: try value(depth: depth + 1)))
      skipSpace()
      if take(0x7D) { return members }
      guard take(0x2C) else { throw Malformed("no comma", at: at) }
    }
  }

  private mutating func array(depth: Int) throws(Malformed) -> [JSONText] {
    var elements: [JSONText] = []
    at += 1
    skipSpace()
    if take(0x5D) { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(0x5D) { return elements }
      guard take(0x2C) else { throw Malformed("no comma", at: at) }
    }
  }

  /// Copies what stands between escapes in one piece.
  private mutating func string() throws(Malformed) -> String {
    at += 1
    var text: [UInt8] = []
    var start = at
    while true {
      at += OctetSearch.plainCount(in: octets, from: at)
      guard at < octets.count else { throw Malformed("a text without end", at: at) }
      let octet = octets[at]
      if octet == 0x22 {
        defer { at += 1 }
        if text.isEmpty { return String(decoding: octets[start..<at], as: UTF8.self) }
        return String(decoding: text + octets[start..<at], as: UTF8.self)
      }
      guard octet == 0x5C else { throw Malformed("a control character", at: at) }
      text += octets[start..<at]
      try escape(into: &text)
      start = at
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(Malformed) {
    let start = at
    at += 1
    let letter = peek()
    at += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: text.append(letter)
    case 0x62: text.append(0x08)
    case 0x66: text.append(0x0C)
    case 0x6E: text.append(0x0A)
    case 0x72: text.append(0x0D)
    case 0x74: text.append(0x09)
    case 0x75: text += String(try scalar(start)).utf8
    default: throw Malformed("an unknown escape", at: start)
    }
  }

  /// The character of `\uXXXX`, or of a pair of them.
  private mutating func scalar(_ start: Int) throws(Malformed) -> Character {
    var value = try hexadecimal()
    if (0xD800..<0xDC00).contains(value) {
      guard take(0x5C), take(0x75) else { throw Malformed("half a pair", at: start) }
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw Malformed("half a pair", at: start) }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw Malformed("half a pair", at: start) }
    return Character(scalar)
  }

  private mutating func hexadecimal() throws(Malformed) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let octet = peek()
      switch octet {
      case 0x30...0x39: value = value << 4 | UInt32(octet - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(octet - 0x37)
      case 0x61...0x66: value = value << 4 | UInt32(octet - 0x57)
      default: throw Malformed("not four hexadecimal digits", at: at)
      }
      at += 1
    }
    return value
  }

  private mutating func number() throws(Malformed) -> String {
    let start = at
    _ = take(0x2D)
    if !take(0x30) { try digits() }
    if take(0x2E) { try digits() }
    if take(0x65) || take(0x45) {
      if !take(0x2B) { _ = take(0x2D) }
      try digits()
    }
    return String(decoding: octets[start..<at], as: UTF8.self)
  }

  private mutating func digits() throws(Malformed) {
    let start = at
    while (0x30...0x39).contains(peek()) { at += 1 }
    if at == start { throw Malformed("no digit", at: at) }
  }

  private mutating func word(
    _ word: String, _ value: JSONText
  ) throws(Malformed) -> JSONText {
    guard octets[at...].starts(with: word.utf8) else { throw Malformed("no value", at: at) }
    at += word.utf8.count
    return value
  }

  /// The next octet; 0, which JSON never has, at the end.
  private func peek() -> UInt8 { at < octets.count ? octets[at] : 0 }

  private mutating func take(_ octet: UInt8) -> Bool {
    guard at < octets.count, octets[at] == octet else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < octets.count {
      switch octets[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }
}
