import Replication
import SiteGroup
import Storage

/// 转载任务 at a site that they name: places the item, keeps it placed while the mandate is not
/// lifted, and writes the receipt. Item, column and registry may come in any order.
package final class MandateRunner: Follower {
  package let name = "mandates"
  package let version = 1

  private let directory: Directory
  private let runsAtOnce: Bool
  private var mandatesByItem: [RecordKey: Set<RecordKey>] = [:]

  package init(directory: Directory, runsAtOnce: Bool) {
    self.directory = directory
    self.runsAtOnce = runsAtOnce
  }

  package func reset(in transaction: Transaction) throws {}

  package func load(from snapshot: Snapshot) throws {
    mandatesByItem = [:]
    for mandate in directory.mandates.values { note(mandate) }
  }

  private func note(_ mandate: MandateRecord?) {
    guard let mandate, let item = mandate.item else { return }
    mandatesByItem[item, default: []].insert(mandate.key)
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    var mandates: Set<RecordKey> = []
    var isDirectoryTouched = false
    for change in changes {
      switch change.key.kind {
      case .mandate:
        note(MandateRecord(change.after))
        mandates.insert(change.key)
      case .item: mandates.formUnion(mandatesByItem[change.key] ?? [])
      case .placement where change.key.owner == directory.site:
        for placement in [PlacementRecord(change.before), PlacementRecord(change.after)] {
          if let item = placement?.item { mandates.formUnion(mandatesByItem[item] ?? []) }
        }
      case .column where change.key.owner == directory.site: isDirectoryTouched = true
      case .site: isDirectoryTouched = true
      default: break
      }
    }
    if isDirectoryTouched { mandates.formUnion(directory.mandates.keys) }
    for mandate in mandates.sorted() { try attend(to: mandate, in: transaction) }
  }

  /// Fulfils a mandate now, whatever the node's setting says.
  package func fulfil(_ mandate: RecordKey, in transaction: Transaction) throws {
    try attend(to: mandate, isOrdered: true, in: transaction)
  }

  /// The mandates that bind this site now, in key order.
  package var duties: [MandateRecord] {
    directory.mandates.values.filter(binds).sorted { $0.key < $1.key }
  }

  private func binds(_ mandate: MandateRecord) -> Bool {
    !mandate.isLifted && mandate.waiver(directory.site) == nil
      && mandate.selects(directory.site, in: directory.tree)
  }

  // MARK: one mandate

  private func attend(
    to key: RecordKey, isOrdered: Bool = false, in transaction: Transaction
  ) throws {
    guard let mandate = directory.mandates[key], binds(mandate), let itemKey = mandate.item else {
      return
    }
    let receipt = ReceiptRecord(
      try transaction.record(.receipt(of: directory.site, for: key))?.record)
    guard let item = ItemRecord(try transaction.record(itemKey)?.record) else {
      if receipt?.state == nil { try write(.received, "no_item", for: key, receipt, transaction) }
      return
    }
    let placements = try transaction.placements(ofItem: itemKey).map(\.placement)
    let cause = PlacementCause(site: directory.site, kind: .mandate, id: key.id)
    let isPlaced = placements.contains {
      $0.owner == directory.site && $0.path(of: cause) != nil
    }
    if !isPlaced, !runsAtOnce, !isOrdered, receipt?.state != .reposted {
      if receipt?.state == nil { try write(.received, "", for: key, receipt, transaction) }
      return
    }
    if !isPlaced {
      guard let column = column(for: mandate, item) else {
        return try write(.failed, "no_column", for: key, receipt, transaction)
      }
      try transaction.write(
        PlacementRecord.edit(itemKey, in: column.key, cause: cause, path: []))
    }
    if item.shows {
      try write(.reposted, "", for: key, receipt, transaction)
    } else if receipt?.state != .reposted {
      try write(.received, "not_showing", for: key, receipt, transaction)
    }
  }

  private func column(for mandate: MandateRecord, _ item: ItemRecord) -> ColumnRecord? {
    mandate.column(
      among: directory.columns(of: directory.site),
      originPaths: item.columns.compactMap { directory.column($0)?.path })
  }

  /// The receipt's time is that of its state.
  private func write(
    _ state: ReceiptRecord.State, _ reason: String, for mandate: RecordKey,
    _ receipt: ReceiptRecord?, _ transaction: Transaction
  ) throws {
    if receipt?.state == state, receipt?.reason == reason { return }
    var edit = RecordEdit(.receipt(of: directory.site, for: mandate))
    edit.set(ReceiptRecord.Cell.mandate, mandate)
    edit.set(ReceiptRecord.Cell.state, state.rawValue)
    if receipt?.state != state { edit.set(ReceiptRecord.Cell.at, transaction.now) }
    edit.set(ReceiptRecord.Cell.reason, reason)
    edit.set(ReceiptRecord.Cell.evidence, state == .reposted ? "placement" : "")
    try transaction.write(edit)
  }
}
