import FoundationEssentials

/// The body of `POST /api/v1/NOUN/VERB`: an object of parameter names; values are strings, whole
/// numbers, booleans (of flags) or arrays of strings and numbers; null is as if left out.
extension Arguments {
  package init(json body: [UInt8], for spec: OperationSpec) throws(Refusal) {
    var values: [String: [String]] = [:]
    if !body.isEmpty {
      let members: [String: JSONValue]
      do {
        members = try JSONDecoder().decode([String: JSONValue].self, from: Data(body))
      } catch {
        throw Refusal(.badBody)
      }
      for name in members.keys.sorted(by: utf8Less) {
        guard let member = members[name] else { continue }
        values[name] = try Arguments.texts(of: member, name: name, spec: spec)
      }
    }
    try self.init(values, for: spec)
  }

  private static func texts(
    of member: JSONValue, name: String, spec: OperationSpec
  ) throws(Refusal) -> [String] {
    let isFlag = if case .flag? = spec.parameter(name)?.kind { true } else { false }
    switch member {
    case .null: return []
    case .bool(let set) where isFlag: return set ? ["true"] : []
    case .text(let text) where !isFlag: return [text]
    case .number(let number) where !isFlag: return [String(number)]
    case .array(let members) where spec.parameter(name)?.isList ?? false:
      return try members.map { (element) throws(Refusal) in
        switch element {
        case .text(let text): return text
        case .number(let number): return String(number)
        case .null, .bool, .array: throw Refusal(.badValue, name, "", "text")
        }
      }
    case .bool, .text, .number, .array:
      let parameter = spec.parameter(name)
      let expected = isFlag ? "true | false" : (parameter?.isList ?? false) ? "array" : "text"
      // An unknown name is refused as such, by the initialiser that all arguments pass.
      if parameter == nil { return [""] }
      throw Refusal(.badValue, name, "", expected)
    }
  }

  /// The same arguments as such a body, names in byte order.
  package func json(for spec: OperationSpec) -> [UInt8] {
    var members: [String: JSONValue] = [:]
    for parameter in spec.parameters {
      guard let texts = values[parameter.name], let first = texts.first else { continue }
      members[parameter.name] =
        switch parameter.kind {
        case .flag: .bool(first == "true")
        case .positionals, .options: .array(texts.map { .text($0) })
        case .positional, .optionalPositional, .option: .text(first)
        }
    }
    return AnswerJSON.encode(members)
  }
}

/// A JSON value of the kinds that arguments have.
private enum JSONValue: Codable {
  case null
  case bool(Bool)
  case number(Int64)
  case text(String)
  case array([JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let bool = try? container.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? container.decode(Int64.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .array(try container.decode([JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let bool): try container.encode(bool)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .array(let array): try container.encode(array)
    }
  }
}
