import Bytes
import Testing

@Suite struct FoldTests {
  private static let codes = WordCodes(
    #"的|，|。|人民政府|人民|政府|九江市|2023年|</p><p>|<p>|·|公告|<p style="text-indent: 2em;">|ab"#)
  private static let folder = WordFolder(codes)

  private static func expanded(_ folded: [UInt8], bytesMax: Int = 1 << 20) throws -> [UInt8] {
    let expander = WordExpander(codes)
    return try folded.withUnsafeBufferPointer { try expander.expand($0, bytesMax: bytesMax) }
  }

  private static let stamp = Hex.decode("1b000001a22dcc366866333630343233") ?? []

  /// Octets of every kind that a record may hold, and of kinds that it may not.
  private static func message(_ random: inout SeededBytes) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<random.below(30) {
      switch random.below(9) {
      case 0: bytes += random.bytes(random.below(20))
      case 1: bytes += codes[random.below(WordCodes.count)]
      case 2: bytes += codes[random.below(14)].dropLast(random.below(2))
      case 3: bytes += [random.below(2) == 0 ? 0x01 : 0x30] + stamp.dropLast(random.below(3))
      case 4: bytes += "\(UnicodeScalar(UInt32(random.below(0xd800)))!)".utf8
      case 5: bytes += Hex.encode(random.bytes(random.below(300))).utf8
      case 6: bytes += Array(repeating: UInt8(random.below(256)), count: random.below(600))
      case 7: bytes += "plain text of more than eight octets, é€𠀀".utf8
      default: bytes += "九江市人民政府公告".utf8.prefix(random.below(28))
      }
    }
    return bytes
  }

  @Test(arguments: 0..<40)
  func `what was folded comes back, whatever it is`(_ seed: Int) throws {
    var random = SeededBytes(seed: UInt64(seed))
    for _ in 0..<100 {
      let bytes = Self.message(&random)
      let folded = Self.folder.fold(bytes)
      #expect(folded.count <= 2 * bytes.count + 2)
      #expect(try Self.expanded(folded) == bytes, "\(Hex.encode(bytes))")
    }
  }

  @Test func `every octet, pair of octets and character comes back`() throws {
    for first in UInt8.min...UInt8.max {
      var pairs: [UInt8] = []
      for second in UInt8.min...UInt8.max { pairs += [first, second, 0x20] }
      #expect(try Self.expanded(Self.folder.fold(pairs)) == pairs)
      #expect(try Self.expanded(Self.folder.fold([first])) == [first])
    }
    for plane in UInt32(0)..<17 {
      let text = String(
        String.UnicodeScalarView(
          (plane << 16..<(plane + 1) << 16).lazy.compactMap { UnicodeScalar($0) }))
      #expect(try Self.expanded(Self.folder.fold(Array(text.utf8))) == Array(text.utf8))
    }
  }

  @Test(arguments: [
    ("", ""), ("6162", "8d"), ("616263", "8d63"), ("e79a84", "80"),
    // The longest word; one that is not listed, by its place; one that has no code.
    ("e4babae6b091e694bfe5ba9c", "83"), ("e4babae6b091e694bf", "84c77d"),
    ("e4b880", "8e"), ("e9bea5", "1c9fa5"), ("c3a9", "1c00e9"),
    // A stamp behind a small number, and again; a time that is none.
    ("011b000001a22dcc36686133", "011d000001a22dcc36686133"),
    ("1b000001a22dcc36686133", "1b0000017f03a22dcc36686133"),
    ("011b000001a22dcc36686133011b000001a22dcc36686133", "011d000001a22dcc36686133011e"),
    // Hexadecimal digits, controls, what is no UTF-8.
    ("3031323334353637", "1f0401234567"), ("30313233343536", "30313233343536"),
    ("7f", "7f017f"), ("1c1d", "7f021c1d"), ("ff20fe2020206b", "7f03ff20fe2020206b"),
    ("f0a08080", "7f04f0a08080"), ("eda080", "7f03eda080"), ("c080", "7f02c080"),
  ])
  func `octets fold as the protocol says`(_ octets: String, _ folded: String) throws {
    let bytes = try #require(Hex.decode(octets))
    #expect(Hex.encode(Self.folder.fold(bytes)) == folded)
    #expect(try Self.expanded(try #require(Hex.decode(folded))) == bytes)
  }

  @Test(arguments: [
    "b0", "20ff", "1c", "1c4e", "1c007f", "1cd800", "1cdfff", "1d", "1d000001a22dcc366860",
    "1d000001a22dcc366878", "1d000001a22dcc36686233", "1e", "201e", "1f", "1f00", "1f0201",
    "7f", "7f00", "7f0201",
  ])
  func `what is malformed is refused`(_ folded: String) throws {
    let octets = try #require(Hex.decode(folded))
    #expect(throws: Malformed.self) { try Self.expanded(octets) }
  }

  @Test func `no octets are written beyond the bound, and those up to it are`() throws {
    var random = SeededBytes(seed: 5)
    for count in [0, 1, 7, 8, 300, 65_000, 65_024, 65_536, 70_000, 200_000] {
      var bytes: [UInt8] = []
      while bytes.count < count { bytes += Self.message(&random) + [0x20] }
      bytes.removeLast(bytes.count - count)
      let folded = Self.folder.fold(bytes)
      #expect(try Self.expanded(folded, bytesMax: count) == bytes)
      if count > 0 {
        #expect(throws: Malformed.self) { try Self.expanded(folded, bytesMax: count - 1) }
      }
    }
  }

  @Test func `one expander reads message after message, also after a malformed one`() throws {
    let expander = WordExpander(Self.codes)
    var random = SeededBytes(seed: 6)
    for _ in 0..<200 {
      let bytes = Self.message(&random)
      _ = try? [0x1e].withUnsafeBufferPointer { try expander.expand($0, bytesMax: 100) }
      let back = try Self.folder.fold(bytes).withUnsafeBufferPointer {
        try expander.expand($0, bytesMax: bytes.count)
      }
      #expect(back == bytes)
    }
  }

  @Test func `arbitrary octets expand within the bound or are refused`() {
    var random = SeededBytes(seed: 7)
    for _ in 0..<3000 {
      let octets = random.bytes(random.below(80))
      if let bytes = try? Self.expanded(octets, bytesMax: 200) {
        #expect(bytes.count <= 200)
        #expect(try! Self.expanded(Self.folder.fold(bytes)) == bytes)
      }
    }
  }
}
