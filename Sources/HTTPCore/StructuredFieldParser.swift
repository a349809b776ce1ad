import Bytes

/// Parses dictionary fields, RFC 9651 §4.2. Any octet out of place is nil. Lives only as long as
/// the octets stand still.
struct StructuredFieldParser {
  private let octets: UnsafeBufferPointer<UInt8>
  private var place: Int
  private let end: Int

  /// The dictionary under `name`, all its lines together; nil where there is none or it is
  /// malformed.
  static func dictionary(_ name: String, in fields: HTTPFields) -> FieldDictionary? {
    fields.withOctets(of: name) { octets in
      var parser = StructuredFieldParser(octets)
      return parser.dictionary()
    } ?? nil
  }

  private init(_ octets: UnsafeBufferPointer<UInt8>) {
    self.octets = octets
    place = octets.firstIndex { $0 != .space } ?? octets.count
    end = max(place, (octets.lastIndex { $0 != .space } ?? -1) + 1)
  }

  private var isAtEnd: Bool { place == end }
  private var next: UInt8? { place < end ? octets[place] : nil }

  private mutating func take() -> UInt8? {
    guard place < end else { return nil }
    defer { place += 1 }
    return octets[place]
  }

  /// Takes the octet, where it stands here.
  private mutating func take(_ octet: UInt8) -> Bool {
    guard next == octet else { return false }
    place += 1
    return true
  }

  private mutating func dictionary() -> FieldDictionary? {
    var result = FieldDictionary()
    while !isAtEnd {
      guard let key = key(), result[key] == nil, let member = dictionaryValue() else {
        return nil
      }
      result.append(key, member)
      skip(while: \.isBlank)
      if isAtEnd { return result }
      guard take(.comma) else { return nil }
      skip(while: \.isBlank)
      if isAtEnd { return nil }
    }
    return result
  }

  private mutating func dictionaryValue() -> FieldMember? {
    if take(.equals) {
      return take(UInt8(ascii: "(")) ? innerList() : item().map { .item($0) }
    }
    guard let parameters = parameters() else { return nil }
    return .item(FieldItem(value: .boolean(true), parameters: parameters))
  }

  /// Behind its opening parenthesis.
  private mutating func innerList() -> FieldMember? {
    var items: [FieldItem] = []
    items.reserveCapacity(4)
    while true {
      skip { $0 == .space }
      if take(UInt8(ascii: ")")) {
        guard let parameters = parameters() else { return nil }
        return .innerList(items, parameters)
      }
      guard let item = item() else { return nil }
      items.append(item)
      guard next == .space || next == UInt8(ascii: ")") else { return nil }
    }
  }

  private mutating func item() -> FieldItem? {
    guard let value = bareItem(), let parameters = parameters() else { return nil }
    return FieldItem(value: value, parameters: parameters)
  }

  private mutating func parameters() -> FieldParameters? {
    var result = FieldParameters()
    while take(.semicolon) {
      skip { $0 == .space }
      guard let key = key(), result[key] == nil else { return nil }
      if take(.equals) {
        guard let value = bareItem() else { return nil }
        result.append(key, value)
      } else {
        result.append(key, .boolean(true))
      }
    }
    return result
  }

  private mutating func key() -> String? {
    guard let first = next, OctetSet.keyStart.contains(first) else { return nil }
    return text(while: OctetSet.key.contains)
  }

  private mutating func bareItem() -> BareItem? {
    guard let first = next else { return nil }
    switch first {
    case .quote: return string()
    case .colon: return octetString()
    case .questionMark: return boolean()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return integer()
    default:
      guard OctetSet.tokenStart.contains(first) else { return nil }
      return .token(text { OctetSet.token.contains($0) || $0 == .colon || $0 == .slash })
    }
  }

  private mutating func string() -> BareItem? {
    place += 1
    let start = place
    // Most have nothing escaped.
    skip { $0 != .quote && $0 != .backslash && (0x20...0x7E).contains($0) }
    var text = text(from: start)
    while let octet = take() {
      switch octet {
      case .quote:
        return .string(text)
      case .backslash:
        guard let escaped = take(), escaped == .quote || escaped == .backslash else { return nil }
        text.unicodeScalars.append(Unicode.Scalar(escaped))
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(octet))
      default: return nil
      }
    }
    return nil
  }

  private mutating func octetString() -> BareItem? {
    place += 1
    let start = place
    skip { $0 != .colon }
    let encoded = UnsafeBufferPointer(rebasing: octets[start..<place])
    return take(.colon) ? Base64.decode(encoded).map { .octets($0) } : nil
  }

  private mutating func boolean() -> BareItem? {
    place += 1
    switch take() {
    case UInt8(ascii: "1"): return .boolean(true)
    case UInt8(ascii: "0"): return .boolean(false)
    default: return nil
    }
  }

  private mutating func integer() -> BareItem? {
    let isNegative = take(UInt8(ascii: "-"))
    let start = place
    skip(while: \.isDigit)
    // 15 digits at most: no overflow.
    guard place - start <= 15, let value = decimalNumber(octets[start..<place]) else { return nil }
    if next == UInt8(ascii: ".") { return nil }
    return .integer(isNegative ? -Int64(value) : Int64(value))
  }

  private mutating func skip(while belongs: (UInt8) -> Bool) {
    while place < end, belongs(octets[place]) { place += 1 }
  }

  private mutating func text(while belongs: (UInt8) -> Bool) -> String {
    let start = place
    skip(while: belongs)
    return text(from: start)
  }

  private func text(from start: Int) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: octets[start..<place]), as: UTF8.self)
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
