/// 32 bytes that name a content. Ordered as bytes.
package struct Digest: Hashable, Sendable {
  /// The bytes as big-endian words, so that comparing words compares bytes.
  package let words: (UInt64, UInt64, UInt64, UInt64)

  package static let zero = Digest(0, 0, 0, 0)
  package static let byteCount = 32

  package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    words = (first, second, third, fourth)
  }

  /// Nil unless there are exactly 32 bytes.
  package init?(_ bytes: [UInt8]) {
    self.init(bytes[...])
  }

  /// Nil unless there are exactly 32 bytes.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let words = bigEndianWords(bytes) else { return nil }
    self.words = words
  }

  package var bytes: [UInt8] { bigEndianBytes(words) }

  /// This and another as numbers, modulo 2²⁵⁶.
  package func plus(_ other: Digest) -> Digest {
    var sum = DigestSum()
    sum.add(self)
    sum.add(other)
    return DigestSum().difference(to: sum)
  }

  /// The first `count` bytes.
  package func prefix(_ count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= Self.byteCount)
    return Array(bytes[..<count])
  }

  package static func == (one: Digest, other: Digest) -> Bool { one.words == other.words }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Digest: Comparable {
  package static func < (one: Digest, other: Digest) -> Bool { one.words < other.words }
}

extension Digest: CustomStringConvertible {
  package var description: String { Hex.encode(bytes) }
}

/// A sum of digests modulo 2²⁵⁶: the same whatever the order they were added in.
package struct DigestSum: Hashable, Sendable {
  /// The most significant word first.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  package init() {
    words = (0, 0, 0, 0)
  }

  /// Nil unless there are exactly 32 bytes, the most significant first.
  package init?(_ bytes: [UInt8]) {
    guard let words = bigEndianWords(bytes[...]) else { return nil }
    self.words = words
  }

  package var bytes: [UInt8] { bigEndianBytes(words) }

  package mutating func add(_ digest: Digest) {
    let term = digest.words
    var carry = false
    (words.3, carry) = Self.sum(words.3, term.3, carry)
    (words.2, carry) = Self.sum(words.2, term.2, carry)
    (words.1, carry) = Self.sum(words.1, term.1, carry)
    (words.0, carry) = Self.sum(words.0, term.0, carry)
  }

  package mutating func subtract(_ digest: Digest) {
    let term = digest.words
    var borrow = false
    (words.3, borrow) = Self.difference(words.3, term.3, borrow)
    (words.2, borrow) = Self.difference(words.2, term.2, borrow)
    (words.1, borrow) = Self.difference(words.1, term.1, borrow)
    (words.0, borrow) = Self.difference(words.0, term.0, borrow)
  }

  /// What must be added to this to have the other.
  package func difference(to other: DigestSum) -> Digest {
    var difference = other
    difference.subtract(Digest(words.0, words.1, words.2, words.3))
    let words = difference.words
    return Digest(words.0, words.1, words.2, words.3)
  }

  package static func == (one: DigestSum, other: DigestSum) -> Bool { one.words == other.words }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  private static func sum(_ a: UInt64, _ b: UInt64, _ carry: Bool) -> (UInt64, Bool) {
    let (partial, first) = a.addingReportingOverflow(b)
    let (total, second) = partial.addingReportingOverflow(carry ? 1 : 0)
    return (total, first || second)
  }

  private static func difference(_ a: UInt64, _ b: UInt64, _ borrow: Bool) -> (UInt64, Bool) {
    let (partial, first) = a.subtractingReportingOverflow(b)
    let (total, second) = partial.subtractingReportingOverflow(borrow ? 1 : 0)
    return (total, first || second)
  }
}

private typealias Words = (UInt64, UInt64, UInt64, UInt64)

private func bigEndianWords(_ bytes: ArraySlice<UInt8>) -> Words? {
  guard bytes.count == Digest.byteCount else { return nil }
  return bytes.withUnsafeBytes { raw in
    (
      UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
      UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
      UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    )
  }
}

private func bigEndianBytes(_ words: Words) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
    let raw = UnsafeMutableRawBufferPointer(buffer)
    raw.storeBytes(of: words.0.bigEndian, toByteOffset: 0, as: UInt64.self)
    raw.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
    raw.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
    raw.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
    count = Digest.byteCount
  }
}
