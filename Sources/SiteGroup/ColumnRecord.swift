import Replication

/// 保障方式: how a column is kept supplied.
package enum SupplyMode: String, Sendable, CaseIterable {
  case map, submit, link, cobuild, share

  /// As the catalogue prints them.
  package var printed: String {
    switch self {
    case .map: "平台调用"
    case .submit: "报送"
    case .link: "链接"
    case .cobuild: "共建"
    case .share: "共享"
    }
  }

  package init?(printed: String) {
    guard
      let mode = SupplyMode.allCases.first(where: { Array($0.printed.utf8) == Array(printed.utf8) })
    else { return nil }
    self = mode
  }
}

/// What a site may do with a column that another site leads.
package enum ColumnGrant: Int64, Sendable { case none = 0, read = 1, contribute = 2 }

/// A section of a site, up to three levels, with a stable id: renaming it breaks nothing.
package struct ColumnRecord: RecordView {
  package static let kind = RecordKind.column
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let path = "path"
    package static let position = "position"
    package static let modes = "modes"
    package static let update = "update"
    package static let units = "units"
    package static let source = "source"
    package static let type = "type"
    /// The catalogue's row, its seven cells as printed.
    package static let row = "row"
    package static let state = "state"
    package static let url = "url"
    package static let grant = "grant/"
    package static func grant(_ site: SiteCode) -> String { grant + site.text }
  }

  /// Levels joined by `/`.
  package var path: String { record.value(Cell.path) ?? "" }
  package var levels: [String] {
    path.utf8.split(separator: 0x2F).map { String(decoding: $0, as: UTF8.self) }
  }
  package var position: Int64 { record.value(Cell.position) ?? 0 }
  package var modes: [SupplyMode] {
    (record.value(Cell.modes, as: [String].self) ?? []).compactMap(SupplyMode.init(rawValue:))
  }
  package var update: String { record.value(Cell.update) ?? "" }
  package var units: [String] { record.value(Cell.units) ?? [] }
  package var source: String { record.value(Cell.source) ?? "" }
  package var type: String { record.value(Cell.type) ?? "" }
  package var row: [String] { record.value(Cell.row) ?? [] }
  package var url: String { record.value(Cell.url) ?? "" }

  package func grant(_ site: SiteCode) -> ColumnGrant {
    if site == owner { return .contribute }
    return record.value(Cell.grant(site)).flatMap(ColumnGrant.init(rawValue:)) ?? .none
  }

  /// Every site with a live grant, sorted.
  package var grants: [(site: SiteCode, grant: ColumnGrant)] {
    record.names(under: Cell.grant).compactMap { name in
      SiteCode(String(name.dropFirst(Cell.grant.count))).map { ($0, grant($0)) }
    }.filter { $0.grant != .none }.sorted { $0.site < $1.site }
  }
}
