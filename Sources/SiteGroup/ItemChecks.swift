import Bytes

/// Why content cannot enter.
package enum ItemFault: Error, Equatable, Sendable {
  case missing(field: String)
  case missingDate
  case tooLong(field: String, octetsMax: Int)
  case tooMany(field: String, countMax: Int)
  case notPublic(String)
  case badValue(field: String, value: String, expected: String)
}

/// Checks what enters. Knows the rules of single fields and of what is published.
package enum ItemChecks {
  /// The one disclosure that may be published; a missing one means it.
  package static let openly = "主动公开"
  package static let validities = ["有效", "已修改", "失效", "废止"]

  /// Field by field, whatever the item's state is.
  package static func check(_ changes: ItemChanges) throws(ItemFault) {
    for field in ItemField.allCases {
      guard let text = changes.texts[field] else { continue }
      try check(text, named: field.rawValue, octetsMax: octetsMax(of: field))
      if field == .validity, !text.isEmpty, !contains(validities, text) {
        throw .badValue(
          field: field.rawValue, value: text, expected: validities.joined(separator: " | "))
      }
    }
    for field in ItemListField.allCases {
      guard let list = changes.lists[field] else { continue }
      guard list.count <= ItemLimits.listCountMax else {
        throw .tooMany(field: field.rawValue, countMax: ItemLimits.listCountMax)
      }
      for text in list {
        try check(text, named: field.rawValue, octetsMax: ItemLimits.titleOctetsMax)
      }
    }
  }

  package static func check(externalID: String) throws(ItemFault) {
    if externalID.utf8.isEmpty { throw .missing(field: "external_id") }
    try check(externalID, named: "external_id", octetsMax: ItemLimits.externalIDOctetsMax)
  }

  /// What is published has a title and a date, and is 主动公开.
  package static func checkPublishable(
    title: String, publishedAt: Int64?, disclosure: String
  ) throws(ItemFault) {
    if !disclosure.isEmpty, !same(disclosure, openly) { throw .notPublic(disclosure) }
    if !title.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      throw .missing(field: ItemField.title.rawValue)
    }
    if publishedAt == nil { throw .missingDate }
  }

  private static func check(
    _ text: String, named field: String, octetsMax: Int
  ) throws(ItemFault) {
    guard text.utf8.count <= octetsMax else {
      throw .tooLong(field: field, octetsMax: octetsMax)
    }
    if OctetSearch.contains(0, in: text) {
      throw .badValue(field: field, value: "\\u0000", expected: "≠ \\u0000")
    }
  }

  private static func octetsMax(of field: ItemField) -> Int {
    switch field {
    case .title: ItemLimits.titleOctetsMax
    case .body: ItemLimits.bodyOctetsMax
    default: ItemLimits.textOctetsMax
    }
  }

  private static func contains(_ words: [String], _ word: String) -> Bool {
    words.contains { same($0, word) }
  }

  private static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
