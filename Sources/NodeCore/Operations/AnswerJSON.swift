import FoundationEssentials

/// Writes and reads the JSON of answers: members in byte order, no escaped slashes.
package enum AnswerJSON {
  /// Answers hold text, whole numbers, booleans, arrays and objects: these always encode.
  package static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      preconditionFailure("an answer that has no JSON: \(error)")
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
