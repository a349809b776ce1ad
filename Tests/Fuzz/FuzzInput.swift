/// Reads the fuzzer's octets as choices; an input that has ended chooses 0.
struct FuzzInput {
  private let octets: [UInt8]
  private var at: Int

  init(_ octets: [UInt8]) {
    self.octets = octets
    at = 0
  }

  var isAtEnd: Bool { at >= octets.count }

  mutating func octet() -> UInt8 {
    guard at < octets.count else { return 0 }
    defer { at += 1 }
    return octets[at]
  }

  /// From 0 up to `bound`, which is at most 256, and not `bound` itself.
  mutating func below(_ bound: Int) -> Int { Int(octet()) % bound }

  mutating func flag() -> Bool { octet() & 1 == 1 }

  mutating func word() -> UInt64 { (0..<8).reduce(0) { word, _ in word << 8 | UInt64(octet()) } }

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(octets.count, at + count)
    defer { at = end }
    return Array(octets[at..<end])
  }

  /// A piece whose length is the next octet.
  mutating func piece() -> [UInt8] { take(Int(octet())) }

  mutating func rest() -> [UInt8] { take(octets.count) }
}
