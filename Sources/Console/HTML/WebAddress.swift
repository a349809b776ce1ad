/// An address that a page may lead to: http, https or mailto, or a relative one. Read as browsers
/// read it (URL standard §4.4): tabs and line ends within say nothing, nor space around.
package struct WebAddress: Sendable, Equatable {
  package let text: String

  package static let octetsMax = 8192

  /// `schemes`: what an absolute one may begin with. Nil for all others, and for what is empty.
  package init?(_ text: String, schemes: [String] = ["http", "https", "mailto"]) {
    self.init(octets: Array(text.utf8), schemes: schemes)
  }

  init?(octets: [UInt8], schemes: [String] = ["http", "https", "mailto"]) {
    let line = PageText.octets(String(decoding: octets, as: UTF8.self))
      .filter { $0 != 0x09 && $0 != 0x0A }
    guard let first = line.firstIndex(where: { $0 != 0x20 }),
      let last = line.lastIndex(where: { $0 != 0x20 })
    else { return nil }
    let address = line[first...last]
    guard address.count <= WebAddress.octetsMax else { return nil }
    if let scheme = WebAddress.scheme(address), !schemes.contains(scheme) { return nil }
    text = String(decoding: address, as: UTF8.self)
  }

  /// Absolute, by http or https.
  package var isWeb: Bool {
    let scheme = WebAddress.scheme(Array(text.utf8)[...])
    return scheme == "http" || scheme == "https"
  }

  /// Lower case; nil where the address is relative.
  private static func scheme(_ octets: ArraySlice<UInt8>) -> String? {
    guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), let first = octets.first,
      (0x61...0x7A).contains(first | 0x20)
    else { return nil }
    let isScheme = octets[..<colon].allSatisfy { octet in
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
      default: false
      }
    }
    guard isScheme else { return nil }
    return String(
      decoding: octets[..<colon].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 },
      as: UTF8.self)
  }
}
