import Bytes

/// Parses dictionary fields, RFC 9651 §4.2. Any octet out of place is nil.
struct StructuredFieldParser {
  private var rest: ArraySlice<UInt8>

  /// The dictionary under `name`, all its lines together; nil where there is none or it is
  /// malformed.
  static func dictionary(_ name: String, in fields: HTTPFields) -> FieldDictionary? {
    guard let octets = fields.octets(of: name) else { return nil }
    var parser = StructuredFieldParser(rest: octets[...].trimmingSpaces)
    return parser.dictionary()
  }

  private mutating func dictionary() -> FieldDictionary? {
    var result = FieldDictionary()
    while !rest.isEmpty {
      guard let key = key(), result[key] == nil, let member = dictionaryValue() else {
        return nil
      }
      result.append(key, member)
      skipBlanks()
      if rest.isEmpty { return result }
      guard rest.popFirst() == .comma else { return nil }
      skipBlanks()
      if rest.isEmpty { return nil }
    }
    return result
  }

  private mutating func dictionaryValue() -> FieldMember? {
    if rest.first == .equals {
      rest.removeFirst()
      return rest.first == UInt8(ascii: "(") ? innerList() : item().map { .item($0) }
    }
    guard let parameters = parameters() else { return nil }
    return .item(FieldItem(value: .boolean(true), parameters: parameters))
  }

  private mutating func innerList() -> FieldMember? {
    rest.removeFirst()
    var items: [FieldItem] = []
    while true {
      skipSpaces()
      guard let next = rest.first else { return nil }
      if next == UInt8(ascii: ")") {
        rest.removeFirst()
        guard let parameters = parameters() else { return nil }
        return .innerList(items, parameters)
      }
      guard let item = item() else { return nil }
      items.append(item)
      guard rest.first == .space || rest.first == UInt8(ascii: ")") else { return nil }
    }
  }

  private mutating func item() -> FieldItem? {
    guard let value = bareItem(), let parameters = parameters() else { return nil }
    return FieldItem(value: value, parameters: parameters)
  }

  private mutating func parameters() -> FieldParameters? {
    var result = FieldParameters()
    while rest.first == .semicolon {
      rest.removeFirst()
      skipSpaces()
      guard let key = key(), result[key] == nil else { return nil }
      if rest.first == .equals {
        rest.removeFirst()
        guard let value = bareItem() else { return nil }
        result.append(key, value)
      } else {
        result.append(key, .boolean(true))
      }
    }
    return result
  }

  private mutating func key() -> String? {
    guard let first = rest.first, OctetSet.keyStart.contains(first) else { return nil }
    return take(while: OctetSet.key.contains)
  }

  private mutating func bareItem() -> BareItem? {
    guard let first = rest.first else { return nil }
    switch first {
    case .quote: return string()
    case .colon: return octets()
    case .questionMark: return boolean()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return integer()
    default:
      guard OctetSet.tokenStart.contains(first) else { return nil }
      return .token(take { OctetSet.token.contains($0) || $0 == .colon || $0 == .slash })
    }
  }

  private mutating func string() -> BareItem? {
    rest.removeFirst()
    var text: [UInt8] = []
    while let octet = rest.popFirst() {
      switch octet {
      case .quote:
        return .string(String(decoding: text, as: UTF8.self))
      case .backslash:
        guard let escaped = rest.popFirst(), escaped == .quote || escaped == .backslash else {
          return nil
        }
        text.append(escaped)
      case 0x20...0x7E: text.append(octet)
      default: return nil
      }
    }
    return nil
  }

  private mutating func octets() -> BareItem? {
    rest.removeFirst()
    guard let end = rest.firstIndex(of: .colon) else { return nil }
    let text = String(decoding: rest[..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    return Base64.decode(text).map { .octets($0) }
  }

  private mutating func boolean() -> BareItem? {
    rest.removeFirst()
    switch rest.popFirst() {
    case UInt8(ascii: "1"): return .boolean(true)
    case UInt8(ascii: "0"): return .boolean(false)
    default: return nil
    }
  }

  private mutating func integer() -> BareItem? {
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest.removeFirst() }
    let digits = rest.prefix(while: \.isDigit)
    // 15 digits at most: no overflow.
    guard digits.count <= 15, let value = decimalNumber(digits) else { return nil }
    rest = rest[digits.endIndex...]
    if rest.first == UInt8(ascii: ".") { return nil }
    return .integer(isNegative ? -Int64(value) : Int64(value))
  }

  private mutating func take(while belongs: (UInt8) -> Bool) -> String {
    let taken = rest.prefix(while: belongs)
    rest = rest[taken.endIndex...]
    return String(decoding: taken, as: UTF8.self)
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == .space } }
  private mutating func skipBlanks() { rest = rest.drop(while: \.isBlank) }
}

extension ArraySlice<UInt8> {
  fileprivate var trimmingSpaces: ArraySlice<UInt8> {
    var slice = self
    while slice.first == .space { slice.removeFirst() }
    while slice.last == .space { slice.removeLast() }
    return slice
  }
}

extension OctetSet {
  /// RFC 9651 §3.1.2.
  fileprivate static let keyStart = OctetSet("*abcdefghijklmnopqrstuvwxyz")
  fileprivate static let key = OctetSet("*_-.0123456789abcdefghijklmnopqrstuvwxyz")
  /// RFC 9651 §3.3.4.
  fileprivate static let tokenStart = OctetSet(
    "*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
