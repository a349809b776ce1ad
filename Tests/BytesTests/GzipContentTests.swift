import Bytes
import Testing

@Suite struct `Gzip content` {
  private let bounds = GzipContent.Bounds(bytesMax: 1 << 20, ratioMax: 100, freeBytes: 1_000)

  private func random(_ seed: UInt64, _ count: Int) -> [UInt8] {
    var bytes = SeededBytes(seed: seed)
    return bytes.bytes(count)
  }

  @Test func `what was compressed comes back`() throws {
    let content = random(7, 300_000)
    #expect(try GzipContent.expand(Gzip.member(content), within: bounds) == content)
    #expect(try GzipContent.expand(Gzip.member([]), within: bounds) == [])
  }

  @Test func `what expands beyond the bytes or the ratio is refused, and says so itself`() {
    let zeros = [UInt8](repeating: 0, count: 500_000)
    let bomb = Gzip.member(zeros)
    #expect(bomb.count < 1_000)
    #expect(throws: GzipContent.Fault.tooLarge) {
      try GzipContent.expand(bomb, within: bounds)
    }
    #expect(GzipContent.admitsExcess(bomb, within: bounds))
    let large = Gzip.member(random(8, 1 << 20) + [0])
    #expect(throws: GzipContent.Fault.tooLarge) {
      try GzipContent.expand(large, within: bounds)
    }
    // Small content may be as even as it likes.
    let free = Gzip.member([UInt8](repeating: 0, count: 1_000))
    #expect(throws: Never.self) {
      _ = try GzipContent.expand(
        free, within: GzipContent.Bounds(bytesMax: 1 << 20, ratioMax: 2, freeBytes: 1_000))
    }
  }

  @Test func `content that lies about its size is found when it is expanded`() {
    var bomb = Gzip.member([UInt8](repeating: 0, count: 500_000))
    bomb.replaceSubrange((bomb.count - 4)..., with: [1, 0, 0, 0])
    #expect(!GzipContent.admitsExcess(bomb, within: bounds))
    #expect(throws: GzipContent.Fault.tooLarge) {
      try GzipContent.expand(bomb, within: bounds)
    }
  }

  @Test func `what is cut, damaged, doubled or followed by more is malformed`() {
    let whole = Gzip.member(random(9, 2_000))
    var damaged = whole
    damaged[whole.count - 6] ^= 1
    let samples = [[], [0x1F, 0x8B], Array(whole.dropLast()), damaged, whole + whole, whole + [0]]
    for sample in samples {
      #expect(throws: GzipContent.Fault.malformed) {
        try GzipContent.expand(sample, within: bounds)
      }
    }
  }
}

/// Makes gzip members of what `Deflater` gives. RFC 1952 §2.3.
enum Gzip {
  static func member(_ content: [UInt8]) -> [UInt8] {
    let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    return head + Deflater(level: 6, dictionary: []).deflate(content)
      + little(crc(content)) + little(UInt32(truncatingIfNeeded: content.count))
  }

  private static func little(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
  }

  /// RFC 1952 §8.
  private static func crc(_ content: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for octet in content {
      sum ^= UInt32(octet)
      for _ in 0..<8 { sum = sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
    }
    return ~sum
  }
}
