/// What of a text may stand in a page or a feed at all: no control characters (XML 1.0 forbids
/// them, §2.2), no noncharacters, nothing that turns the direction of what stands around it.
enum PageText {
  static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: true
    case 0..<0x20, 0x7F..<0xA0: false
    case 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: false
    case 0xFDD0...0xFDEF, 0xFFF9...0xFFFB: false
    default: scalar.value & 0xFFFE != 0xFFFE
    }
  }

  /// The harmless octets of a text; a line ends in LF alone.
  static func octets(_ text: String) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(text.utf8.count)
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      if scalar == "\r" {
        octets.append(0x0A)
      } else if isHarmless(scalar), !(scalar == "\n" && isAfterReturn) {
        octets.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
      isAfterReturn = scalar == "\r"
    }
    return octets
  }

  /// On one line, for titles and attributes: whatever parts lines is one space.
  static func line(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.value {
      case 0..<0x20, 0x2028, 0x2029: " "
      default: scalar
      }
    }
    return String(decoding: octets(String(String.UnicodeScalarView(scalars))), as: UTF8.self)
  }

  /// A title that readers can see and follow, whatever was left out of it.
  static func title(_ text: String) -> String {
    let line = line(text)
    let isBlank = line.unicodeScalars.allSatisfy {
      $0.properties.isWhitespace || $0.properties.isDefaultIgnorableCodePoint
    }
    return isBlank ? "（无标题）" : line
  }

  /// Writes one octet of text so that it is text: between tags, and between double quotes.
  static func escape(_ octet: UInt8, to output: inout [UInt8]) {
    switch octet {
    case UInt8(ascii: "&"): output.append(contentsOf: "&amp;".utf8)
    case UInt8(ascii: "<"): output.append(contentsOf: "&lt;".utf8)
    case UInt8(ascii: ">"): output.append(contentsOf: "&gt;".utf8)
    case UInt8(ascii: "\""): output.append(contentsOf: "&quot;".utf8)
    case UInt8(ascii: "'"): output.append(contentsOf: "&#39;".utf8)
    default: output.append(octet)
    }
  }

  static func escape(_ octets: some Sequence<UInt8>, to output: inout [UInt8]) {
    for octet in octets { escape(octet, to: &output) }
  }
}
