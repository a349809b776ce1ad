import Replication

/// Where a mapping takes from: the columns of a site, or of a kind of sites in the group of the
/// mapping's owner, by path or subtree.
package struct MappingSource: Hashable, Sendable {
  package enum Sites: Hashable, Sendable {
    case all
    case kind(SiteKind)
    case site(SiteCode)
  }

  package let sites: Sites
  /// Without the trailing `/**`.
  package let path: String
  package let isSubtree: Bool

  /// `CODE:PATH`, `central:PATH`, `county:PATH`, `department:PATH`, `all:PATH`; `PATH/**` is the
  /// subtree. Nil where it is none of these.
  package init?(text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let head = String(text[..<colon])
    var path = String(text[text.index(after: colon)...])
    if head == "all" {
      sites = .all
    } else if let kind = SiteKind(rawValue: head) {
      sites = .kind(kind)
    } else if let code = SiteCode(head) {
      sites = .site(code)
    } else {
      return nil
    }
    isSubtree = path.hasSuffix("/**") || path == "**"
    if isSubtree { path = path == "**" ? "" : String(path.dropLast(3)) }
    guard isSubtree || !path.isEmpty else { return nil }
    self.path = path
  }

  package var text: String {
    let head =
      switch sites {
      case .all: "all"
      case .kind(let kind): kind.rawValue
      case .site(let code): code.text
      }
    return head + ":" + (isSubtree ? (path.isEmpty ? "**" : path + "/**") : path)
  }

  package func includes(
    _ column: ColumnRecord, for owner: SiteCode, in tree: SiteTree
  ) -> Bool {
    guard includesPath(column.path) else { return false }
    switch sites {
    case .site(let code): return column.owner == code
    case .kind(let kind) where tree.sites[column.owner]?.kind != kind: return false
    case .kind, .all: return tree.isOfGroup(column.owner, of: owner)
    }
  }

  private func includesPath(_ have: String) -> Bool {
    let (wanted, have) = (Array(path.utf8), Array(have.utf8))
    if wanted == have { return true }
    return isSubtree && (wanted.isEmpty || have.starts(with: wanted + [0x2F]))
  }
}

/// 栏目映射: a rule of the target column's owner; items of the source columns stand in the target.
package struct MappingRecord: RecordView {
  package static let kind = RecordKind.mapping
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let source = "source"
    /// The one source column, where the rule names one that exists: renaming it breaks nothing.
    package static let sourceColumn = "source_column"
    package static let target = "target"
    package static let takesExisting = "existing"
    package static let since = "since"
    package static let titlePrefix = "title_prefix"
    package static let keyword = "keyword"
    package static let label = "label"
    package static let isLive = "live"
  }

  package var source: MappingSource? {
    record.value(Cell.source, as: String.self).flatMap { MappingSource(text: $0) }
  }
  package var sourceColumn: RecordKey? { record.value(Cell.sourceColumn) }
  package var target: RecordKey? { record.value(Cell.target) }
  package var takesExisting: Bool { record.value(Cell.takesExisting) ?? false }
  /// Without `existing`, items placed in the source before this time (milliseconds) are not taken.
  package var since: Int64 { record.value(Cell.since) ?? 0 }
  package var titlePrefix: String { record.value(Cell.titlePrefix) ?? "" }
  package var keyword: String { record.value(Cell.keyword) ?? "" }
  package var label: String { record.value(Cell.label) ?? "" }
  package var isLive: Bool { record.value(Cell.isLive) ?? false }

  package func takes(from column: ColumnRecord, in tree: SiteTree) -> Bool {
    isLive && names(column, in: tree)
  }

  /// Whether it takes from the column, or did until it was removed.
  package func names(_ column: ColumnRecord, in tree: SiteTree) -> Bool {
    guard column.key != target else { return false }
    if let sourceColumn { return sourceColumn == column.key }
    return source?.includes(column, for: owner, in: tree) ?? false
  }
}
