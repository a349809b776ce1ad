import Bytes
import Testing

@Suite struct CBORTests {
  @Test(arguments: CBORVector.accepted)
  func `the items of RFC 8949 are read and written alike`(_ vector: CBORVector) throws {
    let bytes = try #require(Hex.decode(vector.encoded))
    let value = try CBORValue(canonical: bytes)
    #expect(value.diagnostic == vector.diagnostic)
    #expect(value.canonical == bytes)
  }

  @Test func `what is not deterministic is refused with its reason`() throws {
    for (encoded, what) in CBORVector.refused {
      let bytes = try #require(Hex.decode(encoded))
      #expect(throws: Malformed.self, "\(encoded)") { try CBORValue(canonical: bytes) }
      do {
        _ = try CBORValue(canonical: bytes)
      } catch {
        #expect(error.what == what, "\(encoded)")
        #expect(error.offset >= 0 && error.offset <= bytes.count, "\(encoded)")
      }
    }
  }

  @Test func `every cut of an item is refused`() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      let bytes = CBORValue.sample(&random, depth: 4).canonical
      for count in 0..<bytes.count {
        #expect(throws: Malformed.self, "seed \(seed), \(count) bytes") {
          try CBORValue(canonical: Array(bytes[..<count]))
        }
        var reader = CBORReader(bytes, to: count)
        #expect(throws: Malformed.self) { try reader.skip() }
        #expect(reader.offset == 0)
      }
    }
  }

  @Test func `every value comes back from its encoding`() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      let value = CBORValue.sample(&random, depth: 4)
      let bytes = value.canonical
      let back = try CBORValue(canonical: bytes)
      #expect(back == value, "seed \(seed)")
      #expect(back.canonical == bytes, "seed \(seed)")
      var reader = CBORReader([0xff] + bytes + [0xff], from: 1, to: bytes.count + 1)
      #expect(try reader.skip() == 1..<bytes.count + 1)
      try reader.end()
    }
  }

  @Test func `what is accepted is canonical, whatever bytes are flipped`() throws {
    for seed in 0..<400 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      var bytes = CBORValue.sample(&random, depth: 3).canonical
      bytes[random.below(bytes.count)] = UInt8(random.below(256))
      if let value = try? CBORValue(canonical: bytes) {
        #expect(value.canonical == bytes, "seed \(seed)")
      }
    }
  }

  @Test func `nesting is refused beyond its bound`() throws {
    let deep = [UInt8](repeating: 0x81, count: CBORReader.depthMax) + [0]
    _ = try CBORValue(canonical: deep)
    #expect(throws: Malformed("nested too deeply", at: CBORReader.depthMax)) {
      try CBORValue(canonical: [0x81] + deep)
    }
    #expect(throws: Malformed.self) {
      try CBORValue(canonical: [UInt8](repeating: 0x81, count: 1_000_000))
    }
    #expect(throws: Malformed.self) {
      try CBORValue(canonical: [UInt8](repeating: 0xa1, count: 1_000_000))
    }
  }

  @Test func `typed reads take their own kind and nothing else`() throws {
    var writer = CBORWriter()
    writer.array(8)
    writer.unsigned(.max)
    writer.integer(.min)
    writer.octets([1, 2])
    writer.text("栏目")
    writer.bool(true)
    writer.null()
    writer.map(1)
    writer.unsigned(1)
    writer.unsigned(2)
    writer.octets([9, 9, 9][1...])

    var reader = CBORReader(writer.bytes)
    #expect(throws: Malformed.self) { try reader.unsigned() }
    #expect(throws: Malformed.self) { try reader.map() }
    #expect(try reader.array() == 8)
    #expect(throws: Malformed.self) { try reader.integer() }
    #expect(throws: Malformed.self) { try reader.count() }
    #expect(try reader.unsigned() == .max)
    #expect(throws: Malformed.self) { try reader.unsigned() }
    #expect(try reader.integer() == .min)
    #expect(throws: Malformed.self) { try reader.octets(count: 3) }
    #expect(throws: Malformed.self) { try reader.text() }
    #expect(try reader.octets(count: 2) == [1, 2])
    #expect(throws: Malformed.self) { try reader.octets() }
    #expect(try reader.peek() == .text)
    #expect(try reader.null() == false)
    #expect(try reader.text() == "栏目")
    #expect(try reader.bool())
    #expect(throws: Malformed.self) { try reader.bool() }
    #expect(try reader.null())
    #expect(try reader.map() == 1)
    #expect(try reader.count() == 1)
    #expect(try reader.count() == 2)
    #expect(try reader.octets() == [9, 9])
    #expect(reader.isAtEnd)
    try reader.end()
    #expect(throws: Malformed("truncated", at: writer.bytes.count)) { try reader.peek() }
  }

  @Test func `map keys read one by one must ascend`() throws {
    var reader = CBORReader([0xa3, 0x00, 0x00, 0x18, 0x20, 0x00, 0x18, 0x20, 0x00])
    _ = try reader.map()
    var previous: Range<Int>?
    for _ in 0..<2 {
      try reader.ascend(from: &previous)
      _ = try reader.unsigned()
      _ = try reader.skip()
    }
    #expect(throws: Malformed("map keys out of order", at: 6)) {
      try reader.ascend(from: &previous)
    }
  }

  @Test func `composed and decomposed text are two values`() {
    let composed = CBORValue.string("\u{e9}")
    let decomposed = CBORValue.string("e\u{301}")
    #expect(composed != decomposed)
    let map = CBORValue.map([CBORPair(composed, .null), CBORPair(decomposed, .null)])
    #expect(Hex.encode(map.canonical) == "a262c3a9f66365cc81f6")
  }

  @Test func `diagnostic notation escapes what steers a terminal`() {
    let value = CBORValue.string("a\u{1b}[2J\u{7f}\u{9b}\n")
    #expect(value.diagnostic == #""a\u001b[2J\u007f\u009b\n""#)
  }

  @Test(arguments: [0, 1, -1, 23, 24, -24, -25, 255, 256, .max, .min] as [Int64])
  func `integers keep their value`(_ number: Int64) throws {
    var writer = CBORWriter()
    writer.integer(number)
    var reader = CBORReader(writer.bytes)
    #expect(try reader.integer() == number)
    #expect(try CBORValue(canonical: writer.bytes).int == number)
    #expect(CBORValue.integer(number).canonical == writer.bytes)
  }
}

extension CBORValue {
  static func sample(_ random: inout SeededBytes, depth: Int) -> CBORValue {
    switch random.below(depth > 0 ? 9 : 6) {
    case 0: return .unsigned(random.next() >> UInt64(random.below(64)))
    case 1: return .negative(random.next() >> UInt64(random.below(64)))
    case 2: return .octets(random.bytes(random.below(40)))
    case 3:
      return .string(["", "a", "县政府", "e\u{301}", "𐅑", "plain text"][random.below(6)])
    case 4: return .bool(random.below(2) == 0)
    case 5: return .null
    case 6, 7: return .array((0..<random.below(6)).map { _ in sample(&random, depth: depth - 1) })
    default:
      var pairs: [CBORPair] = []
      for _ in 0..<random.below(6) {
        let key = sample(&random, depth: depth - 1)
        if !pairs.contains(where: { $0.key == key }) {
          pairs.append(CBORPair(key, sample(&random, depth: depth - 1)))
        }
      }
      return .map(pairs)
    }
  }
}
