import Glibc

/// Looks for octets by the machine's word or wider: by itself `contains` goes octet by octet, and
/// records are thousands long.
package enum OctetSearch {
  /// Where an octet stands first; nil where it does not stand.
  package static func first(_ octet: UInt8, in octets: ArraySlice<UInt8>) -> Int? {
    octets.withUnsafeBytes { part -> Int? in
      place(octet, in: part).map { octets.startIndex + $0 }
    }
  }

  package static func contains(_ octet: UInt8, in text: String) -> Bool {
    let found = text.utf8.withContiguousStorageIfAvailable {
      place(octet, in: UnsafeRawBufferPointer($0)) != nil
    }
    return found ?? text.utf8.contains(octet)
  }

  package static func contains(_ part: [UInt8], in octets: [UInt8]) -> Bool {
    guard let head = part.first else { return true }
    var rest = octets[...]
    while let start = first(head, in: rest) {
      if octets[start...].starts(with: part) { return true }
      rest = octets[(start + 1)...]
    }
    return false
  }

  /// How many octets from `start` on stand for themselves in a JSON text: up to a quotation mark,
  /// a backslash or a control character.
  package static func plainCount(in octets: [UInt8], from start: Int) -> Int {
    octets.withUnsafeBytes { all in
      var at = start
      while at &+ 8 <= all.count {
        let word = UInt64(littleEndian: all.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let ends =
          below(word, 0x20) | zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C))
        if ends != 0 { return at &- start &+ ends.trailingZeroBitCount &>> 3 }
        at &+= 8
      }
      while at < all.count {
        let octet = all[at]
        if octet < 0x20 || octet == 0x22 || octet == 0x5C { break }
        at &+= 1
      }
      return at &- start
    }
  }

  private static func place(_ octet: UInt8, in octets: UnsafeRawBufferPointer) -> Int? {
    guard let start = octets.baseAddress,
      let found = memchr(start, Int32(octet), octets.count)
    else { return nil }
    return UnsafeRawPointer(found) - start
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// The top bits of the octets that are 0; of those behind the first such one, of others too.
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

  /// The same of the octets that are below a bound of at most 0x80.
  private static func below(_ word: UInt64, _ bound: UInt64) -> UInt64 {
    (word &- ones &* bound) & ~word & tops
  }
}
