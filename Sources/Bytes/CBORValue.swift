/// A decoded item, for values that are inspected or printed; what is read often has its own reader.
///
/// Two values are equal when their canonical bytes are: text never compares as `String`, where
/// composed and decomposed characters are one. Text octets must be UTF-8 and map keys distinct.
package indirect enum CBORValue: Sendable {
  case unsigned(UInt64)
  /// The integer −1 − n.
  case negative(UInt64)
  case octets([UInt8])
  /// UTF-8.
  case text([UInt8])
  case array([CBORValue])
  /// In any order; the encoding sorts.
  case map([CBORPair])
  case bool(Bool)
  case null
}

package struct CBORPair: Equatable, Sendable {
  package let key: CBORValue
  package let value: CBORValue

  package init(_ key: CBORValue, _ value: CBORValue) {
    self.key = key
    self.value = value
  }
}

extension CBORValue: Equatable {
  package static func == (one: CBORValue, other: CBORValue) -> Bool {
    one.canonical == other.canonical
  }
}

extension CBORValue {
  package static func string(_ value: String) -> CBORValue { .text(Array(value.utf8)) }

  package static func integer(_ value: Int64) -> CBORValue {
    value >= 0 ? .unsigned(UInt64(value)) : .negative(UInt64(bitPattern: ~value))
  }

  package var string: String? {
    guard case .text(let octets) = self else { return nil }
    return String(decoding: octets, as: UTF8.self)
  }

  /// The integer, where it fits `Int64`.
  package var int: Int64? {
    switch self {
    case .unsigned(let value): return Int64(exactly: value)
    case .negative(let value): return Int64(exactly: value).map { -1 - $0 }
    default: return nil
    }
  }

  /// Decodes exactly one deterministic item.
  package init(canonical: [UInt8]) throws(Malformed) {
    var reader = CBORReader(canonical)
    self = try reader.value()
    try reader.end()
  }

  /// The deterministic encoding. RFC 8949 §4.2.1.
  package var canonical: [UInt8] {
    var writer = CBORWriter()
    writer.value(self)
    return writer.bytes
  }
}

extension CBORReader {
  /// One whole item with every check, decoded.
  package mutating func value() throws(Malformed) -> CBORValue {
    var checked = self
    _ = try checked.skip()
    return try build()
  }

  /// Decodes an item that `skip` has checked, so its depth is bounded.
  private mutating func build() throws(Malformed) -> CBORValue {
    switch try peek() {
    case .unsigned: return .unsigned(try unsigned())
    case .negative: return .negative(try negative())
    case .bytes: return .octets(try octets())
    case .text: return .text(Array(bytes[try textRange()]))
    case .array:
      var items: [CBORValue] = []
      for _ in 0..<(try array()) { items.append(try build()) }
      return .array(items)
    case .map:
      var pairs: [CBORPair] = []
      for _ in 0..<(try map()) { pairs.append(CBORPair(try build(), try build())) }
      return .map(pairs)
    case .simple:
      return try null() ? .null : .bool(try bool())
    }
  }
}

extension CBORWriter {
  /// A whole item; map keys are sorted by their encoded bytes.
  package mutating func value(_ value: CBORValue) {
    switch value {
    case .unsigned(let number): unsigned(number)
    case .negative(let number): negative(number)
    case .octets(let content): octets(content)
    case .text(let content): textOctets(content)
    case .array(let items):
      array(items.count)
      for item in items { self.value(item) }
    case .map(let pairs):
      map(pairs.count)
      let encoded = pairs.map { (key: $0.key.canonical, value: $0.value) }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      for (position, pair) in encoded.enumerated() {
        precondition(position == 0 || encoded[position - 1].key != pair.key, "duplicate map key")
        raw(pair.key)
        self.value(pair.value)
      }
    case .bool(let flag): bool(flag)
    case .null: null()
    }
  }
}
