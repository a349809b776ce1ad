/// Keys from passwords: HMAC-SHA-256 repeated, so that trying many costs much. RFC 8018 §5.2.
package enum PBKDF2 {
  /// `count` octets of key material.
  package static func sha256(
    password: [UInt8], salt: [UInt8], iterations: Int, count: Int
  ) -> [UInt8] {
    precondition(iterations > 0 && count >= 0)
    let (inner, outer) = states(password)
    var output: [UInt8] = []
    var number: UInt32 = 0
    while output.count < count {
      number += 1
      let place = withUnsafeBytes(of: number.bigEndian) { Array($0) }
      var block = hmac(inner, outer) { $0.update(salt + place) }
      var sum = block.words
      for _ in 1..<max(iterations, 1) {
        let words = block.words
        block = hmac(inner, outer) { $0.update(words) }
        sum.0 ^= block.words.0
        sum.1 ^= block.words.1
        sum.2 ^= block.words.2
        sum.3 ^= block.words.3
      }
      output += Digest(sum.0, sum.1, sum.2, sum.3).bytes
    }
    return Array(output.prefix(count))
  }

  /// HMAC after its key's two blocks, which are the same every time. RFC 2104.
  private static func states(_ password: [UInt8]) -> (inner: DigestStream, outer: DigestStream) {
    var key =
      password.count > DigestStream.blockByteCount
      ? DigestAlgorithm.sha256.digest(password).bytes : password
    key.append(contentsOf: repeatElement(0, count: DigestStream.blockByteCount - key.count))
    var (inner, outer) = (DigestStream(.sha256), DigestStream(.sha256))
    inner.update(key.map { $0 ^ 0x36 })
    outer.update(key.map { $0 ^ 0x5c })
    return (inner, outer)
  }

  private static func hmac(
    _ inner: DigestStream, _ outer: DigestStream, _ feed: (inout DigestStream) -> Void
  ) -> Digest {
    var inner = inner
    feed(&inner)
    var outer = outer
    outer.update(inner.finish().words)
    return outer.finish()
  }
}

extension DigestStream {
  /// The octets of a digest, without an array of them.
  fileprivate mutating func update(_ words: (UInt64, UInt64, UInt64, UInt64)) {
    let octets = (
      words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian
    )
    withUnsafeBytes(of: octets) { update($0) }
  }
}
