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

  /// `record` holds the cell and its neighbours, as they came.
  package func mayWrite(_ author: SiteCode, _ cell: String, of record: Record) -> Bool {
    let key = record.key
    switch key.kind {
    case .item: return mayWriteItem(author, cell, record)
    case .placement: return mayWritePlacement(author, cell, record)
    case .submission where cell.hasPrefix(SubmissionRecord.Cell.reviewPrefix):
      return SubmissionRecord(record).column?.owner == author
    default: return author == key.owner
    }
  }

  private func mayWriteItem(_ author: SiteCode, _ cell: String, _ record: Record) -> Bool {
    let origin = record.key.owner
    for prefix in [ItemRecord.Cell.lifePrefix, ItemRecord.Cell.holdPrefix, "reason/"]
    where cell.hasPrefix(prefix) {
      return cell.dropFirst(prefix.count) == author.text && tree.above(origin).contains(author)
    }
    if cell == Record.purgeCell { return author == origin || tree.above(origin).contains(author) }
    if author == origin { return true }
    let item = ItemRecord(record)
    guard item.isCoedited, record.cell(cell)?.join == .coedited else { return false }
    // A column that is not here cannot refuse: the lead's node has it and decides.
    return coeditors(item).contains(author)
  }

  /// The sites that may write a co-edited item's content.
  private func coeditors(_ item: ItemRecord) -> [SiteCode] {
    (item.record.value(ItemRecord.Cell.coeditedIn, as: [RecordKey].self) ?? [])
      .compactMap { column($0) }
      .flatMap { column in
        [column.owner] + column.grants.filter { $0.grant == .contribute }.map(\.site)
      }
  }

  private func mayWritePlacement(_ author: SiteCode, _ cell: String, _ record: Record) -> Bool {
    let placement = PlacementRecord(record)
    switch cell {
    case PlacementRecord.Cell.column, PlacementRecord.Cell.item:
      // Their values are proved by the key: anyone who has a cause may bring them.
      guard let column = placement.column, let item = placement.item else { return false }
      return RecordKey.placement(of: item, in: column) == record.key
    case let name where name.hasPrefix(PlacementCause.prefix):
      guard let cause = PlacementCause(cell: name), cause.site == author else { return false }
      if author == record.key.owner { return true }
      guard let column = placement.column.flatMap({ self.column($0) }) else { return false }
      return column.grant(author) == .contribute
    default:
      return author == record.key.owner
    }
  }
}
