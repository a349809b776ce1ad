import Replication
import SiteGroup
import Storage

/// 栏目映射: keeps the causes that this site's rules give items in its columns. Looks only at what a
/// change can reach; what it writes comes back to it, so chains of rules follow of themselves.
package final class MappingRunner: Follower {
  package let name = "mappings"
  package let version = 1

  private let directory: Directory
  /// The columns that each of this site's live rules takes from.
  private var sources: [RecordKey: Set<RecordKey>] = [:]
  private var rulesBySource: [RecordKey: [RecordKey]] = [:]
  /// Where each rule of this site places, live or not.
  private var targets: [RecordKey: RecordKey] = [:]
  /// Whether this site has ever made a rule: most have not, and then items need no look.
  private var hasRules = false

  package init(directory: Directory) { self.directory = directory }

  package func reset(in transaction: Transaction) throws {}

  package func load(from snapshot: Snapshot) throws { takeSources(sourcesNow()) }

  // MARK: following

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    var items: [RecordKey] = []
    var known: Set<RecordKey> = []
    var changedRules: Set<RecordKey> = []
    var isDirectoryTouched = false
    for change in changes {
      switch change.key.kind {
      case .item:
        if concerns(change), known.insert(change.key).inserted { items.append(change.key) }
      case .placement:
        for item in concernedItems(change) where known.insert(item).inserted { items.append(item) }
      case .mapping where change.key.owner == directory.site: changedRules.insert(change.key)
      case .column, .site: isDirectoryTouched = true
      default: break
      }
    }
    if isDirectoryTouched || !changedRules.isEmpty {
      for item in try reconsider(changedRules, in: transaction)
      where known.insert(item).inserted { items.append(item) }
    }
    for item in items { try place(item, in: transaction) }
  }

  /// Whether rules can see the difference: columns, title and labels are all that they look at.
  private func concerns(_ change: Change) -> Bool {
    guard hasRules else { return false }
    guard let before = ItemRecord(change.before), let after = ItemRecord(change.after) else {
      return change.after != nil
    }
    return before.columns != after.columns
      || !before.title.utf8.elementsEqual(after.title.utf8)
      || !before.list(.labels).elementsEqual(after.list(.labels)) { $0.utf8.elementsEqual($1.utf8) }
      || before.record.isPurged != after.record.isPurged
  }

  private func concernedItems(_ change: Change) -> [RecordKey] {
    [PlacementRecord(change.before), PlacementRecord(change.after)].compactMap { placement in
      guard let placement, let column = placement.column, let item = placement.item else {
        return nil
      }
      let isSource = rulesBySource[column] != nil
      return isSource || !ownRules(of: placement).isEmpty ? item : nil
    }
  }

  /// Rules of this site with a live cause in a placement.
  private func ownRules(of placement: PlacementRecord) -> [RecordKey] {
    guard placement.owner == directory.site else { return [] }
    return placement.causes.compactMap { cause in
      guard cause.kind == .map, cause.site == directory.site, let id = cause.id else { return nil }
      return RecordKey(owner: directory.site, kind: .mapping, id: id)
    }
  }

  // MARK: sources

  private func sourcesNow() -> [RecordKey: Set<RecordKey>] {
    let rules = directory.ownMappings.filter(\.isLive)
    if rules.isEmpty { return [:] }
    let columns = directory.columns()
    var sources: [RecordKey: Set<RecordKey>] = [:]
    for rule in rules {
      sources[rule.key] = Set(
        columns.filter { rule.takes(from: $0, in: directory.tree) }.map(\.key))
    }
    return sources
  }

  private func takeSources(_ new: [RecordKey: Set<RecordKey>]) {
    sources = new
    hasRules = !directory.ownMappings.isEmpty
    targets = [:]
    for rule in directory.ownMappings { targets[rule.key] = rule.target }
    rulesBySource = [:]
    for rule in new.keys.sorted() {
      for column in new[rule] ?? [] { rulesBySource[column, default: []].append(rule) }
    }
  }

  /// The items that a change of rules, columns or sites can bring in or out.
  private func reconsider(
    _ changedRules: Set<RecordKey>, in transaction: Transaction
  ) throws -> [RecordKey] {
    let (old, oldTargets) = (sources, targets)
    takeSources(sourcesNow())
    try nameSources(in: transaction)
    let moved = Set(old.keys).union(sources.keys).filter { old[$0] != sources[$0] }
    var items: Set<RecordKey> = []
    for rule in moved.union(changedRules).sorted() {
      let (before, after) = (old[rule] ?? [], sources[rule] ?? [])
      let columns =
        changedRules.contains(rule) ? before.union(after) : before.symmetricDifference(after)
      for column in columns { items.formUnion(try transaction.standing(inColumn: column)) }
      for target in Set([oldTargets[rule], targets[rule]].compactMap { $0 }) {
        for (_, placement) in try transaction.placements(inColumn: target)
        where ownRules(of: placement).contains(rule) {
          if let item = placement.item { items.insert(item) }
        }
      }
    }
    return items.sorted()
  }

  /// A rule that came before the one column that it names takes its key, so that renaming the
  /// column breaks nothing.
  private func nameSources(in transaction: Transaction) throws {
    for rule in directory.ownMappings where rule.isLive && rule.sourceColumn == nil {
      guard let column = rule.source?.column(in: directory) else { continue }
      var edit = RecordEdit(rule.key)
      edit.set(MappingRecord.Cell.sourceColumn, column.key)
      try transaction.write(edit)
    }
  }

  // MARK: placing

  /// Brings the causes of this site's rules for one item in line with where it stands. Of an item
  /// that is not here, or not yet, only the causes of rules that are gone are taken away.
  private func place(_ key: RecordKey, in transaction: Transaction) throws {
    var placements: [PlacementRecord] = []
    for (_, placement) in try transaction.placements(ofItem: key) {
      let edit = withoutGoneRules(placement)
      if edit.isEmpty {
        placements.append(placement)
      } else {
        try transaction.write(edit)
        let present = PlacementRecord(try transaction.record(placement.key)?.record)
        placements.append(present ?? placement)
      }
    }
    guard let item = ItemRecord(try transaction.record(key)?.record) else { return }
    let standing = item.standing(placements)
    var rules = Set(standing.flatMap { rulesBySource[$0.column] ?? [] })
    for placement in placements { rules.formUnion(ownRules(of: placement)) }
    let known = rules.sorted().compactMap { directory.mappings[$0] }
      .filter { $0.target?.owner == directory.site }
    for (target, rules) in Dictionary(grouping: known, by: { $0.target ?? $0.key })
      .sorted(by: { $0.key < $1.key })
    {
      let placement = placements.first { $0.column == target }
      let edit = edit(item, in: target, placement, rules, standing)
      if let edit { try transaction.write(edit) }
    }
  }

  /// Takes away the causes of rules that are no longer live, or place elsewhere now.
  private func withoutGoneRules(_ placement: PlacementRecord) -> RecordEdit {
    var edit = RecordEdit(placement.key)
    for rule in ownRules(of: placement) {
      let mapping = directory.mappings[rule]
      if mapping?.isLive == true, mapping?.target == placement.column { continue }
      let cause = PlacementCause(site: directory.site, kind: .map, id: rule.id)
      edit.set(cause.cell, false)
    }
    return edit
  }

  /// Nil where the placement says so already.
  private func edit(
    _ item: ItemRecord, in target: RecordKey, _ placement: PlacementRecord?,
    _ rules: [MappingRecord], _ standing: [StandingCause]
  ) -> RecordEdit? {
    var edit = RecordEdit(.placement(of: item.key, in: target))
    var titlePrefix = ""
    for rule in rules {
      let cause = PlacementCause(site: directory.site, kind: .map, id: rule.id)
      let path = rule.path(for: item, standing: standing, in: sources[rule.key] ?? [])
      if path != nil, titlePrefix.isEmpty { titlePrefix = rule.titlePrefix }
      if path == placement?.path(of: cause) { continue }
      if let path { edit.set(cause.cell, path) } else { edit.set(cause.cell, false) }
    }
    if !titlePrefix.utf8.elementsEqual((placement?.titlePrefix ?? "").utf8) {
      edit.set(PlacementRecord.Cell.titlePrefix, titlePrefix)
    }
    if edit.isEmpty { return nil }
    edit.set(PlacementRecord.Cell.column, target)
    edit.set(PlacementRecord.Cell.item, item.key)
    return edit
  }
}

extension MappingSource {
  /// The one column that it names, where it names one and that is known.
  package func column(in directory: Directory) -> ColumnRecord? {
    guard case .site(let code) = sites, !isSubtree else { return nil }
    return directory.column(code, path: path)
  }
}
