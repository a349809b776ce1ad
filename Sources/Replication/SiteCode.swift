import Bytes

/// The code that names a site and its node, such as `360423` or `360400-spj`.
///
/// 1–32 octets of ASCII letters, digits, `-`, `_` and `.`, beginning with a letter or digit, so it
/// is safe in paths, headers and keys, and its order as text is its order as octets.
package struct SiteCode: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  package init?(_ text: String) {
    guard SiteCode.isCode(text.utf8) else { return nil }
    self.text = text
  }

  package init?(octets: ArraySlice<UInt8>) {
    guard SiteCode.isCode(octets) else { return nil }
    text = String(decoding: octets, as: UTF8.self)
  }

  package static let octetsMax = 32

  package var description: String { text }

  package static func < (a: SiteCode, b: SiteCode) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }

  private static func isCode(_ octets: some Collection<UInt8>) -> Bool {
    guard let first = octets.first, isAlphanumeric(first), octets.count <= octetsMax else {
      return false
    }
    return octets.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
  }

  private static func isAlphanumeric(_ octet: UInt8) -> Bool {
    (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
  }
}

extension CBORReader {
  package mutating func siteCode() throws(Malformed) -> SiteCode {
    let start = offset
    guard let code = SiteCode(octets: bytes[try textRange()]) else {
      throw Malformed("not a site code", at: start)
    }
    return code
  }
}
