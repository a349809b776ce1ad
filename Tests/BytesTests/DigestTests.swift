import Testing

@testable import Bytes

@Suite struct DigestTests {
  @Test(arguments: DigestVector.sha256)
  func `SHA-256 gives the published digests`(_ vector: DigestVector) throws {
    let message = try #require(Hex.decode(vector.message))
    #expect(DigestAlgorithm.sha256.digest(message).description == vector.digest)
  }

  @Test(arguments: DigestVector.sm3)
  func `SM3 gives the published digests`(_ vector: DigestVector) throws {
    let message = try #require(Hex.decode(vector.message))
    #expect(DigestAlgorithm.sm3.digest(message).description == vector.digest)
  }

  @Test func `SM3 pads rightly around the block boundaries`() {
    for (count, digest) in DigestVector.sm3Lengths {
      let message = (0..<count).map { UInt8(truncatingIfNeeded: count + 7 * $0) }
      #expect(DigestAlgorithm.sm3.digest(message).description == digest, "\(count) bytes")
    }
  }

  @Test func `a million letters give the published digests`() {
    let message = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(DigestAlgorithm.sha256.digest(message).description == DigestVector.sha256Million)
    #expect(DigestAlgorithm.sm3.digest(message).description == DigestVector.sm3Million)
  }

  @Test(arguments: DigestVector.sha256)
  func `the portable SHA-256 gives the published digests`(_ vector: DigestVector) throws {
    var stream = DigestStream(initial: SHA256.initial, compress: SHA256.compressPortably)
    stream.update(try #require(Hex.decode(vector.message)))
    #expect(stream.finish().description == vector.digest)
  }

  @Test(.enabled(if: SHA256.hardware))
  func `hardware and portable SHA-256 agree on every length`() {
    var random = SeededBytes(seed: 7)
    for count in 0..<300 {
      let message = random.bytes(count)
      var hardware = DigestStream(initial: SHA256.initial, compress: SHA256.compressInHardware)
      var portable = DigestStream(initial: SHA256.initial, compress: SHA256.compressPortably)
      hardware.update(message)
      portable.update(message)
      #expect(hardware.finish() == portable.finish(), "\(count) bytes")
    }
  }

  @Test(arguments: DigestAlgorithm.allCases)
  func `the pieces a message comes in do not matter`(_ algorithm: DigestAlgorithm) {
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      let message = random.bytes(random.below(400))
      var stream = DigestStream(algorithm)
      var at = 0
      while at < message.count {
        let next = min(message.count, at + random.below(130))
        stream.update(message[at..<next])
        at = next
      }
      #expect(stream.finish() == algorithm.digest(message), "seed \(seed)")
    }
  }

  @Test func `the incremental types are the algorithms of their names`() {
    var sha256 = SHA256()
    sha256.update([1, 2])
    sha256.update([3])
    #expect(sha256.finish() == DigestAlgorithm.sha256.digest([1, 2, 3]))
    var sm3 = SM3()
    sm3.update([1, 2])
    sm3.update([3])
    #expect(sm3.finish() == DigestAlgorithm.sm3.digest([1, 2, 3]))
  }

  @Test func `an algorithm is found by its name and number`() {
    for algorithm in DigestAlgorithm.allCases {
      #expect(DigestAlgorithm(name: algorithm.name) == algorithm)
    }
    #expect(DigestAlgorithm(name: "sha-512") == nil)
    #expect(DigestAlgorithm.sha256.rawValue == 1)
    #expect(DigestAlgorithm.sm3.rawValue == 2)
  }

  @Test func `digests compare as their bytes`() throws {
    var random = SeededBytes(seed: 3)
    for _ in 0..<200 {
      var bytes = random.bytes(32)
      let one = try #require(Digest(bytes))
      bytes[random.below(32)] ^= 1 << UInt8(random.below(8))
      let other = try #require(Digest(bytes))
      #expect((one < other) == one.bytes.lexicographicallyPrecedes(other.bytes))
      #expect(one != other)
      #expect(other.bytes == bytes)
      #expect(other.prefix(8) == Array(bytes[..<8]))
    }
    #expect(Digest([UInt8](repeating: 0, count: 31)) == nil)
    #expect(Digest([UInt8](repeating: 0, count: 33)) == nil)
  }

  @Test func `a sum of digests forgets order and undoes itself`() throws {
    var random = SeededBytes(seed: 5)
    let digests = try (0..<50).map { _ in try #require(Digest(random.bytes(32))) }
    var forward = DigestSum()
    for digest in digests { forward.add(digest) }
    var backward = DigestSum()
    for digest in digests.reversed() { backward.add(digest) }
    #expect(forward == backward)
    #expect(DigestSum(forward.bytes) == forward)
    for digest in digests { forward.subtract(digest) }
    #expect(forward == DigestSum())
  }

  @Test func `a sum carries over all words and wraps`() {
    var sum = DigestSum()
    sum.add(Digest(.max, .max, .max, .max))
    sum.add(Digest(0, 0, 0, 2))
    #expect(sum.bytes == [UInt8](repeating: 0, count: 31) + [1])
    sum.subtract(Digest(0, 0, 0, 2))
    #expect(sum.bytes == [UInt8](repeating: 0xff, count: 32))
    #expect(DigestSum([]) == nil)
  }
}
