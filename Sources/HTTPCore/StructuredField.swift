import Bytes

/// What signature and digest fields are made of: a part of RFC 9651. Decimals, dates and display
/// strings occur in none of them and are refused.
enum BareItem: Sendable, Equatable {
  case integer(Int64)
  /// Printable ASCII.
  case string(String)
  case token(String)
  case octets([UInt8])
  case boolean(Bool)
}

/// Parameters in their order.
struct FieldParameters: Sendable, Equatable {
  private(set) var pairs: [Pair] = []

  struct Pair: Sendable, Equatable {
    let key: String
    let value: BareItem
  }

  subscript(key: String) -> BareItem? { pairs.first { $0.key == key }?.value }

  mutating func append(_ key: String, _ value: BareItem) {
    if pairs.isEmpty { pairs.reserveCapacity(5) }
    pairs.append(Pair(key: key, value: value))
  }
}

struct FieldItem: Sendable, Equatable {
  let value: BareItem
  var parameters = FieldParameters()
}

enum FieldMember: Sendable, Equatable {
  case item(FieldItem)
  case innerList([FieldItem], FieldParameters)
}

/// A dictionary field. A key that comes twice is refused: two readers could take different ones.
struct FieldDictionary: Sendable {
  private(set) var members: [Entry] = []

  struct Entry: Sendable {
    let key: String
    let member: FieldMember
  }

  subscript(key: String) -> FieldMember? { members.first { $0.key == key }?.member }

  mutating func append(_ key: String, _ member: FieldMember) {
    members.append(Entry(key: key, member: member))
  }
}

// Serialization, RFC 9651 §4.1.

extension BareItem {
  func write(to output: inout [UInt8]) {
    switch self {
    case .integer(let value):
      output.append(String(value))
    case .string(let text):
      Self.write(text, to: &output)
    case .token(let text):
      output.append(text)
    case .octets(let octets):
      output.append(.colon)
      Base64.write(octets, to: &output)
      output.append(.colon)
    case .boolean(let value):
      output.append(value ? "?1" : "?0")
    }
  }

  /// A string with its quotes.
  static func write(_ text: String, to output: inout [UInt8]) {
    output.append(.quote)
    text.withOctets { octets in
      if octets.contains(where: { $0 == .quote || $0 == .backslash }) {
        for octet in octets {
          if octet == .quote || octet == .backslash { output.append(.backslash) }
          output.append(octet)
        }
      } else {
        output.append(contentsOf: octets)
      }
    }
    output.append(.quote)
  }
}

extension FieldParameters {
  func write(to output: inout [UInt8]) {
    for pair in pairs {
      output.append(.semicolon)
      output.append(pair.key)
      if case .boolean(true) = pair.value { continue }
      output.append(.equals)
      pair.value.write(to: &output)
    }
  }
}

extension FieldItem {
  func write(to output: inout [UInt8]) {
    value.write(to: &output)
    parameters.write(to: &output)
  }
}

extension FieldMember {
  func write(to output: inout [UInt8]) {
    switch self {
    case .item(let item):
      item.write(to: &output)
    case .innerList(let items, let parameters):
      output.append(UInt8(ascii: "("))
      for (index, item) in items.enumerated() {
        if index > 0 { output.append(.space) }
        item.write(to: &output)
      }
      output.append(UInt8(ascii: ")"))
      parameters.write(to: &output)
    }
  }
}
