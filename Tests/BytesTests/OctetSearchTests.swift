import Bytes
import Testing

@Suite struct `Octets looked for` {
  /// Octets around every border of what is looked for, at every place of a word.
  private static let octets: [UInt8] = [
    0, 1, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0x9F, 0xA0, 0xA2, 0xDC, 0xFF,
  ]

  @Test func `one is found where it stands first`() {
    for length in 0...20 {
      for place in 0..<max(length, 1) {
        var text = [UInt8](repeating: 0x41, count: length)
        #expect(OctetSearch.first(0x0A, in: text[...]) == nil)
        if text.isEmpty { continue }
        text[place] = 0x0A
        text[length - 1] = 0x0A
        #expect(OctetSearch.first(0x0A, in: text[...]) == place)
        let behind = place < length - 1 ? length - 1 : nil
        #expect(OctetSearch.first(0x0A, in: text[(place + 1)...]) == behind)
      }
    }
  }

  @Test(arguments: [("", false), ("a\u{0}b", true), ("第一号", false), ("第一号\u{0}", true)])
  func `one is found in a text`(text: String, has: Bool) {
    #expect(OctetSearch.contains(0, in: text) == has)
  }

  @Test(arguments: [
    ("", true), ("a", true), ("lm", true), ("klm", true), ("abcdefghijklm", true), ("n", false),
    ("ac", false), ("abcdefghijklmn", false),
  ])
  func `several are found together`(part: String, isThere: Bool) {
    #expect(OctetSearch.contains(Array(part.utf8), in: Array("abcdefghijklm".utf8)) == isThere)
    #expect(OctetSearch.contains(Array(part.utf8), in: []) == part.isEmpty)
  }

  @Test func `what stands for itself in JSON ends at a mark or a control character`() {
    func slow(_ octets: [UInt8], _ start: Int) -> Int {
      octets[start...].prefix { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }.count
    }
    for first in Self.octets {
      for second in Self.octets {
        for place in 0..<17 {
          var octets = [UInt8](repeating: 0xE4, count: 19)
          (octets[place], octets[place + 1]) = (first, second)
          for start in [0, 1, 5] {
            let found = OctetSearch.plainCount(in: octets, from: start)
            #expect(found == slow(octets, start), "\(octets) from \(start)")
          }
        }
      }
    }
    #expect(OctetSearch.plainCount(in: [0x41], from: 1) == 0)
  }
}
