/// The eight kinds of item that the first three bits of a head tell apart; tags are refused.
package enum CBORMajor: UInt8, Sendable {
  case unsigned = 0
  case negative = 1
  case bytes = 2
  case text = 3
  case array = 4
  case map = 5
  case simple = 7
}

/// Reads deterministic CBOR and refuses everything else. RFC 8949 §4.2.1.
///
/// Definite lengths, shortest heads, no tags, no floats, and of the simple values only false, true
/// and null. A length is believed only as far as the input goes, so no count allocates memory that
/// the sender did not pay for. Map keys are checked by `skip`, and by `ascend` where the caller
/// reads a map pair by pair.
package struct CBORReader: Sendable {
  package let bytes: [UInt8]
  package private(set) var offset: Int
  private let limit: Int

  /// Reads `bytes[from..<to]`; offsets count from the start of `bytes`.
  package init(_ bytes: [UInt8], from: Int = 0, to: Int? = nil) {
    let limit = to ?? bytes.count
    precondition(from >= 0 && from <= limit && limit <= bytes.count)
    self.bytes = bytes
    self.offset = from
    self.limit = limit
  }

  package var isAtEnd: Bool { offset == limit }
  package var remaining: Int { limit - offset }

  /// What kind of item stands here; consumes nothing.
  package func peek() throws(Malformed) -> CBORMajor {
    guard offset < limit else { throw Malformed("truncated", at: offset) }
    guard let major = CBORMajor(rawValue: bytes[offset] &>> 5) else {
      throw Malformed("tag", at: offset)
    }
    return major
  }

  package mutating func unsigned() throws(Malformed) -> UInt64 {
    try head(.unsigned, else: "not an unsigned integer")
  }

  /// The n of the integer −1 − n.
  mutating func negative() throws(Malformed) -> UInt64 {
    try head(.negative, else: "not a negative integer")
  }

  /// An unsigned or negative integer that fits `Int64`.
  package mutating func integer() throws(Malformed) -> Int64 {
    let start = offset
    let major = try peek()
    guard major == .unsigned || major == .negative else {
      throw Malformed("not an integer", at: start)
    }
    let argument = try argument()
    guard let value = Int64(exactly: argument) else {
      offset = start
      throw Malformed("integer out of range", at: start)
    }
    return major == .unsigned ? value : -1 - value
  }

  /// An unsigned integer that fits `Int`.
  package mutating func count() throws(Malformed) -> Int {
    let start = offset
    guard let value = Int(exactly: try unsigned()) else {
      offset = start
      throw Malformed("integer out of range", at: start)
    }
    return value
  }

  package mutating func octets() throws(Malformed) -> [UInt8] {
    Array(bytes[try octetsRange()])
  }

  /// A byte string of exactly `count` bytes.
  package mutating func octets(count: Int) throws(Malformed) -> [UInt8] {
    let start = offset
    let range = try octetsRange()
    guard range.count == count else {
      offset = start
      throw Malformed("byte string of \(range.count), not \(count) bytes", at: start)
    }
    return Array(bytes[range])
  }

  /// Where the content of a byte string stands in `bytes`.
  package mutating func octetsRange() throws(Malformed) -> Range<Int> {
    try contentRange(.bytes, else: "not a byte string")
  }

  package mutating func text() throws(Malformed) -> String {
    String(decoding: bytes[try textRange()], as: UTF8.self)
  }

  /// Where the content of a text string stands in `bytes`; it is valid UTF-8.
  package mutating func textRange() throws(Malformed) -> Range<Int> {
    let start = offset
    let range = try contentRange(.text, else: "not a text string")
    if let bad = UTF8Text.firstInvalid(in: bytes, range) {
      offset = start
      throw Malformed("invalid UTF-8", at: bad)
    }
    return range
  }

  /// The head of an array: how many items follow. An item has at least one byte.
  package mutating func array() throws(Malformed) -> Int {
    let start = offset
    let count = try head(.array, else: "not an array")
    guard count <= UInt64(remaining) else {
      offset = start
      throw Malformed("array longer than the input", at: start)
    }
    return Int(count)
  }

  /// The head of a map: how many pairs follow. A pair has at least two bytes.
  package mutating func map() throws(Malformed) -> Int {
    let start = offset
    let count = try head(.map, else: "not a map")
    guard count <= UInt64(remaining / 2) else {
      offset = start
      throw Malformed("map longer than the input", at: start)
    }
    return Int(count)
  }

  package mutating func bool() throws(Malformed) -> Bool {
    guard offset < limit else { throw Malformed("truncated", at: offset) }
    let initial = bytes[offset]
    guard initial == CBORWriter.falseByte || initial == CBORWriter.trueByte else {
      throw Malformed("not a boolean", at: offset)
    }
    offset += 1
    return initial == CBORWriter.trueByte
  }

  /// Consumes a null if one stands here.
  package mutating func null() throws(Malformed) -> Bool {
    guard offset < limit else { throw Malformed("truncated", at: offset) }
    guard bytes[offset] == CBORWriter.nullByte else { return false }
    offset += 1
    return true
  }

  /// Refuses trailing bytes.
  package mutating func end() throws(Malformed) {
    guard isAtEnd else { throw Malformed("trailing bytes", at: offset) }
  }

  private mutating func contentRange(
    _ major: CBORMajor, else what: String
  ) throws(Malformed) -> Range<Int> {
    let start = offset
    let count = try head(major, else: what)
    guard count <= UInt64(remaining) else {
      offset = start
      throw Malformed("string longer than the input", at: start)
    }
    let content = offset..<offset + Int(count)
    offset = content.upperBound
    return content
  }

  private mutating func head(
    _ major: CBORMajor, else what: String
  ) throws(Malformed) -> UInt64 {
    guard offset < limit else { throw Malformed("truncated", at: offset) }
    guard bytes[offset] &>> 5 == major.rawValue else { throw Malformed(what, at: offset) }
    return try argument()
  }

  /// The argument of the head that stands here, refused unless it is the shortest form.
  private mutating func argument() throws(Malformed) -> UInt64 {
    let information = bytes[offset] & 0x1f
    if information < 24 {
      offset += 1
      return UInt64(information)
    }
    guard information < 28 else {
      throw Malformed(
        information == 31 ? "indefinite length" : "reserved head", at: offset)
    }
    let width = 1 &<< Int(information &- 24)
    guard remaining > width else { throw Malformed("truncated", at: offset) }
    var value: UInt64 = 0
    for position in offset + 1...offset + width {
      value = value &<< 8 | UInt64(bytes[position])
    }
    let least: UInt64 = width == 1 ? 24 : 1 &<< UInt64(4 &* width)
    guard value >= least else { throw Malformed("overlong head", at: offset) }
    offset += 1 + width
    return value
  }
}

