import Replication

/// One live cause for which an item stands in a column, as a mapping sees it.
package struct StandingCause: Sendable {
  package let column: RecordKey
  /// The columns that mappings took before, empty where none did.
  package let path: [RecordKey]
  /// When the cause was written: milliseconds, by its writer's clock.
  package let since: Int64
}

extension ItemRecord {
  /// Every live cause in a column that does not hide the item, in canonical order.
  package func standing(_ placements: [PlacementRecord]) -> [StandingCause] {
    let hiding = Set(placements.filter(\.hides).compactMap(\.column))
    var causes: [StandingCause] = []
    for column in columns where !hiding.contains(column) {
      causes.append(
        StandingCause(column: column, path: [], since: record.writtenAt(Cell.placed(column.id))))
    }
    for placement in placements.sorted(by: { $0.key < $1.key }) {
      guard let column = placement.column, !hiding.contains(column) else { continue }
      for cause in placement.causes {
        causes.append(
          StandingCause(
            column: column, path: placement.path(of: cause) ?? [],
            since: placement.record.writtenAt(cause.cell)))
      }
    }
    return causes
  }
}

extension MappingRecord {
  /// The path of columns for which the rule places the item in its target: of all live source
  /// causes that it takes, the shortest, then least, that lacks the target; so cycles cannot keep
  /// an item up. Nil where the rule does not place it.
  package func path(
    for item: ItemRecord, standing: [StandingCause], in sources: Set<RecordKey>
  ) -> [RecordKey]? {
    guard isLive, let target, passes(item) else { return nil }
    var best: [RecordKey]?
    for cause in standing where sources.contains(cause.column) {
      if !takesExisting, cause.since < since { continue }
      let path = cause.path + [cause.column]
      if path.contains(target) || path.count > MappingRecord.pathColumnsMax { continue }
      if best.map({ MappingRecord.precedes(path, $0) }) ?? true { best = path }
    }
    return best
  }

  package static let pathColumnsMax = 64

  /// The rule's filters: a word in the title, a label.
  private func passes(_ item: ItemRecord) -> Bool {
    let (keyword, label) = (keyword, label)
    if !keyword.isEmpty, !Array(item.title.utf8).containsOctets(Array(keyword.utf8)) {
      return false
    }
    return label.isEmpty || item.list(.labels).contains { $0.utf8.elementsEqual(label.utf8) }
  }

  private static func precedes(_ a: [RecordKey], _ b: [RecordKey]) -> Bool {
    a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
  }
}

extension Record {
  /// When a cell was written last; 0 where it is missing.
  fileprivate func writtenAt(_ name: String) -> Int64 {
    cell(name)?.stamps.map(\.time).max() ?? 0
  }
}

extension [UInt8] {
  fileprivate func containsOctets(_ needle: [UInt8]) -> Bool {
    guard let first = needle.first else { return true }
    guard count >= needle.count else { return false }
    return (0...(count - needle.count)).contains { start in
      self[start] == first && self[start..<(start + needle.count)].elementsEqual(needle)
    }
  }
}
