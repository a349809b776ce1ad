import FoundationEssentials

/// Writes and reads the JSON of answers: members in byte order, no escaped slashes.
package enum AnswerJSON {
  /// Answers hold text, whole numbers, booleans, arrays and objects: these always encode.
  package static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return escaped([UInt8](try encoder.encode(value)))
    } catch {
      preconditionFailure("an answer that has no JSON: \(error)")
    }
  }

  /// What would steer a terminal or turn a line round is written as JSON can write it otherwise:
  /// the value is the same. Only texts hold such octets.
  private static func escaped(_ octets: [UInt8]) -> [UInt8] {
    guard let first = octets.indices.first(where: { steered(octets, at: $0) != nil }) else {
      return octets
    }
    var safe = Array(octets[..<first])
    var place = first
    while place < octets.count {
      if let (unit, count) = steered(octets, at: place) {
        let digits = String(unit, radix: 16)
        let zeros = String(repeating: "0", count: 4 - digits.count)
        safe.append(contentsOf: "\\u\(zeros)\(digits)".utf8)
        place += count
      } else {
        safe.append(octets[place])
        place += 1
      }
    }
    return safe
  }

  /// DEL, C1, U+2028, U+2029, and the marks that turn directions, with their length in UTF-8.
  private static func steered(_ octets: [UInt8], at place: Int) -> (unit: UInt16, count: Int)? {
    switch octets[place] {
    case 0x7F: return (0x7F, 1)
    case 0xC2 where place + 1 < octets.count && octets[place + 1] < 0xA0:
      return (UInt16(octets[place + 1]), 2)
    case 0xE2 where place + 2 < octets.count:
      let unit = 0x2000 | UInt16(octets[place + 1] & 0x3F) << 6 | UInt16(octets[place + 2] & 0x3F)
      switch unit {
      case 0x2028...0x202E, 0x2066...0x2069: return (unit, 3)
      default: return nil
      }
    default: return nil
    }
  }

  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8]
  ) throws(Refusal) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw Refusal(.otherVersion)
    }
  }
}