extension CBORReader {
  /// Passes over one whole item with every check, and says where it stands in `bytes`.
  /// Arrays and maps may nest `CBORReader.depthMax` deep.
  package mutating func skip() throws(Malformed) -> Range<Int> {
    let start = offset
    do {
      try pass(depth: 0)
    } catch {
      offset = start
      throw error
    }
    return start..<offset
  }

  /// Checks the map key that stands here, without consuming it: it must be greater than the
  /// previous one as encoded bytes. Begin each map with nil, call this before reading each key.
  package func ascend(from previous: inout Range<Int>?) throws(Malformed) {
    var ahead = self
    let key = try ahead.skip()
    if let previous, !precedes(previous, key) {
      throw Malformed("map keys out of order", at: offset)
    }
    previous = key
  }

  package static let depthMax = 16

  private mutating func pass(depth: Int) throws(Malformed) {
    switch try peek() {
    case .unsigned, .negative: _ = try argument()
    case .bytes: _ = try octetsRange()
    case .text: _ = try textRange()
    case .array:
      guard depth < Self.depthMax else { throw Malformed("nested too deeply", at: offset) }
      for _ in 0..<(try array()) { try pass(depth: depth + 1) }
    case .map:
      guard depth < Self.depthMax else { throw Malformed("nested too deeply", at: offset) }
      try passPairs(try map(), depth: depth + 1)
    case .simple:
      if try !null() {
        let start = offset
        guard (try? bool()) != nil else { throw Malformed("unknown simple value", at: start) }
      }
    }
  }

  private mutating func passPairs(_ count: Int, depth: Int) throws(Malformed) {
    var previous: Range<Int>?
    for _ in 0..<count {
      let start = offset
      try pass(depth: depth)
      let key = start..<offset
      if let previous, !precedes(previous, key) {
        throw Malformed("map keys out of order", at: start)
      }
      previous = key
      try pass(depth: depth)
    }
  }

  private func precedes(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
    bytes[first].lexicographicallyPrecedes(bytes[second])
  }
}
