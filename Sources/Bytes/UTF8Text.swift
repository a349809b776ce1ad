/// Checks that octets are UTF-8. RFC 3629 §4: no surrogates, nothing overlong, nothing above
/// U+10FFFF.
package enum UTF8Text {
  /// Where the first ill-formed sequence begins, nil when all of `range` is UTF-8.
  package static func firstInvalid(in bytes: [UInt8], _ range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    return bytes.withUnsafeBytes { all in
      let part = UnsafeRawBufferPointer(rebasing: all[range])
      return firstInvalid(in: part).map { $0 + range.lowerBound }
    }
  }

  private static func firstInvalid(in text: UnsafeRawBufferPointer) -> Int? {
    let end = text.count
    guard let base = text.baseAddress else { return nil }
    let octets = base.assumingMemoryBound(to: UInt8.self)
    var at = 0
    while at < end {
      let first = octets[at]
      if first < 0x80 {
        at &+= asciiCount(base + at, end &- at)
      } else {
        at = pairsEnd(base, at, end)
        if at == end || octets[at] < 0x80 { continue }
        let width = sequenceWidth(octets + at, end &- at)
        if width == 0 { return at }
        at &+= width
      }
    }
    return nil
  }

  /// Passes over sequences of three octets, two at a time, as Chinese text is made of them; stops
  /// before those whose second octet is bounded more narrowly (after 0xe0 and 0xed).
  private static func pairsEnd(_ text: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int {
    var at = start
    while at &+ 8 <= end {
      let word = UInt64(
        littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      guard word & 0xc0c0_f0c0_c0f0 == 0x8080_e080_80e0 else { break }
      let (one, two) = (word & 0xf, word &>> 24 & 0xf)
      if one == 0 || one == 0xd || two == 0 || two == 0xd { break }
      at &+= 6
    }
    return at
  }

  /// At least one octet of ASCII stands at `text`; eight are looked at together.
  private static func asciiCount(_ text: UnsafeRawPointer, _ count: Int) -> Int {
    var passed = 0
    while passed &+ 8 <= count {
      let word = text.loadUnaligned(fromByteOffset: passed, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 != 0 {
        return passed &+ UInt64(littleEndian: word & 0x8080_8080_8080_8080)
          .trailingZeroBitCount &>> 3
      }
      passed &+= 8
    }
    while passed < count && text.load(fromByteOffset: passed, as: UInt8.self) < 0x80 {
      passed &+= 1
    }
    return passed
  }

  /// How many octets the multi-octet sequence at `text` has, 0 when it is ill-formed.
  private static func sequenceWidth(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let first = text[0]
    guard first >= 0xc2, count >= 2 else { return 0 }
    let second = text[1]
    guard second & 0xc0 == 0x80 else { return 0 }
    if first < 0xe0 { return 2 }
    guard count >= 3, text[2] & 0xc0 == 0x80 else { return 0 }
    if first < 0xf0 {
      if first == 0xe0 { return second >= 0xa0 ? 3 : 0 }
      if first == 0xed { return second < 0xa0 ? 3 : 0 }
      return 3
    }
    guard count >= 4, text[3] & 0xc0 == 0x80 else { return 0 }
    switch first {
    case 0xf0: return second >= 0x90 ? 4 : 0
    case 0xf1...0xf3: return 4
    case 0xf4: return second < 0x90 ? 4 : 0
    default: return 0
    }
  }
}
