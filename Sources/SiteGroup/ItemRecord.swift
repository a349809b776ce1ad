import Bytes
import Replication

/// published < archived < withdrawn within an epoch.
package enum LifeRung: UInt64, Sendable, CaseIterable {
  case published = 1
  case archived = 2
  case withdrawn = 3

  package var name: String {
    switch self {
    case .published: "published"
    case .archived: "archived"
    case .withdrawn: "withdrawn"
    }
  }
}

/// 信息: one published piece of content. Its origin alone writes it, unless it is co-edited.
package struct ItemRecord: RecordView {
  package static let kind = RecordKind.item
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let life = "life"
    package static let lifePrefix = "life/"
    package static let holdPrefix = "hold/"
    package static let placedPrefix = "in/"
    package static let externalID = "external_id"
    package static let coedited = "coedited"
    /// The co-built columns whose contributors may write its content.
    package static let coeditedIn = "coedited_in"
    /// Old content, brought in once: no duty counts it.
    package static let migrated = "migrated"
    package static let withdrawReason = "withdraw_reason"
    package static func life(_ site: SiteCode) -> String { lifePrefix + site.text }
    package static func hold(_ site: SiteCode) -> String { holdPrefix + site.text }
    /// Why a higher level withdrew or holds it.
    package static func reason(_ site: SiteCode) -> String { "reason/" + site.text }
    /// The origin's manual cause in its own column.
    package static func placed(_ column: RecordID) -> String { placedPrefix + column.description }
  }

  package var origin: SiteCode { owner }
  package var externalID: String? { record.value(Cell.externalID) }
  package var isCoedited: Bool { record.value(Cell.coedited) ?? false }
  package var coeditedIn: [RecordKey] { record.value(Cell.coeditedIn) ?? [] }
  package var life: Rung? { record.rung(Cell.life) }

  package func field(_ field: ItemField) -> String { record.value(field.rawValue) ?? "" }
  package func time(_ field: ItemTimeField) -> Int64? { record.value(field.rawValue) }
  package func list(_ field: ItemListField) -> [String] { record.value(field.rawValue) ?? [] }
  package var title: String { field(.title) }
  package var publishedAt: Int64? { time(.publishedAt) }

  /// The origin's own columns that it stands in by the origin's hand.
  package var columns: [RecordKey] { columns { $0 == true } }

  /// Those, and all that its origin has taken it out of.
  package var columnsEver: [RecordKey] { columns { _ in true } }

  private func columns(where isSuch: (Bool?) -> Bool) -> [RecordKey] {
    var columns: [RecordKey] = []
    record.eachValue(under: Cell.placedPrefix, as: Bool.self) { text, isIn in
      if isSuch(isIn), let id = RecordID(text: text) {
        columns.append(RecordKey(owner: origin, kind: .column, id: id))
      }
    }
    return columns
  }

  /// Levels that hold it now.
  package var holders: [SiteCode] {
    record.names(under: Cell.holdPrefix).compactMap { name in
      record.rung(name)?.rung == 1 ? SiteCode(String(name.dropFirst(Cell.holdPrefix.count))) : nil
    }
  }

  /// Higher levels that have withdrawn it.
  package var withdrawers: [SiteCode] {
    record.names(under: Cell.lifePrefix).compactMap { name in
      record.rung(name)?.rung == LifeRung.withdrawn.rawValue
        ? SiteCode(String(name.dropFirst(Cell.lifePrefix.count))) : nil
    }
  }

  package var isHeld: Bool { !holders.isEmpty }

  /// The greatest rung of all levels.
  package var state: LifeRung? {
    if !withdrawers.isEmpty { return .withdrawn }
    return life.flatMap { LifeRung(rawValue: $0.rung) }
  }

  /// An item shows when its origin's life says published or archived and no level's says
  /// withdrawn or held.
  package var shows: Bool {
    !record.isPurged && (state == .published || state == .archived) && !isHeld
  }
}

/// Text fields of an item by their JSON names, which are their cells' names too.
package enum ItemField: String, CaseIterable, Sendable {
  case title, body, summary, author, source, image, url
  case indexNumber = "index_number"
  case issuingOrgan = "issuing_organ"
  case documentNumber = "document_number"
  case topic, validity, disclosure, language
}

/// Times, in milliseconds UTC.
package enum ItemTimeField: String, CaseIterable, Sendable {
  case publishedAt = "published_at"
  case writtenAt = "written_at"
  case effectiveAt = "effective_at"
  case repealedAt = "repealed_at"
}

package enum ItemListField: String, CaseIterable, Sendable {
  case keywords, labels
}
