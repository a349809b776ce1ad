/// Writes CBOR with the shortest heads. The caller writes map keys in ascending encoded order, and
/// as many items as a head promised.
package struct CBORWriter: Sendable {
  static let falseByte: UInt8 = 0xf4
  static let trueByte: UInt8 = 0xf5
  static let nullByte: UInt8 = 0xf6

  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Takes room for `reserving` bytes at once.
  package init(reserving: Int) {
    bytes.reserveCapacity(reserving)
  }

  package mutating func unsigned(_ value: UInt64) {
    head(.unsigned, value)
  }

  package mutating func integer(_ value: Int64) {
    if value >= 0 {
      head(.unsigned, UInt64(value))
    } else {
      negative(UInt64(bitPattern: ~value))
    }
  }

  /// The integer −1 − `value`.
  mutating func negative(_ value: UInt64) {
    head(.negative, value)
  }

  package mutating func octets(_ value: [UInt8]) {
    head(.bytes, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func octets(_ value: ArraySlice<UInt8>) {
    head(.bytes, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func text(_ value: String) {
    let octets = value.utf8
    head(.text, UInt64(octets.count))
    bytes.append(contentsOf: octets)
  }

  /// A text string from octets that are known to be UTF-8.
  package mutating func textOctets(_ value: ArraySlice<UInt8>) {
    head(.text, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A text string from octets that are known to be UTF-8.
  package mutating func textOctets(_ value: [UInt8]) {
    head(.text, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// The head of an array of `count` items.
  package mutating func array(_ count: Int) {
    head(.array, UInt64(count))
  }

  /// The head of a map of `count` pairs.
  package mutating func map(_ count: Int) {
    head(.map, UInt64(count))
  }

  package mutating func bool(_ value: Bool) {
    bytes.append(value ? Self.trueByte : Self.falseByte)
  }

  package mutating func null() {
    bytes.append(Self.nullByte)
  }

  /// Items that are canonical already.
  package mutating func raw(_ encoded: [UInt8]) {
    bytes.append(contentsOf: encoded)
  }

  /// Items that are canonical already.
  package mutating func raw(_ encoded: ArraySlice<UInt8>) {
    bytes.append(contentsOf: encoded)
  }

  private mutating func head(_ major: CBORMajor, _ argument: UInt64) {
    let kind = major.rawValue &<< 5
    if argument < 24 {
      bytes.append(kind | UInt8(truncatingIfNeeded: argument))
      return
    }
    let exponent = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffff_ffff ? 2 : 3
    bytes.append(kind | UInt8(truncatingIfNeeded: 24 &+ exponent))
    var shift = (8 &<< exponent) &- 8
    while shift >= 0 {
      bytes.append(UInt8(truncatingIfNeeded: argument &>> UInt64(truncatingIfNeeded: shift)))
      shift &-= 8
    }
  }
}
