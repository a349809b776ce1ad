/// Checks `uri-host [ ":" port ]`, RFC 3986 §3.2 and RFC 9110 §4.2, §7.2.
package enum Authority {
  /// Lower case, without an empty port or port 80: what signatures cover (RFC 9421 §2.2.3).
  package static func normalized(_ authority: String) -> String {
    var octets = Array(authority.utf8)
    normalize(&octets, from: 0)
    return String(decoding: octets, as: UTF8.self)
  }

  /// Puts the authority that begins at `start` and ends with the octets into that form.
  static func normalize(_ octets: inout [UInt8], from start: Int) {
    for place in start..<octets.count { octets[place] = octets[place].lowercased }
    for suffix in [":80", ":"] as [StaticString] {
      let count = suffix.utf8CodeUnitCount
      guard octets.count - start >= count, octets.suffix(count).starts(with: suffix) else {
        continue
      }
      return octets.removeLast(count)
    }
  }

  /// The parts of an authority without user information; nil where it is malformed, has an empty
  /// host (invalid in http, RFC 9110 §4.2.1) or a port that no TCP has. IPv6 literals keep their
  /// brackets.
  static func parse(_ octets: ArraySlice<UInt8>) -> (host: ArraySlice<UInt8>, port: Int?)? {
    let hostEnd: Int
    if octets.first == UInt8(ascii: "[") {
      guard let bracket = octets.firstIndex(of: UInt8(ascii: "]")),
        isAddressLiteral(octets[(octets.startIndex + 1)..<bracket])
      else { return nil }
      hostEnd = bracket + 1
    } else {
      hostEnd = octets.firstIndex(of: .colon) ?? octets.endIndex
      let name = octets[..<hostEnd]
      guard !name.isEmpty, PercentCoding.isValid(name, allowing: .registeredName) else {
        return nil
      }
    }
    let host = octets[..<hostEnd]
    if hostEnd == octets.endIndex { return (host, nil) }
    guard octets[hostEnd] == .colon else { return nil }
    let digits = octets[(hostEnd + 1)...]
    if digits.isEmpty { return (host, nil) }
    guard let port = decimalNumber(digits), port <= 65_535 else { return nil }
    return (host, port)
  }

  /// IPv6address or IPvFuture, RFC 3986 §3.2.2.
  private static func isAddressLiteral(_ octets: ArraySlice<UInt8>) -> Bool {
    if octets.first?.lowercased == UInt8(ascii: "v") {
      guard let dot = octets.firstIndex(of: UInt8(ascii: ".")) else { return false }
      let version = octets[(octets.startIndex + 1)..<dot]
      let rest = octets[(dot + 1)...]
      return !version.isEmpty && version.allSatisfy { $0.hexDigitValue != nil } && !rest.isEmpty
        && rest.allSatisfy { OctetSet.registeredName.contains($0) || $0 == .colon }
    }
    return isIPv6(octets)
  }

  private static func isIPv6(_ octets: ArraySlice<UInt8>) -> Bool {
    let groups = octets.split(separator: .colon, omittingEmptySubsequences: false)
    guard groups.count >= 3, groups.count <= 9 else { return false }
    var words = 0
    var gaps = 0
    for (index, group) in groups.enumerated() {
      let isLast = index == groups.count - 1
      if group.isEmpty {
        // "::" at an end leaves two empty parts there, in the middle one.
        let isEdge = index == 0 || isLast
        if isEdge {
          let neighbour = index == 0 ? groups[1] : groups[index - 1]
          guard neighbour.isEmpty else { return false }
        } else {
          gaps += 1
        }
      } else if isLast, group.contains(UInt8(ascii: ".")) {
        guard isIPv4(group) else { return false }
        words += 2
      } else {
        guard group.count <= 4, group.allSatisfy({ $0.hexDigitValue != nil }) else { return false }
        words += 1
      }
    }
    return gaps == 0 ? words == 8 : gaps == 1 && words <= 7
  }

  private static func isIPv4(_ octets: ArraySlice<UInt8>) -> Bool {
    let parts = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        guard part.count <= 3, let value = decimalNumber(part) else { return false }
        return value <= 255 && (part.count == 1 || part.first != UInt8(ascii: "0"))
      }
  }
}
