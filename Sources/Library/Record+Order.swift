import Replication
import SiteGroup

extension Record {
  /// Whether it orders something or answers an order: the registry, mandates and receipts, and an
  /// item that some level has withdrawn, held or purged. Such records are few, and go before all
  /// others.
  var isOrder: Bool {
    switch key.kind {
    case .site, .mandate, .receipt: return true
    case .item:
      if isPurged { return true }
      return cells.contains { name, cell in
        if name.hasPrefix("hold/") { return true }
        guard name == "life" || name.hasPrefix("life/"), case .rung(let rung, _) = cell else {
          return false
        }
        return rung.rung == LifeRung.withdrawn.rawValue
      }
    default: return false
    }
  }
}
