import Bytes
import Testing

@Suite struct KeyedDigestTests {
  @Test(arguments: KeyedVector.sha256)
  func `HMAC-SHA-256 gives the published codes`(_ vector: KeyedVector) throws {
    let key = try #require(Hex.decode(vector.key))
    let message = try #require(Hex.decode(vector.message))
    #expect(Hex.encode(DigestAlgorithm.sha256.hmac(key: key, message)) == vector.code)
  }

  @Test(arguments: KeyedVector.sm3)
  func `HMAC-SM3 gives the published codes`(_ vector: KeyedVector) throws {
    let key = try #require(Hex.decode(vector.key))
    let message = try #require(Hex.decode(vector.message))
    #expect(Hex.encode(DigestAlgorithm.sm3.hmac(key: key, message)) == vector.code)
  }

  @Test(arguments: DerivationVector.sha256)
  func `HKDF gives the published key material`(_ vector: DerivationVector) throws {
    let output = try #require(Hex.decode(vector.output))
    let derived = DigestAlgorithm.sha256.hkdf(
      secret: try #require(Hex.decode(vector.secret)),
      salt: try #require(Hex.decode(vector.salt)),
      info: try #require(Hex.decode(vector.info)), count: output.count)
    #expect(derived == output)
  }

  @Test func `secrets are equal only when every byte is`() {
    #expect(constantTimeEqual([], []))
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    for position in 0..<3 {
      var other: [UInt8] = [1, 2, 3]
      other[position] ^= 0x80
      #expect(!constantTimeEqual([1, 2, 3], other))
    }
  }
}
