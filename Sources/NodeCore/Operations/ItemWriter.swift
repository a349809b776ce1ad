import Library
import Replication
import SiteGroup
import Storage

/// Writes what this site says of items: their content, their life, and where they stand by its
/// hand. Never writes a cell that another site has to write: it refuses first.
struct ItemWriter {
  let transaction: Transaction
  let library: SiteLibrary

  var site: SiteCode { transaction.site }

  /// What publishing is given beside the fields.
  struct Terms {
    /// Nil leaves the item where it stands.
    var columns: [ColumnRecord]?
    var isCoedited = false
    var externalID: String?
    var life = LifeRung.published
    var isMigrated = false
  }

  /// Publishes a new item of this site, or writes into one that has been published. False where it
  /// says so already.
  @discardableResult
  func publish(
    _ key: RecordKey, _ changes: ItemChanges, _ terms: Terms, over item: ItemRecord?
  ) throws -> Bool {
    if let item, item.record.isPurged { throw Refusal(.purged, item) }
    let isCoedited = terms.isCoedited || item?.isCoedited ?? false
    try checkPublishable(changes, over: item)
    var edit = RecordEdit(key)
    changes.without(emptyFieldsNotIn: item).write(into: &edit, isCoedited: isCoedited)
    if item?.life == nil {
      edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: terms.life.rawValue))
    } else if terms.life == .archived {
      if let archiving = try? item?.archiving(by: site) {
        edit[ItemRecord.Cell.life] = archiving[ItemRecord.Cell.life]
      }
    }
    if let externalID = terms.externalID { edit.set(ItemRecord.Cell.externalID, externalID) }
    if terms.isMigrated { edit.set(ItemRecord.Cell.migrated, true) }
    if terms.isCoedited { coedit(&edit, in: terms.columns ?? [], over: item) }
    let placements = try terms.columns.map { try stand(key, in: $0, over: item, &edit) } ?? []
    return try write([edit] + placements)
  }

  /// Writes fields into an item that is published here, its own or co-edited.
  func edit(_ item: ItemRecord, _ changes: ItemChanges) throws -> Bool {
    try publish(item.key, changes, Terms(), over: item)
  }

  private func checkPublishable(_ changes: ItemChanges, over item: ItemRecord?) throws {
    func text(_ field: ItemField) -> String { changes.texts[field] ?? item?.field(field) ?? "" }
    let publishedAt = changes.times[.publishedAt] ?? item?.publishedAt
    do {
      try ItemChecks.checkPublishable(
        title: text(.title), publishedAt: publishedAt, disclosure: text(.disclosure))
    } catch {
      throw Refusal(error)
    }
  }

  private func coedit(_ edit: inout RecordEdit, in columns: [ColumnRecord], over item: ItemRecord?)
  {
    let known = item?.coeditedIn ?? []
    edit.set(ItemRecord.Cell.coedited, true)
    edit.set(ItemRecord.Cell.coeditedIn, Set(known + columns.map(\.key)).sorted())
  }

  // MARK: columns

  /// The columns that a published item of this site stands in by this site's hand.
  func columns(of item: ItemRecord) throws -> [RecordKey] {
    let placed = try transaction.placements(ofItem: item.key).compactMap { _, placement in
      placement.path(of: manual) != nil ? placement.column : nil
    }
    return (item.origin == site ? item.columns : []) + placed
  }

  /// Makes an item of this site stand in exactly these columns by its hand: `in/` cells for its
  /// own columns, a cause in a placement for those of others.
  private func stand(
    _ key: RecordKey, in columns: [ColumnRecord], over item: ItemRecord?, _ edit: inout RecordEdit
  ) throws -> [RecordEdit] {
    let before = try item.map { try self.columns(of: $0) } ?? []
    let wanted = columns.map(\.key)
    var placements: [RecordEdit] = []
    for column in before where !wanted.contains(column) {
      if column.owner == site {
        edit.set(ItemRecord.Cell.placed(column.id), false)
      } else {
        placements.append(PlacementRecord.edit(key, in: column, cause: manual, path: nil))
      }
    }
    for column in wanted where !before.contains(column) {
      if column.owner == site {
        edit.set(ItemRecord.Cell.placed(column.id), true)
        if item != nil, let shown = try unhiding(key, in: column) { placements.append(shown) }
      } else {
        placements.append(PlacementRecord.edit(key, in: column, cause: manual, path: []))
      }
    }
    return placements
  }

  var manual: PlacementCause { PlacementCause(site: site, kind: .manual) }

  /// Takes back that this site hides the item in a column of its own.
  func unhiding(_ item: RecordKey, in column: RecordKey) throws -> RecordEdit? {
    let key = RecordKey.placement(of: item, in: column)
    guard PlacementRecord(try transaction.record(key)?.record)?.isHidden == true else {
      return nil
    }
    var edit = RecordEdit(key)
    edit.set(PlacementRecord.Cell.hide, false)
    return edit
  }

  // MARK: writing

  /// Writes edits of this site's; refuses what another site has to write.
  @discardableResult
  func write(_ edits: [RecordEdit]) throws -> Bool {
    var isChanged = false
    for edit in edits {
      try check(edit)
      if try transaction.write(edit) { isChanged = true }
    }
    return isChanged
  }

  private func check(_ edit: RecordEdit) throws {
    // The origin may write all that an edit of its own item holds.
    if edit.key.owner == site, edit.key.kind == .item { return }
    let old = try transaction.record(edit.key)?.record
    let stamp = Stamp(time: transaction.clock.last + 1, author: site)
    guard let record = Record.writing(edit, over: old, as: stamp) else { return }
    let permissions = library.directory.permissions
    for name in edit.writes.keys.sorted(by: utf8Less)
    where old?.cell(name) != record.cell(name) && !permissions.mayWrite(site, name, of: record) {
      throw Refusal(.notOwner, edit.key.id.description, edit.key.owner.text)
    }
  }
}
