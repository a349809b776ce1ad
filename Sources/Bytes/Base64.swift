/// Octets in the alphabet of RFC 4648 §4, with padding. Reading is strict: no line breaks, no
/// missing padding, and the bits left over must be zero.
package enum Base64 {
  private static let padding = UInt8(ascii: "=")
  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    write(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends what `encode` gives.
  package static func write(_ bytes: [UInt8], to text: inout [UInt8]) {
    // Not an array: every thread would count references to the same one.
    let alphabet = alphabet.utf8Start
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var bits: UInt32 = 0
      for position in start..<start + 3 {
        bits = bits &<< 8 | (position < bytes.count ? UInt32(bytes[position]) : 0)
      }
      for place in 0..<4 as Range<UInt32> {
        text.append(
          place <= count ? alphabet[Int(bits &>> (18 - 6 * place) & 63)] : padding)
      }
    }
  }

  /// Nil for anything that `encode` does not write.
  package static func decode(_ text: String) -> [UInt8]? {
    Array(text.utf8).withUnsafeBufferPointer { decode($0) }
  }

  package static func decode(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard characters.count % 4 == 0 else { return nil }
    let padded = characters.suffix(2).reversed().prefix { $0 == padding }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3)
    var bits: UInt32 = 0
    var width: UInt32 = 0
    for character in characters.dropLast(padded) {
      guard let six = value(character) else { return nil }
      bits = bits &<< 6 | six
      width += 6
      if width >= 8 {
        width -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits &>> width))
      }
    }
    guard bits & (1 &<< width &- 1) == 0 else { return nil }
    return bytes
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt32(character - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt32(character - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"): return 62
    case UInt8(ascii: "/"): return 63
    default: return nil
    }
  }
}
