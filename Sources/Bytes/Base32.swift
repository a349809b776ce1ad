/// Octets in the alphabet of RFC 4648 §6, written in lower case without padding, read in either
/// case. Every text has one octet string: bits left over must be zero.
package enum Base32 {
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 8 + 4) / 5)
    var bits: UInt32 = 0
    var width: UInt32 = 0
    for byte in bytes {
      bits = bits &<< 8 | UInt32(byte)
      width += 8
      while width >= 5 {
        width -= 5
        text.append(alphabet[Int(bits &>> width & 31)])
      }
    }
    if width > 0 { text.append(alphabet[Int(bits &<< (5 - width) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for other characters, an impossible length, or bits left over that are not zero.
  package static func decode(_ text: String) -> [UInt8]? {
    decode(Array(text.utf8)[...])
  }

  /// `text`: the octets of the text.
  package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 5 / 8)
    var bits: UInt32 = 0
    var width: UInt32 = 0
    for character in text {
      guard let five = value(character) else { return nil }
      bits = bits &<< 5 | five
      width += 5
      if width >= 8 {
        width -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits &>> width))
      }
    }
    guard width < 5, bits & (1 &<< width &- 1) == 0 else { return nil }
    return bytes
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt32(character - UInt8(ascii: "a"))
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "2")...UInt8(ascii: "7"): return UInt32(character - UInt8(ascii: "2") + 26)
    default: return nil
    }
  }
}
