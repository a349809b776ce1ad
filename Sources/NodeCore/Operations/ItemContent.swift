import SiteGroup

/// An item's fields by their JSON names, beside the other members of an answer. Fields that an item
/// does not have are left out.
package struct ItemContent: Codable, Sendable, Equatable {
  package private(set) var texts: [String: String] = [:]
  /// RFC 3339.
  package private(set) var times: [String: String] = [:]
  package private(set) var lists: [String: [String]] = [:]

  init(_ item: ItemRecord, text: (Int64) -> String) {
    for field in ItemField.allCases where !item.field(field).isEmpty {
      texts[field.rawValue] = item.field(field)
    }
    for field in ItemTimeField.allCases { times[field.rawValue] = item.time(field).map(text) }
    for field in ItemListField.allCases where !item.list(field).isEmpty {
      lists[field.rawValue] = item.list(field)
    }
  }

  init(_ snapshot: SnapshotRecord, text: (Int64) -> String) {
    for field in ItemField.allCases where !snapshot.field(field).isEmpty {
      texts[field.rawValue] = snapshot.field(field)
    }
    for field in ItemTimeField.allCases { times[field.rawValue] = snapshot.time(field).map(text) }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    for field in ItemField.allCases.map(\.rawValue) {
      texts[field] = try members.decodeIfPresent(String.self, forKey: Name(stringValue: field))
    }
    for field in ItemTimeField.allCases.map(\.rawValue) {
      times[field] = try members.decodeIfPresent(String.self, forKey: Name(stringValue: field))
    }
    for field in ItemListField.allCases.map(\.rawValue) {
      lists[field] = try members.decodeIfPresent([String].self, forKey: Name(stringValue: field))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Name.self)
    for (field, text) in texts { try members.encode(text, forKey: Name(stringValue: field)) }
    for (field, time) in times { try members.encode(time, forKey: Name(stringValue: field)) }
    for (field, list) in lists { try members.encode(list, forKey: Name(stringValue: field)) }
  }

  /// One line a field; the body last, after an empty line.
  func lines(_ language: Language) -> [String] {
    var lines: [String] = []
    for field in ItemField.allCases where field != .body {
      if let text = texts[field.rawValue] { lines.append(line(field.rawValue, text, language)) }
    }
    for field in ItemTimeField.allCases.map(\.rawValue) {
      if let time = times[field] { lines.append(line(field, time, language)) }
    }
    for field in ItemListField.allCases.map(\.rawValue) {
      if let list = lists[field] {
        lines.append(line(field, list.joined(separator: "、"), language))
      }
    }
    if let body = texts[ItemField.body.rawValue] {
      lines += ["", TextTable.block(body)]
    }
    return lines
  }

  private func line(_ name: String, _ value: String, _ language: Language) -> String {
    let label = ItemContent.labels[name]?[language] ?? name
    return TextTable.line("\(label)  \(value)")
  }

  private static let labels: [String: Words] = Dictionary(
    uniqueKeysWithValues: ItemFieldOptions.parameters.map { parameter in
      (parameter.name, parameter.words)
    })
}
