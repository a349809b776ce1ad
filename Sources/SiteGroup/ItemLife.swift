import Replication

/// Why an item's life cannot be changed so.
package enum ItemRefusal: Error, Equatable, Sendable {
  case purged
  case notPublished
  case withdrawn
  /// The origin takes its own item back by withdrawing it; a hold is a higher level's.
  case ownItem
  /// The site is neither the origin nor above it.
  case notAbove
  /// Nothing of this site's is there to take back.
  case notWithdrawn
  case notHeld
  /// No epoch is left to begin.
  case lastEpoch
}

/// Lifecycles: each level writes cells of its own, with epochs of their own. A decision is an edit;
/// nil where the item says so already.
extension ItemRecord {
  /// Absorbs: within the epoch nothing brings the item back.
  package func withdrawing(
    by site: SiteCode, in tree: SiteTree, reason: String
  ) throws(ItemRefusal) -> RecordEdit? {
    let old = try ownRung(of: site, in: tree)
    if site == origin, old == nil { throw .notPublished }
    if old?.rung == LifeRung.withdrawn.rawValue { return nil }
    var edit = RecordEdit(key)
    edit[lifeCell(of: site)] = .rung(
      Rung(epoch: old?.epoch ?? 1, rung: LifeRung.withdrawn.rawValue))
    edit.set(site == origin ? Cell.withdrawReason : Cell.reason(site), reason)
    return edit
  }

  /// A new epoch of the site's own cell; other levels' withdrawals and holds stay.
  package func reissuing(
    by site: SiteCode, in tree: SiteTree
  ) throws(ItemRefusal) -> RecordEdit? {
    guard let old = try ownRung(of: site, in: tree) else {
      throw site == origin ? .notPublished : .notWithdrawn
    }
    if old.rung == LifeRung.published.rawValue { return nil }
    var edit = RecordEdit(key)
    edit[lifeCell(of: site)] = .rung(
      Rung(epoch: try epoch(after: old), rung: LifeRung.published.rawValue))
    return edit
  }

  package func archiving(by site: SiteCode) throws(ItemRefusal) -> RecordEdit? {
    if record.isPurged { throw .purged }
    guard site == origin else { throw .notAbove }
    guard let life else { throw .notPublished }
    switch LifeRung(rawValue: life.rung) {
    case .published: break
    case .archived: return nil
    case .withdrawn, nil: throw .withdrawn
    }
    var edit = RecordEdit(key)
    edit[Cell.life] = .rung(Rung(epoch: life.epoch, rung: LifeRung.archived.rawValue))
    return edit
  }

  package func holding(
    by site: SiteCode, in tree: SiteTree, reason: String
  ) throws(ItemRefusal) -> RecordEdit? {
    let old = try holdRung(of: site, in: tree)
    if old?.rung == 1 { return nil }
    var edit = RecordEdit(key)
    edit[Cell.hold(site)] = .rung(Rung(epoch: old?.epoch ?? 1, rung: 1))
    if !reason.isEmpty { edit.set(Cell.reason(site), reason) }
    return edit
  }

  /// A new epoch, so that it can be held again.
  package func releasing(
    by site: SiteCode, in tree: SiteTree
  ) throws(ItemRefusal) -> RecordEdit? {
    guard let old = try holdRung(of: site, in: tree) else { throw .notHeld }
    if old.rung == 0 { return nil }
    var edit = RecordEdit(key)
    edit[Cell.hold(site)] = .rung(Rung(epoch: try epoch(after: old), rung: 0))
    return edit
  }

  /// A cell may have come with any number in it.
  private func epoch(after old: Rung) throws(ItemRefusal) -> UInt64 {
    guard old.epoch < .max else { throw .lastEpoch }
    return old.epoch + 1
  }

  // MARK: whose cells

  private func lifeCell(of site: SiteCode) -> String {
    site == origin ? Cell.life : Cell.life(site)
  }

  private func ownRung(of site: SiteCode, in tree: SiteTree) throws(ItemRefusal) -> Rung? {
    if record.isPurged { throw .purged }
    guard site == origin || tree.above(origin).contains(site) else { throw .notAbove }
    return record.rung(lifeCell(of: site))
  }

  private func holdRung(of site: SiteCode, in tree: SiteTree) throws(ItemRefusal) -> Rung? {
    if record.isPurged { throw .purged }
    if site == origin { throw .ownItem }
    guard tree.above(origin).contains(site) else { throw .notAbove }
    return record.rung(Cell.hold(site))
  }
}
