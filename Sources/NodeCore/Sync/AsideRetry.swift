import Library
import Replication
import Storage

/// Tries again what was set aside: when registry, columns or program changed, and daily; stamps
/// that were ahead, once the time has come.
enum AsideRetry {
  /// Rises with whatever may make this program take what an earlier one refused.
  private static let programVersion = 1
  private static let dayMilliseconds: Int64 = 86_400_000

  static func retryWhatChanged(
    _ link: Int64, _ library: SiteLibrary, in transaction: Transaction
  ) throws {
    let asides = try transaction.asides(link, side: .mine)
    if asides.isEmpty { return }
    let name = "retried/\(link)"
    let token =
      "\(programVersion)/\(library.directory.revision)/\(transaction.now / dayMilliseconds)"
    let isDue = try transaction.meta(name) != token
    if isDue { try transaction.setMeta(name, token) }
    for aside in asides {
      let isClock = aside.reason == CellRefusal.Reason.clock.rawValue
      let waited = transaction.now - aside.at
      if isDue || (isClock && waited > HybridClock.aheadMillisecondsMax) {
        try retry(aside, link, in: transaction)
      }
    }
  }

  /// Tries again what was beyond a quota at the upstream, once that is another or more of it is
  /// free: `room` is its limits and, last, the free share.
  static func retryWhatHasRoom(_ room: [Int64], _ link: Int64, _ store: Store) throws {
    let name = "room/\(link)"
    let text = try store.read(asksFollowers: false) { try $0.meta(name) }
    let known = (text ?? "").split(separator: " ").compactMap { Int64($0) }
    if room == known { return }
    let isSameQuota = room.dropLast() == known.dropLast()
    let hasMore = !isSameQuota || room.last ?? 0 > known.last ?? 0
    try store.write { transaction in
      let told = room.map(String.init).joined(separator: " ")
      try transaction.setMeta(name, room.isEmpty ? nil : told)
      guard hasMore else { return }
      for aside in try transaction.asides(link, side: .mine)
      where aside.reason == CellRefusal.Reason.quota.rawValue {
        try retry(aside, link, in: transaction)
      }
    }
  }

  static func retry(_ aside: Aside, _ link: Int64, in transaction: Transaction) throws {
    // What is damaged would only be set aside again.
    if let row = try transaction.row(of: aside.key), try !transaction.isUndamaged(row) { return }
    try transaction.clearAside(link, .mine, aside.direction, aside.key)
    switch aside.direction {
    case .pull: try transaction.want(link, aside.key)
    case .push:
      guard let row = try transaction.row(of: aside.key),
        let old = try transaction.entry(link, row)
      else { return }
      var entry = old
      entry.sequence = transaction.nextSequence()
      try transaction.setEntry(link, row, from: old, to: entry)
    }
  }
}
