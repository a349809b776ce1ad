import Bytes

/// Any value, from choices.
func anyValue(_ input: inout FuzzInput, depth: Int) -> CBORValue {
  switch input.below(depth < 4 ? 8 : 6) {
  case 0: return .unsigned(input.flag() ? UInt64(input.octet()) : input.word())
  case 1: return .negative(input.flag() ? UInt64(input.octet()) : input.word())
  case 2: return .octets(input.piece())
  case 3: return .text(Array(String(decoding: input.piece(), as: UTF8.self).utf8))
  case 4: return .bool(input.flag())
  case 5: return .null
  case 6: return .array((0..<input.below(5)).map { _ in anyValue(&input, depth: depth + 1) })
  default:
    var pairs: [CBORPair] = []
    for _ in 0..<input.below(5) {
      let key = anyValue(&input, depth: depth + 1)
      if pairs.contains(where: { $0.key == key }) { continue }
      pairs.append(CBORPair(key, anyValue(&input, depth: depth + 1)))
    }
    return .map(pairs)
  }
}

/// The same item with one head longer than it must be, or of indefinite length.
private func overlong(_ octets: [UInt8]) -> [UInt8]? {
  guard let first = octets.first, first >> 5 < 6, first & 0x1F < 27 else { return nil }
  let (major, information) = (first & 0xE0, first & 0x1F)
  let longer = information < 24 ? [major | 24, information] : [major | (information + 1)]
  let width = information < 24 ? 0 : 1 << Int(information - 24)
  return longer + [UInt8](repeating: 0, count: width) + octets.dropFirst()
}

extension FuzzTarget {
  static let cbor = FuzzTarget(
    name: "cbor",
    seeds: {
      let value = CBORValue.map([
        CBORPair(.unsigned(1), .array([.null, .bool(true), .negative(300)])),
        CBORPair(.string("名"), .octets([1, 2, 3])),
      ])
      return [[0] + value.canonical] + (0..<8).map { [1] + [UInt8](repeating: $0, count: 24) }
    },
    words: ["\u{18}", "\u{19}", "\u{1A}", "\u{1B}"],
    run: { octets in
      let encoded = Array(octets.dropFirst())
      if octets.first == 1 {
        var input = FuzzInput(encoded)
        let value = anyValue(&input, depth: 0)
        let canonical = value.canonical
        guard let again = try? CBORValue(canonical: canonical) else {
          return claim(false, "what is encoded decodes")
        }
        claim(again == value && again.canonical == canonical, "…and is the same")
        claim(
          overlong(canonical).map { (try? CBORValue(canonical: $0)) == nil } ?? true,
          "an overlong head is refused")
        claim((try? CBORValue(canonical: canonical + [0])) == nil, "trailing octets are refused")
        claim(
          (try? CBORValue(canonical: canonical.dropLast())) == nil, "a truncated item is refused")
        return
      }
      let decoded = try? CBORValue(canonical: encoded)
      if let decoded {
        claim(decoded.canonical == encoded, "only canonical octets decode")
        claim(
          decoded.diagnostic.unicodeScalars.allSatisfy { $0.value >= 0x20 },
          "what is shown steers no terminal")
      }
      var reader = CBORReader(encoded)
      let passed = try? reader.skip()
      claim(
        (passed?.count == encoded.count) == (decoded != nil),
        "passing over and decoding accept the same")
      claim(passed != nil || reader.offset == 0, "a refusal consumes nothing")
    })

  /// Base32, base64, hexadecimal and UTF-8.
  static let coding = FuzzTarget(
    name: "coding", seeds: { ["", "MZXW6===", "Zm9vYg==", "00ff", "é中𝄞"].map { Array($0.utf8) } },
    words: ["=", "==", "\u{FFFD}"],
    run: { octets in
      claim(Base32.decode(Base32.encode(octets)) == octets, "base32 keeps all octets")
      claim(Base64.decode(Base64.encode(octets)) == octets, "base64 keeps all octets")
      claim(Hex.decode(Hex.encode(octets)) == octets, "hexadecimal keeps all octets")
      let text = String(validating: octets, as: UTF8.self)
      let invalid = UTF8Text.firstInvalid(in: octets, 0..<octets.count)
      claim((text == nil) == (invalid != nil), "UTF-8 is what the standard library says")
      if let invalid {
        claim(
          String(validating: octets[..<invalid], as: UTF8.self) != nil, "all before it is UTF-8")
      }
      guard let text else { return }
      if let decoded = Base32.decode(text) {
        claim(
          Base32.encode(decoded).utf8.elementsEqual(text.lowercased().utf8),
          "base32 has one spelling but for case")
      }
      if let decoded = Base64.decode(text) {
        claim(Base64.encode(decoded).utf8.elementsEqual(text.utf8), "base64 has one spelling")
      }
    })

  static let deflate = FuzzTarget(
    name: "deflate",
    seeds: {
      let text = Array("全市政府网站群管理办法 all sites of a group".utf8)
      let deflater = Deflater(level: 6, dictionary: text)
      return [
        [0, 4] + text + text, [1, 255] + deflater.deflate(text + text),
        [2, 0, 3, 0], [1, 1] + Deflater(level: 0, dictionary: []).deflate(text),
      ]
    },
    words: [],
    run: { octets in
      var input = FuzzInput(octets)
      let isHostile = input.octet() % 2 == 1
      let bytesMax = Int(input.octet()) * 64
      let dictionary = input.flag() ? input.piece() : []
      let bytes = input.rest()
      let inflater = Inflater(dictionary: dictionary)
      if isHostile {
        if let expanded = try? inflater.inflate(bytes, bytesMax: bytesMax) {
          claim(expanded.count <= bytesMax, "what is expanded is bounded")
          claim(
            (try? inflater.inflate(bytes + [0], bytesMax: bytesMax)) == nil,
            "octets behind a message are refused")
        }
      }
      // After whatever came before, an honest message is read.
      let deflater = Deflater(level: Int(bytes.first ?? 6) % 10, dictionary: dictionary)
      let packed = deflater.deflate(bytes)
      claim(
        (try? inflater.inflate(packed, bytesMax: bytes.count)) == bytes, "deflating loses nothing")
      claim(deflater.deflate(bytes) == packed, "equal octets deflate equally")
      if !bytes.isEmpty {
        claim(
          (try? inflater.inflate(packed, bytesMax: bytes.count - 1)) == nil, "the bound holds")
      }
      claim(
        (try? inflater.inflate(packed.dropLast(), bytesMax: bytes.count)) == nil,
        "a truncated message is refused")
    })
}
