import Replication
import SiteGroup

/// What a link's scope must be, computed anew from all records of a node.
struct ScopeOracle {
  let site: SiteCode
  let records: [RecordKey: Record]
  let tree: SiteTree

  init(_ site: SiteCode, _ records: [RecordKey: Record]) {
    (self.site, self.records) = (site, records)
    var tree = SiteTree()
    for key in records.keys.sorted() {
      if let one = SiteRecord(records[key]) { tree.set(one) }
    }
    self.tree = tree
  }

  /// Owned or written in by a site of the side of `code`.
  func belongs(_ record: Record, to code: SiteCode) -> Bool {
    ([record.key.owner] + record.authors).contains { tree.isWithin($0, code) }
  }

  /// `entries`: keys of which the link knows already.
  func upward(entries: Set<RecordKey>) -> Set<RecordKey> {
    Set(records.filter { belongs($1, to: site) || ($1.isPurged && entries.contains($0)) }.keys)
  }

  func downward(to peer: SiteCode, entries: Set<RecordKey>) -> Set<RecordKey> {
    let wholes = self.wholes(for: peer)
    let within = tree.within(peer)
    var keys: Set<RecordKey> = []
    // Items that the peer's own side has placed, or has ordered the repost of.
    var asked: Set<RecordKey> = []
    for (key, record) in records {
      if belongs(record, to: peer) || key.kind == .site
        || (record.isPurged && entries.contains(key))
      {
        keys.insert(key)
      }
      switch key.kind {
      case .column:
        if key.owner == site || tree.above(site).contains(key.owner) || wholes.contains(key) {
          keys.insert(key)
        }
      case .placement:
        if let column = PlacementRecord(record).column, wholes.contains(column) {
          keys.insert(key)
        }
      case .item:
        if ItemRecord(record).columns.contains(where: wholes.contains) { keys.insert(key) }
      case .mandate:
        let mandate = MandateRecord(record)
        if within.contains(where: { mandate.selects($0, in: tree) }) {
          keys.insert(key)
          if let item = mandate.item {
            if within.contains(key.owner) { asked.insert(item) } else { keys.insert(item) }
          }
        }
      default: break
      }
    }
    for key in keys {
      guard let placement = PlacementRecord(records[key]) else { continue }
      if let item = placement.item {
        if isPlacedByOthers(placement, than: within) {
          keys.insert(item)
        } else {
          asked.insert(item)
        }
      }
      if let snapshot = placement.snapshot, let record = SnapshotRecord(records[snapshot]),
        record.item == placement.item, !within.contains(placement.owner)
      {
        keys.insert(snapshot)
      }
    }
    keys.formUnion(asked.intersection(reachable(by: peer, within, wholes)))
    return keys.filter { records[$0] != nil }
  }

  private func isPlacedByOthers(_ placement: PlacementRecord, than side: [SiteCode]) -> Bool {
    placement.record.names.contains { name in
      PlacementCause(cell: name).map { !side.contains($0.site) } ?? false
    }
  }

  /// Items that stand, or once stood, where the peer's side takes from, or once took; and those
  /// that an order of others placed.
  private func reachable(
    by peer: SiteCode, _ side: [SiteCode], _ wholes: Set<RecordKey>
  ) -> Set<RecordKey> {
    var columns = wholes
    for mapping in views(MappingRecord.self) where side.contains(mapping.owner) {
      for column in views(ColumnRecord.self) where mapping.names(column, in: tree) {
        columns.insert(column.key)
      }
    }
    var items: Set<RecordKey> = []
    for item in views(ItemRecord.self) where item.columnsEver.contains(where: columns.contains) {
      items.insert(item.key)
    }
    for placement in views(PlacementRecord.self) where isPlacedByOthers(placement, than: side) {
      if let column = placement.column, let item = placement.item, columns.contains(column) {
        items.insert(item)
      }
    }
    for mandate in views(MandateRecord.self) where !side.contains(mandate.owner) {
      let placed = views(PlacementRecord.self).contains { placement in
        placement.item == mandate.item
          && placement.record.names.contains {
            let cause = PlacementCause(cell: $0)
            return cause?.kind == .mandate && cause?.id == mandate.id
          }
      }
      if placed, let item = mandate.item { items.insert(item) }
    }
    return items
  }

  /// The records of a kind, in key order.
  func views<View: RecordView>(_ type: View.Type) -> [View] {
    records.filter { $0.key.kind == View.kind }.sorted { $0.key < $1.key }.map { View($0.value) }
  }

  /// Columns that a site below maps, co-builds or shares.
  private func wholes(for peer: SiteCode) -> Set<RecordKey> {
    var wholes: Set<RecordKey> = []
    let columns = views(ColumnRecord.self)
    for column in columns where column.grants.contains(where: { tree.isWithin($0.site, peer) }) {
      wholes.insert(column.key)
    }
    for mapping in views(MappingRecord.self)
    where mapping.isLive && tree.isWithin(mapping.owner, peer) {
      for column in columns where mapping.takes(from: column, in: tree) {
        wholes.insert(column.key)
      }
    }
    return wholes
  }
}
