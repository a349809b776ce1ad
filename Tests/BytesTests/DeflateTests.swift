import Bytes
import Testing

@Suite struct DeflateTests {
  private static let dictionary = Array(
    #"<p style="text-align: justify">各县（市、区）人民政府，市政府各部门：</p>"#.utf8)

  private static func message(_ random: inout SeededBytes) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<random.below(8) {
      bytes += random.below(3) == 0 ? random.bytes(random.below(200)) : dictionary
    }
    return bytes
  }

  @Test(arguments: [[], dictionary])
  func `what was deflated comes back`(_ dictionary: [UInt8]) throws {
    let inflater = Inflater(dictionary: dictionary)
    for level in 0...9 {
      let deflater = Deflater(level: level, dictionary: dictionary)
      for seed in 0..<10 as Range<UInt64> {
        var random = SeededBytes(seed: seed)
        let message = Self.message(&random)
        let packed = deflater.deflate(message)
        #expect(packed == deflater.deflate(message), "seed \(seed): a deflater has no memory")
        #expect(try inflater.inflate(packed, bytesMax: message.count) == message, "seed \(seed)")
        let sliced = ([0xff] + packed + [0xff])[1...packed.count]
        #expect(try inflater.inflate(sliced, bytesMax: message.count) == message)
      }
    }
  }

  @Test func `a dictionary may serve one message`() throws {
    let deflater = Deflater(level: 6, dictionary: Self.dictionary)
    let inflater = Inflater(dictionary: [])
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      let base = random.bytes(300)
      let message = base[100...] + random.bytes(10)
      let packed = deflater.deflate(Array(message), dictionary: base)
      #expect(packed.count < 40)
      let back = try inflater.inflate(packed, dictionary: base, bytesMax: 1000)
      #expect(back == Array(message), "seed \(seed)")
      #expect(deflater.deflate(base) != deflater.deflate(base, dictionary: base))
    }
  }

  @Test func `a dictionary makes small messages smaller`() {
    let plain = Deflater(level: 6, dictionary: [])
    let primed = Deflater(level: 6, dictionary: Self.dictionary)
    let message = Array(Self.dictionary.dropFirst(3))
    #expect(primed.deflate(message).count < plain.deflate(message).count / 2)
  }

  @Test func `the last 32 KiB of a longer dictionary count`() throws {
    var random = SeededBytes(seed: 1)
    let dictionary = random.bytes(100_000)
    let message = Array(dictionary[80_000..<90_000])
    let packed = Deflater(level: 9, dictionary: dictionary).deflate(message)
    #expect(packed.count < 1000)
    #expect(try Inflater(dictionary: dictionary).inflate(packed, bytesMax: 10_000) == message)
  }

  @Test func `expansion stops at its bound`() throws {
    let deflater = Deflater(level: 9, dictionary: [])
    let inflater = Inflater(dictionary: [])
    for count in [0, 1, 65_535, 65_536, 65_537, 200_000] {
      let message = [UInt8](repeating: 7, count: count)
      let packed = deflater.deflate(message)
      #expect(try inflater.inflate(packed, bytesMax: count) == message)
      #expect(try inflater.inflate(packed, bytesMax: .max) == message)
      if count > 0 {
        #expect(throws: Malformed.self) { try inflater.inflate(packed, bytesMax: count - 1) }
        #expect(throws: Malformed.self) { try inflater.inflate(packed, bytesMax: 0) }
      }
    }
  }

  @Test func `every cut, and every byte too many, is refused`() {
    var random = SeededBytes(seed: 2)
    let inflater = Inflater(dictionary: Self.dictionary)
    for level in [0, 1, 6] {
      let deflater = Deflater(level: level, dictionary: Self.dictionary)
      let packed = deflater.deflate(Self.dictionary + random.bytes(100))
      for count in 0..<packed.count {
        #expect(throws: Malformed.self) {
          try inflater.inflate(Array(packed[..<count]), bytesMax: 10_000)
        }
      }
      #expect(throws: Malformed("bytes after deflate data", at: packed.count)) {
        try inflater.inflate(packed + [0], bytesMax: 10_000)
      }
    }
  }

  @Test func `damage is refused or bounded, and leaves the inflater usable`() throws {
    let deflater = Deflater(level: 6, dictionary: Self.dictionary)
    let inflater = Inflater(dictionary: Self.dictionary)
    let message = Self.dictionary + Self.dictionary.reversed()
    let good = deflater.deflate(message)
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      var packed = good
      packed[random.below(packed.count)] ^= UInt8(1 + random.below(255))
      if let output = try? inflater.inflate(packed, bytesMax: 500) {
        #expect(output.count <= 500, "seed \(seed)")
      }
      if let output = try? inflater.inflate(random.bytes(40), bytesMax: 500) {
        #expect(output.count <= 500, "seed \(seed)")
      }
    }
    #expect(try inflater.inflate(good, bytesMax: message.count) == message)
  }
}
