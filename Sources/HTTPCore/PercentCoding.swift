/// Percent-encoding, RFC 3986 §2.1.
package enum PercentCoding {
  /// Everything but unreserved octets escaped.
  package static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var octets: [UInt8] = []
    for octet in text.utf8 {
      if OctetSet.unreserved.contains(octet) {
        octets.append(octet)
      } else {
        octets += [.percent, digits[Int(octet >> 4)], digits[Int(octet & 15)]]
      }
    }
    return String(decoding: octets, as: UTF8.self)
  }

  /// Nil for a broken escape, or where the result is not UTF-8.
  package static func decode(_ text: String) -> String? {
    decode(Array(text.utf8)[...], plusIsSpace: false)
  }

  static func decode(_ octets: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var decoded: [UInt8] = []
    var index = octets.startIndex
    while index < octets.endIndex {
      let octet = octets[index]
      if octet == .percent {
        guard index + 2 < octets.endIndex, let high = octets[index + 1].hexDigitValue,
          let low = octets[index + 2].hexDigitValue
        else { return nil }
        decoded.append(UInt8(high << 4 | low))
        index += 3
      } else {
        decoded.append(plusIsSpace && octet == UInt8(ascii: "+") ? .space : octet)
        index += 1
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  /// Whether `octets` are of `set` or whole escapes.
  static func isValid(_ octets: ArraySlice<UInt8>, allowing set: OctetSet) -> Bool {
    var index = octets.startIndex
    while index < octets.endIndex {
      let octet = octets[index]
      if set.contains(octet) {
        index += 1
      } else {
        guard octet == .percent, index + 2 < octets.endIndex,
          octets[index + 1].hexDigitValue != nil, octets[index + 2].hexDigitValue != nil
        else { return false }
        index += 3
      }
    }
    return true
  }
}

/// The pairs of a query or an `application/x-www-form-urlencoded` body.
package enum FormFields {
  /// In order, duplicates kept; a pair without "=" has an empty value. Nil where an escape is
  /// broken or not UTF-8.
  package static func parse(_ text: String) -> [(name: String, value: String)]? {
    parse(Array(text.utf8))
  }

  package static func parse(_ octets: [UInt8]) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in octets.split(separator: UInt8(ascii: "&")) {
      let end = part.firstIndex(of: .equals) ?? part.endIndex
      let rest = end < part.endIndex ? part[(end + 1)...] : []
      guard let name = PercentCoding.decode(part[..<end], plusIsSpace: true),
        let value = PercentCoding.decode(rest, plusIsSpace: true)
      else { return nil }
      pairs.append((name, value))
    }
    return pairs
  }
}
