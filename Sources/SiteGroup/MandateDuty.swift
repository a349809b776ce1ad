import Replication

/// What stands at one site for one mandate.
package enum MandateState: String, Sendable, CaseIterable {
  case pending, received, reposted, failed, offline, waived

  /// Nothing is left to do.
  package var isDone: Bool { self == .reposted || self == .waived }
}

extension MandateRecord {
  /// Types of columns that reposts go to where a mandate names none.
  package static let repostTypes = ["repost", "转载"]

  /// The column of a site that the mandate means: the named path, else the named type; where it
  /// names none, the path of one of the item's columns at its origin, else a column for reposts,
  /// else the first that holds items. `columns` are the site's, in their order.
  package func column(among columns: [ColumnRecord], originPaths: [String]) -> ColumnRecord? {
    let name = column
    if !name.isEmpty {
      return columns.first { $0.path.utf8.elementsEqual(name.utf8) }
        ?? columns.first { $0.type.utf8.elementsEqual(name.utf8) }
    }
    for path in originPaths {
      if let same = columns.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) { return same }
    }
    return columns.first { column in
      MandateRecord.repostTypes.contains { $0.utf8.elementsEqual(column.type.utf8) }
    } ?? columns.first { $0.modes != [.link] }
  }

  /// The sites that it names, sorted; none that has retired.
  package func sites(in tree: SiteTree) -> [SiteCode] {
    tree.within(owner).filter { selects($0, in: tree) && tree.sites[$0]?.state != .retired }
  }

  /// Whole hours after the due time, begun ones count; 0 in time.
  package func hoursLate(at time: Int64) -> Int64 {
    let hour: Int64 = 3_600_000
    let (late, isFar) = time.subtractingReportingOverflow(dueAt)
    return isFar || late <= 0 ? 0 : (late - 1) / hour + 1
  }
}
