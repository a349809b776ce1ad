extension CBORValue {
  /// Diagnostic notation, byte strings as `h'…'`. RFC 8949 §8.
  package var diagnostic: String {
    switch self {
    case .unsigned(let value): return String(value)
    case .negative(let value):
      return value == .max ? "-18446744073709551616" : "-\(value + 1)"
    case .octets(let content): return "h'\(Hex.encode(content))'"
    case .text(let content): return Self.quoted(content)
    case .array(let items):
      return "[" + items.map(\.diagnostic).joined(separator: ", ") + "]"
    case .map(let pairs):
      let inner = pairs.map { $0.key.diagnostic + ": " + $0.value.diagnostic }
      return "{" + inner.joined(separator: ", ") + "}"
    case .bool(let flag): return flag ? "true" : "false"
    case .null: return "null"
    }
  }

  /// Control characters are escaped, so that text from outside cannot steer a terminal.
  private static func quoted(_ content: [UInt8]) -> String {
    var result = "\""
    for scalar in String(decoding: content, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
        result += "\\u00" + Hex.encode([UInt8(scalar.value)])
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
