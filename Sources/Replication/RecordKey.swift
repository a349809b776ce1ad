import Bytes

/// The number of a kind of record. Which kinds there are is no concern of this module.
package struct RecordKind: RawRepresentable, Hashable, Comparable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static func < (a: RecordKind, b: RecordKind) -> Bool { a.rawValue < b.rawValue }
}

/// The 12 octets that tell records of one owner and kind apart. Prints as base32 (20 characters).
package struct RecordID: Hashable, Comparable, Sendable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt32

  package static let octetsCount = 12

  package init?(_ octets: some Collection<UInt8>) {
    guard octets.count == RecordID.octetsCount else { return nil }
    var high: UInt64 = 0
    var low: UInt32 = 0
    for (position, octet) in octets.enumerated() {
      if position < 8 { high = high << 8 | UInt64(octet) } else { low = low << 8 | UInt32(octet) }
    }
    (self.high, self.low) = (high, low)
  }

  package init?(text: String) { self.init(text: Array(text.utf8)[...]) }

  /// `text`: the octets of its text.
  package init?(text: ArraySlice<UInt8>) {
    guard let octets = Base32.decode(text) else { return nil }
    self.init(octets)
  }

  /// The head of a digest: ids of imports, and of records that are named by their parts.
  package init(head digest: Digest) {
    var high: UInt64 = 0
    var low: UInt32 = 0
    for (position, octet) in digest.bytes.prefix(RecordID.octetsCount).enumerated() {
      if position < 8 { high = high << 8 | UInt64(octet) } else { low = low << 8 | UInt32(octet) }
    }
    (self.high, self.low) = (high, low)
  }

  package var octets: [UInt8] {
    var octets: [UInt8] = []
    append(to: &octets)
    return octets
  }

  func append(to octets: inout [UInt8]) {
    octets.reserveCapacity(octets.count + RecordID.octetsCount)
    withUnsafeBytes(of: high.bigEndian) { octets.append(contentsOf: $0) }
    withUnsafeBytes(of: low.bigEndian) { octets.append(contentsOf: $0) }
  }

  package var description: String { Base32.encode(octets) }

  package static func < (a: RecordID, b: RecordID) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
}

/// A record's name: the owner's site code, the kind, 12 octets.
///
/// Its octets (kind, owner, zero, id) sort by kind, then owner, then id; that is the order of keys.
package struct RecordKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let owner: SiteCode
  package let kind: RecordKind
  package let id: RecordID

  package init(owner: SiteCode, kind: RecordKind, id: RecordID) {
    self.owner = owner
    self.kind = kind
    self.id = id
  }

  package var octets: [UInt8] {
    var octets: [UInt8] = [kind.rawValue]
    octets.reserveCapacity(2 + owner.text.utf8.count + RecordID.octetsCount)
    octets.append(contentsOf: owner.text.utf8)
    octets.append(0)
    id.append(to: &octets)
    return octets
  }

  package init?(octets: [UInt8]) {
    let tail = RecordID.octetsCount + 1
    guard octets.count > tail + 1, octets[octets.count - tail] == 0,
      let owner = SiteCode(octets: octets[1..<octets.count - tail]),
      let id = RecordID(octets[(octets.count - RecordID.octetsCount)...])
    else { return nil }
    self.init(owner: owner, kind: RecordKind(rawValue: octets[0]), id: id)
  }

  package static func < (a: RecordKey, b: RecordKey) -> Bool {
    if a.kind != b.kind { return a.kind < b.kind }
    if a.owner != b.owner { return a.octets.lexicographicallyPrecedes(b.octets) }
    return a.id < b.id
  }

  package var description: String { "\(owner)/\(kind.rawValue)/\(id)" }
}

extension CBORReader {
  /// [owner, kind, id].
  package mutating func recordKey() throws(Malformed) -> RecordKey {
    let start = offset
    guard try array() == 3 else { throw Malformed("a key has three parts", at: start) }
    let owner = try siteCode()
    guard let kind = UInt8(exactly: try unsigned()) else {
      throw Malformed("a kind is below 256", at: start)
    }
    guard let id = RecordID(bytes[try octetsRange()]) else {
      throw Malformed("an id has 12 octets", at: start)
    }
    return RecordKey(owner: owner, kind: RecordKind(rawValue: kind), id: id)
  }
}

extension CBORWriter {
  package mutating func recordKey(_ key: RecordKey) {
    array(3)
    text(key.owner.text)
    unsigned(UInt64(key.kind.rawValue))
    octets(key.id.octets)
  }
}
