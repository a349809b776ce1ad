/// Character references of HTML (§13.2.5.72). Those by number are read here; those by name stay for
/// the reader's browser, except in addresses, where what is not read here is no reference.
enum CharacterReferences {
  /// Text that may stand between tags or double quotes, from text as it was written there.
  static func escape(_ octets: ArraySlice<UInt8>, to output: inout [UInt8]) {
    var place = octets.startIndex
    while place < octets.endIndex {
      let octet = octets[place]
      if octet == UInt8(ascii: "&") {
        if let (scalar, end) = number(octets, at: place) {
          if let scalar { PageText.escape(Array(String(scalar).utf8), to: &output) }
          place = end
          continue
        }
        if let end = name(octets, at: place) {
          output.append(contentsOf: octets[place..<end])
          place = end
          continue
        }
      }
      PageText.escape(octet, to: &output)
      place += 1
    }
  }

  /// The text of an address: nothing in it is a reference any more.
  static func decoded(_ octets: ArraySlice<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var place = octets.startIndex
    while place < octets.endIndex {
      if octets[place] == UInt8(ascii: "&") {
        if let (scalar, end) = number(octets, at: place) {
          if let scalar { output.append(contentsOf: String(scalar).utf8) }
          place = end
          continue
        }
        if let end = name(octets, at: place),
          let text = names[String(decoding: octets[(place + 1)..<(end - 1)], as: UTF8.self)]
        {
          output.append(contentsOf: text.utf8)
          place = end
          continue
        }
      }
      output.append(octets[place])
      place += 1
    }
    return output
  }

  /// Names that could stand in an address.
  private static let names = [
    "amp": "&", "AMP": "&", "lt": "<", "LT": "<", "gt": ">", "GT": ">", "quot": "\"",
    "QUOT": "\"", "apos": "'", "nbsp": "\u{A0}", "Tab": "\t", "NewLine": "\n", "colon": ":",
    "sol": "/", "bsol": "\\", "lpar": "(", "rpar": ")", "period": ".", "num": "#", "quest": "?",
    "equals": "=", "percnt": "%", "plus": "+", "semi": ";", "comma": ",", "commat": "@",
    "excl": "!", "lowbar": "_", "ast": "*", "dollar": "$",
  ]

  private static let nameOctetsMax = 32

  /// Behind the `;` of `&name;`.
  private static func name(_ octets: ArraySlice<UInt8>, at start: Int) -> Int? {
    var place = start + 1
    while place < octets.endIndex, place - start <= nameOctetsMax, isAlphanumeric(octets[place]) {
      place += 1
    }
    guard place > start + 1, place < octets.endIndex, octets[place] == UInt8(ascii: ";"),
      !(0x30...0x39).contains(octets[start + 1])
    else { return nil }
    return place + 1
  }

  /// The scalar of `&#60;` or `&#x3c`, the semicolon being optional; nil where it is not harmless.
  private static func number(
    _ octets: ArraySlice<UInt8>, at start: Int
  ) -> (Unicode.Scalar?, end: Int)? {
    var place = start + 1
    guard place < octets.endIndex, octets[place] == UInt8(ascii: "#") else { return nil }
    place += 1
    var radix: UInt32 = 10
    if place < octets.endIndex, octets[place] | 0x20 == UInt8(ascii: "x") {
      radix = 16
      place += 1
    }
    let first = place
    var value: UInt32 = 0
    while place < octets.endIndex, let digit = digit(octets[place]), digit < radix {
      // Beyond Unicode it stays beyond.
      value = min(value * radix + digit, 0x11_0000)
      place += 1
    }
    guard place > first else { return nil }
    if place < octets.endIndex, octets[place] == UInt8(ascii: ";") { place += 1 }
    let scalar = Unicode.Scalar(value).flatMap { PageText.isHarmless($0) ? $0 : nil }
    return (scalar, place)
  }

  private static func digit(_ octet: UInt8) -> UInt32? {
    switch octet {
    case 0x30...0x39: UInt32(octet - 0x30)
    case 0x41...0x46: UInt32(octet - 0x37)
    case 0x61...0x66: UInt32(octet - 0x57)
    default: nil
    }
  }

  private static func isAlphanumeric(_ octet: UInt8) -> Bool {
    (0x30...0x39).contains(octet) || (0x61...0x7A).contains(octet | 0x20)
  }
}
