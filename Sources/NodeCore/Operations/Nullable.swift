/// A member of an answer that is there even where it has no value: as `null`, so that programs find
/// the same members every time.
@propertyWrapper
package struct Nullable<Value: Codable & Sendable>: Codable, Sendable {
  package let wrappedValue: Value?

  package init(wrappedValue: Value?) {
    self.wrappedValue = wrappedValue
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension Nullable: Equatable where Value: Equatable {}
