/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed digest of 64 bits for short messages.
package struct SipHash: Sendable {
  package static let keyByteCount = 16

  private let key: (UInt64, UInt64)

  /// Nil unless the key has 16 bytes.
  package init?(key: [UInt8]) {
    guard key.count == Self.keyByteCount else { return nil }
    func word(_ start: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(key[start + $1]) &<< UInt64(8 * $1) }
    }
    self.key = (word(0), word(8))
  }

  /// Of `words`, little-endian, then the low bytes of `tail`: `byteCount` in all.
  package func digest(_ words: [UInt64], tail: UInt64 = 0, byteCount: Int) -> UInt64 {
    var state = State(key)
    for word in words { state.take(word) }
    state.take(UInt64(truncatingIfNeeded: byteCount) &<< 56 | tail)
    return state.finish()
  }

  private struct State {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    init(_ key: (UInt64, UInt64)) {
      a = key.0 ^ 0x736f_6d65_7073_6575
      b = key.1 ^ 0x646f_7261_6e64_6f6d
      c = key.0 ^ 0x6c79_6765_6e65_7261
      d = key.1 ^ 0x7465_6462_7974_6573
    }

    mutating func take(_ word: UInt64) {
      d ^= word
      round()
      round()
      a ^= word
    }

    mutating func finish() -> UInt64 {
      c ^= 0xff
      for _ in 0..<4 { round() }
      return a ^ b ^ c ^ d
    }

    private mutating func round() {
      a &+= b
      b = rotated(b, 13) ^ a
      a = rotated(a, 32)
      c &+= d
      d = rotated(d, 16) ^ c
      a &+= d
      d = rotated(d, 21) ^ a
      c &+= b
      b = rotated(b, 17) ^ c
      c = rotated(c, 32)
    }

    private func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
      word &<< count | word &>> (64 &- count)
    }
  }
}
