import Replication
import SiteGroup
import Storage

/// What every decision needs and is small: the tree of sites, the columns, the mappings and the
/// mandates that this node knows, in memory. Used under the store's lock only.
package final class Directory: Follower {
  package let name = "directory"
  package let version = 1

  /// This node's site.
  package let site: SiteCode
  package private(set) var tree = SiteTree()
  private var columnsByKey: [RecordKey: ColumnRecord] = [:]
  /// Paths as octets: text that is equal as `String` may differ.
  private var columnsByPath: [SiteCode: [[UInt8]: RecordKey]] = [:]
  package private(set) var mappings: [RecordKey: MappingRecord] = [:]
  package private(set) var mandates: [RecordKey: MandateRecord] = [:]

  /// Rises with every change of a site or column that this process has seen.
  package private(set) var revision = 0

  /// Whether a site's record was damaged when this was read: who is not in the tree may be
  /// suspended.
  package private(set) var lacksSites = false

  package init(site: SiteCode) { self.site = site }

  package func reset(in transaction: Transaction) throws {}

  package func load(from snapshot: Snapshot) throws {
    (tree, columnsByKey, columnsByPath, mappings, mandates) = (SiteTree(), [:], [:], [:], [:])
    lacksSites = false
    for kind in Directory.kinds {
      // A damaged record must not keep the node from opening: nobody could mend it then.
      let skip = { row in try self.skip(row, of: kind, in: snapshot) }
      try snapshot.records(of: kind, damaged: skip) {
        apply($0.record.key, before: nil, after: $0.record)
      }
    }
  }

  /// It is sent to nobody, and `status` names it.
  private func skip(_ row: Int64, of kind: RecordKind, in snapshot: Snapshot) throws {
    if kind == .site { lacksSites = true }
    guard let transaction = snapshot as? Transaction, try transaction.isUndamaged(row) else {
      return
    }
    try transaction.noteDamage(row)
  }

  private static let kinds: [RecordKind] = [.site, .column, .mapping, .mandate]

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes where Directory.kinds.contains(change.key.kind) {
      apply(change.key, before: change.before, after: change.after)
      if change.key.kind == .site || change.key.kind == .column { revision += 1 }
    }
  }

  private func apply(_ key: RecordKey, before: Record?, after: Record?) {
    switch key.kind {
    case .site:
      if let site = SiteRecord(before) { tree.remove(site) }
      if let site = SiteRecord(after) { tree.set(site) }
    case .column:
      if let old = columnsByKey.removeValue(forKey: key) {
        let path = Array(old.path.utf8)
        // Another column may have taken the path in the same transaction.
        if columnsByPath[old.owner]?[path] == key { columnsByPath[old.owner]?[path] = nil }
      }
      if let column = ColumnRecord(after) {
        columnsByKey[key] = column
        columnsByPath[column.owner, default: [:]][Array(column.path.utf8)] = key
      }
    case .mapping: mappings[key] = MappingRecord(after)
    case .mandate: mandates[key] = MandateRecord(after)
    default: break
    }
  }

  // MARK: columns

  package func column(_ key: RecordKey) -> ColumnRecord? { columnsByKey[key] }

  package func column(_ site: SiteCode, path: String) -> ColumnRecord? {
    columnsByPath[site]?[Array(path.utf8)].flatMap { columnsByKey[$0] }
  }

  /// Columns of a site (nil: of all sites), by site, then position, then key.
  package func columns(of site: SiteCode? = nil) -> [ColumnRecord] {
    // Positions are decoded once each, not at each comparison.
    columnsByKey.values.filter { site == nil || $0.owner == site }.map { ($0, $0.position) }
      .sorted { (a: (record: ColumnRecord, position: Int64), b) in
        if a.record.owner != b.0.owner { return a.record.owner < b.0.owner }
        return a.position != b.1 ? a.position < b.1 : a.record.key < b.0.key
      }.map(\.0)
  }

  package var columnsCount: Int { columnsByKey.count }

  package var permissions: WritePermissions {
    WritePermissions(tree: tree) { [columnsByKey] in columnsByKey[$0] }
  }

  /// Live mappings in key order.
  package var liveMappings: [MappingRecord] {
    mappings.values.filter(\.isLive).sorted { $0.key < $1.key }
  }

  /// This site's rules, live or not, in key order.
  package var ownMappings: [MappingRecord] {
    mappings.values.filter { $0.owner == site }.sorted { $0.key < $1.key }
  }
}
