import Bytes

/// Why a line of an import is no item.
package enum ItemLineFault: Error, Equatable, Sendable {
  case tooLong
  /// Where the first octets stand that are no UTF-8.
  case notUTF8(offset: Int)
  case malformed(Malformed)
  case missing(field: String)
  case badField(String, value: String, expected: String)
}

/// One line of an import: JSON, by the names of the fields. What a line does not name stays as it
/// is; null clears.
package struct ItemLine: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable { case published, draft, archived, withdrawn }

  package private(set) var externalID = ""
  /// Nil where the line names no columns.
  package private(set) var columns: [String]?
  /// Nil where the line says nothing of it.
  package private(set) var state: State?
  package private(set) var isCoedited = false
  package var changes = ItemChanges()
  /// Files as the line names them; nil where it says nothing of attachments.
  package private(set) var attachments: [String]?
  /// Names that no field has.
  package private(set) var unknownNames: [String] = []

  package static let names =
    ["external_id", "column", "columns", "state", "coedited", "attachments"]
    + ItemField.allCases.map(\.rawValue) + ItemTimeField.allCases.map(\.rawValue)
    + ItemListField.allCases.map(\.rawValue)

  /// Times without offset are read at `offsetMinutes`.
  package init(_ octets: [UInt8], offsetMinutes: Int) throws(ItemLineFault) {
    guard octets.count <= ItemLimits.lineOctetsMax else { throw .tooLong }
    if let offset = UTF8Text.firstInvalid(in: octets, 0..<octets.count) {
      throw .notUTF8(offset: offset)
    }
    let value: JSONText
    do { value = try JSONText(octets) } catch { throw .malformed(error) }
    guard case .object(let members) = value else {
      throw .malformed(Malformed("not an object", at: 0))
    }
    for member in members { try take(member, offsetMinutes: offsetMinutes) }
    if externalID.isEmpty { throw .missing(field: "external_id") }
  }

  private mutating func take(
    _ member: JSONText.Member, offsetMinutes: Int
  ) throws(ItemLineFault) {
    let (name, value) = (member.name, member.value)
    switch name {
    case "external_id": externalID = try ItemLine.text(value, name)
    case "column", "columns":
      if value != .null { columns = (columns ?? []) + (try ItemLine.texts(value, name)) }
    case "state":
      let words = State.allCases.map(\.rawValue).joined(separator: " | ")
      if value == .null { return }
      let text = try ItemLine.text(value, name)
      guard let state = State(rawValue: text) else {
        throw .badField(name, value: text, expected: words)
      }
      self.state = state
    case "coedited":
      guard case .bool(let set) = value else {
        throw .badField(name, value: ItemLine.shown(value), expected: "true | false")
      }
      isCoedited = set
    case "attachments":
      attachments = value == .null ? [] : try ItemLine.texts(value, name)
    default: try takeField(name, value, offsetMinutes: offsetMinutes)
    }
  }

  private mutating func takeField(
    _ name: String, _ value: JSONText, offsetMinutes: Int
  ) throws(ItemLineFault) {
    if let field = ItemField(rawValue: name) {
      changes.texts[field] = try ItemLine.text(value, name)
    } else if let field = ItemTimeField(rawValue: name) {
      let text = try ItemLine.text(value, name)
      let time = Timestamp.parse(text, offsetMinutes: offsetMinutes)
      if time == nil, !text.isEmpty {
        throw .badField(name, value: text, expected: "2023-01-17T09:00:00+08:00")
      }
      changes.times[field] = .some(time)
    } else if let field = ItemListField(rawValue: name) {
      changes.lists[field] = value == .null ? [] : try ItemLine.texts(value, name)
    } else {
      unknownNames.append(name)
    }
  }

  // MARK: values

  private static func text(_ value: JSONText, _ name: String) throws(ItemLineFault) -> String {
    switch value {
    case .string(let text), .number(let text): return text
    case .null: return ""
    case .bool, .array, .object:
      throw .badField(name, value: shown(value), expected: "\"…\"")
    }
  }

  /// One text, or an array of them.
  private static func texts(_ value: JSONText, _ name: String) throws(ItemLineFault) -> [String] {
    guard case .array(let elements) = value else { return [try text(value, name)] }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else {
        throw .badField(name, value: shown(element), expected: "\"…\"")
      }
      texts.append(text)
    }
    return texts
  }

  private static func shown(_ value: JSONText) -> String {
    switch value {
    case .null: "null"
    case .bool(let set): set ? "true" : "false"
    case .number(let text), .string(let text): text
    case .array: "[…]"
    case .object: "{…}"
    }
  }
}
