import Replication

/// Why an item stands in a column. Each has one writer: the site that it names.
package struct PlacementCause: Hashable, Sendable {
  package enum Kind: String, Sendable { case manual, map, mandate, submission }

  package let site: SiteCode
  package let kind: Kind
  /// The mapping, mandate or submission; nil for `manual`.
  package let id: RecordID?

  package init(site: SiteCode, kind: Kind, id: RecordID? = nil) {
    self.site = site
    self.kind = kind
    self.id = id
  }

  package static let prefix = "cause/"

  package var cell: String {
    PlacementCause.prefix + site.text + "/" + kind.rawValue
      + (id.map { "/" + $0.description } ?? "")
  }

  package init?(cell: String) {
    let parts = cell.utf8.split(separator: 0x2F).map { String(decoding: $0, as: UTF8.self) }
    guard (3...4).contains(parts.count), parts[0] == "cause", let site = SiteCode(parts[1]),
      let kind = Kind(rawValue: parts[2])
    else { return nil }
    self.init(site: site, kind: kind, id: parts.count == 4 ? RecordID(text: parts[3]) : nil)
  }
}

/// 栏目归属: an item stands in a column while any of its causes is live and the item shows.
package struct PlacementRecord: RecordView {
  package static let kind = RecordKind.placement
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let column = "column"
    package static let item = "item"
    package static let hide = "hide"
    package static let pin = "pin"
    /// The adopted snapshot that shows instead of the item's present content.
    package static let snapshot = "snapshot"
    package static let titlePrefix = "title_prefix"
  }

  package var column: RecordKey? { record.value(Cell.column) }
  package var item: RecordKey? { record.value(Cell.item) }
  package var isHidden: Bool { record.value(Cell.hide) ?? false }
  package var pin: Int64? { record.value(Cell.pin) }
  package var snapshot: RecordKey? { record.value(Cell.snapshot) }
  package var titlePrefix: String { record.value(Cell.titlePrefix) ?? "" }

  /// A cause's value is the path of columns that a mapping took, empty for all others; missing or
  /// null where it is not live.
  package func path(of cause: PlacementCause) -> [RecordKey]? {
    record.value(cause.cell, as: [RecordKey].self)
  }

  /// Live causes, in canonical order of their cells.
  package var causes: [PlacementCause] {
    record.names(under: PlacementCause.prefix).compactMap { PlacementCause(cell: $0) }
      .filter { path(of: $0) != nil }
  }

  /// Live, and not hidden by the column's owner, which cannot hide what a mandate placed.
  package var isLive: Bool { !causes.isEmpty && !hides }

  /// Whether the owner's hiding holds, also of what the item's origin placed.
  package var hides: Bool { isHidden && !causes.contains { $0.kind == .mandate } }

  /// An edit that makes a cause live (with its path of columns) or not live (nil).
  package static func edit(
    _ item: RecordKey, in column: RecordKey, cause: PlacementCause, path: [RecordKey]?
  ) -> RecordEdit {
    var edit = RecordEdit(.placement(of: item, in: column))
    edit.set(Cell.column, column)
    edit.set(Cell.item, item)
    if let path { edit.set(cause.cell, path) } else { edit.set(cause.cell, false) }
    return edit
  }
}
