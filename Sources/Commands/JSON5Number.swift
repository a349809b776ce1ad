/// The numbers of JSON5, from ASCII alone.
enum JSON5Number {
  static func value(of text: String) -> Double? {
    var digits = Substring(text)
    var sign = 1.0
    if digits.first == "+" || digits.first == "-" {
      sign = digits.first == "-" ? -1 : 1
      digits.removeFirst()
    }
    switch digits {
    case "Infinity": return sign * .infinity
    case "NaN": return .nan
    default: break
    }
    if digits.utf8.starts(with: "0x".utf8) || digits.utf8.starts(with: "0X".utf8) {
      let hex = digits.dropFirst(2)
      guard (1...13).contains(hex.utf8.count),
        hex.unicodeScalars.allSatisfy({ hexDigit($0) != nil }), let value = UInt64(hex, radix: 16)
      else { return nil }
      return sign * Double(value)
    }
    let allowed = digits.utf8.allSatisfy {
      (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0)
    }
    guard allowed, let first = digits.utf8.first, first != 0x2B, first != 0x2D,
      digits.utf8.contains(where: { (0x30...0x39).contains($0) }),
      !(digits.utf8.count > 1 && first == 0x30
        && (0x30...0x39).contains(digits.utf8.dropFirst().first ?? 0))
    else { return nil }
    var plain = String(digits)
    if first == 0x2E { plain = "0" + plain }
    if plain.utf8.last == 0x2E { plain += "0" }
    return Double(plain).map { sign * $0 }
  }

  static func hexDigit(_ scalar: Unicode.Scalar) -> UInt8? {
    switch scalar {
    case "0"..."9": UInt8(scalar.value - 0x30)
    case "a"..."f": UInt8(scalar.value - 0x61 + 10)
    case "A"..."F": UInt8(scalar.value - 0x41 + 10)
    default: nil
    }
  }
}
