import Replication
import SiteGroup

extension Record {
  /// Whether it orders something or answers an order: the registry, mandates and receipts, and an
  /// item that some level has withdrawn, held or purged, or what was offered of one that is purged.
  /// Such records are few, and go before all others.
  var isOrder: Bool {
    switch key.kind {
    case .site, .mandate, .receipt: return true
    case .item:
      if isPurged { return true }
      if hasCell(under: ItemRecord.Cell.holdPrefix) { return true }
      let isWithdrawn = { (rung: Rung?) in rung?.rung == LifeRung.withdrawn.rawValue }
      return isWithdrawn(rung(ItemRecord.Cell.life))
        || hasCell(under: ItemRecord.Cell.lifePrefix, where: isWithdrawn)
    case .snapshot: return isPurged
    default: return false
    }
  }
}
