import Replication

/// Who may write which cell of which kind. A table, asked for cells that would change a copy.
package struct WritePermissions {
  package let tree: SiteTree
  /// The column of a key, where this node has it.
  package let column: (RecordKey) -> ColumnRecord?

  package init(tree: SiteTree, column: @escaping (RecordKey) -> ColumnRecord?) {
    self.tree = tree
    self.column = column
  }

  /// `record` holds the cell as it came; `present` is what its neighbours are judged by, the copy
  /// that is here already where there is one.
  ///
  /// `isFromAbove`: the line above has asked for grants, perhaps when one still stood that has been
  /// revoked since, and may send a record before the sites and columns that it speaks of.
  package func mayWrite(
    _ author: SiteCode, _ cell: String, of record: Record, present: Record? = nil,
    isFromAbove: Bool = false
  ) -> Bool {
    let key = record.key
    switch key.kind {
    case .item: return mayWriteItem(author, cell, record, present ?? record, isFromAbove)
    case .placement: return mayWritePlacement(author, cell, record, isFromAbove)
    case .submission where cell.hasPrefix(SubmissionRecord.Cell.reviewPrefix):
      return mayReview(author, SubmissionRecord(record))
    case .snapshot where cell == Record.purgeCell:
      return author == key.owner || isAbove(author, key.owner, isFromAbove)
    case .site: return author == key.owner && (isFromAbove || mayRegister(SiteRecord(record)))
    default: return author == key.owner
    }
  }

  /// The column that it was offered to, as its key proves: nobody leads it to another.
  private func mayReview(_ author: SiteCode, _ submission: SubmissionRecord) -> Bool {
    guard let column = submission.column, let snapshot = submission.snapshot else { return false }
    let key = SubmissionRecord.key(offering: snapshot, to: column, by: submission.owner)
    return key == submission.key && column.owner == author
  }

  /// A site stands where it was registered first: nobody below takes it over, for what it writes
  /// would be theirs with it. A root that has registered itself may tell so.
  private func mayRegister(_ site: SiteRecord) -> Bool {
    guard let code = site.code, RecordKey.site(code, registeredBy: site.owner) == site.key else {
      return false
    }
    guard let known = tree.sites[code], code != site.owner else { return true }
    return known.parent.map { tree.isWithin($0, site.owner) } ?? false
  }

  private func mayWriteItem(
    _ author: SiteCode, _ cell: String, _ record: Record, _ present: Record, _ isFromAbove: Bool
  ) -> Bool {
    let origin = record.key.owner
    var isAbove: Bool { self.isAbove(author, origin, isFromAbove) }
    if cell.utf8.contains(0x2F) {
      for prefix in Self.ofLevels where cell.utf8.starts(with: prefix.utf8) {
        return cell.utf8.dropFirst(prefix.utf8.count).elementsEqual(author.text.utf8) && isAbove
      }
    }
    if cell == Record.purgeCell { return author == origin || isAbove }
    if author == origin { return true }
    let item = ItemRecord(present)
    guard item.isCoedited, record.cell(cell)?.join == .coedited else { return false }
    return isFromAbove || coeditors(item).contains(author)
  }

  /// Whether an item was written by its origin alone, without cells that are for levels to write.
  package func isOriginsOwn(_ record: Record) -> Bool {
    record.key.kind == .item && record.ownersTime != nil
      && !Self.ofLevels.contains { record.hasCell(under: $0) }
  }

  private func isAbove(_ author: SiteCode, _ owner: SiteCode, _ isFromAbove: Bool) -> Bool {
    tree.above(owner).contains(author) || (isFromAbove && tree.sites[owner] == nil)
  }

  /// Cells that each level has one of, by its code.
  private static let ofLevels = [
    ItemRecord.Cell.lifePrefix, ItemRecord.Cell.holdPrefix, "reason/",
  ]

  /// The sites that may write a co-edited item's content.
  private func coeditors(_ item: ItemRecord) -> [SiteCode] {
    (item.record.value(ItemRecord.Cell.coeditedIn, as: [RecordKey].self) ?? [])
      .compactMap { column($0) }
      .flatMap { column in
        [column.owner] + column.grants.filter { $0.grant == .contribute }.map(\.site)
      }
  }

  private func mayWritePlacement(
    _ author: SiteCode, _ cell: String, _ record: Record, _ isFromAbove: Bool
  ) -> Bool {
    let placement = PlacementRecord(record)
    switch cell {
    case PlacementRecord.Cell.column, PlacementRecord.Cell.item:
      // Their values are proved by the key: anyone who has a cause may bring them.
      guard let column = placement.column, let item = placement.item,
        RecordKey.placement(of: item, in: column) == record.key
      else { return false }
      if author == record.key.owner || isFromAbove { return true }
      let own = "\(PlacementCause.prefix)\(author)/"
      return record.names(under: own).contains {
        mayWritePlacement(author, $0, record, isFromAbove)
      }
    case let name where name.hasPrefix(PlacementCause.prefix):
      guard let cause = PlacementCause(cell: name), cause.site == author else { return false }
      if author == record.key.owner || isFromAbove { return true }
      guard let column = placement.column.flatMap({ self.column($0) }) else { return false }
      return column.grant(author) == .contribute
    default:
      return author == record.key.owner
    }
  }
}
