import Bytes
import Replication

/// The head of a message: a map with small numbers as keys. A reader skips keys that it does not
/// know, so that a newer version can say more.
struct MessageFields {
  private var values: [UInt64: CBORValue] = [:]

  init() {}

  init(_ reader: inout CBORReader) throws(Malformed) {
    let start = reader.offset
    guard case .map(let pairs) = try reader.value() else {
      throw Malformed("a message begins with a map", at: start)
    }
    for pair in pairs {
      guard case .unsigned(let key) = pair.key else {
        throw Malformed("a field's key is a number", at: start)
      }
      values[key] = pair.value
    }
  }

  /// A message that is nothing but its head.
  init(whole message: [UInt8]) throws(Malformed) {
    var reader = CBORReader(message)
    try self.init(&reader)
    try reader.end()
  }

  /// The head as a message of its own.
  var message: [UInt8] {
    var writer = CBORWriter()
    write(to: &writer)
    return writer.bytes
  }

  func write(to writer: inout CBORWriter) {
    writer.value(
      .map(values.sorted { $0.key < $1.key }.map { CBORPair(.unsigned($0.key), $0.value) }))
  }

  mutating func set(_ key: UInt64, _ value: Int64?) {
    values[key] = value.map { .integer($0) }
  }
  mutating func set(_ key: UInt64, _ value: [UInt8]?) {
    values[key] = value.map { .octets($0) }
  }
  mutating func set(_ key: UInt64, _ value: String?) {
    values[key] = value.map { .string($0) }
  }
  mutating func set(_ key: UInt64, _ value: Bool) { values[key] = value ? .bool(true) : nil }
  mutating func set(_ key: UInt64, _ value: [Int64]) {
    values[key] = .array(value.map { .integer($0) })
  }

  /// Refuses what another version of the protocol says.
  func checkVersion() throws(Malformed) {
    guard try integer(0) == SyncLimits.version else {
      throw Malformed("another version of the protocol", at: 0)
    }
  }
  func nonce(_ key: UInt64) throws(Malformed) -> [UInt8] {
    let nonce = try octets(key)
    guard nonce.count == EnrolRequest.nonceOctets else {
      throw Malformed("a nonce of another length", at: 0)
    }
    return nonce
  }
  func integer(_ key: UInt64) throws(Malformed) -> Int64 {
    guard let value = values[key]?.int else { throw missing(key) }
    return value
  }
  func octets(_ key: UInt64) throws(Malformed) -> [UInt8] {
    guard let value = optionalOctets(key) else { throw missing(key) }
    return value
  }
  func optionalOctets(_ key: UInt64) -> [UInt8]? {
    if case .octets(let octets)? = values[key] { return octets }
    return nil
  }
  func optionalInteger(_ key: UInt64) -> Int64? { values[key]?.int }
  func text(_ key: UInt64) throws(Malformed) -> String {
    guard let value = values[key]?.string else { throw missing(key) }
    return value
  }
  func flag(_ key: UInt64) -> Bool {
    if case .bool(true)? = values[key] { return true }
    return false
  }
  func integers(_ key: UInt64) -> [Int64] {
    if case .array(let values)? = values[key] { return values.compactMap(\.int) }
    return []
  }

  mutating func set(_ fingerprint: Fingerprint, at key: UInt64) {
    set(key, Int64(fingerprint.count))
    set(key + 1, fingerprint.sum.bytes)
  }
  func fingerprint(at key: UInt64) throws(Malformed) -> Fingerprint {
    guard let sum = DigestSum(try octets(key + 1)) else { throw missing(key + 1) }
    return Fingerprint(count: Int(try integer(key)), sum: sum)
  }

  private func missing(_ key: UInt64) -> Malformed {
    Malformed("field \(key) is missing or of another type", at: 0)
  }
}
