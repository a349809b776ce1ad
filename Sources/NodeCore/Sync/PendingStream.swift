import Replication
import Storage
import SyncProtocol

extension Snapshot {
  /// What this node would send to its upstream after `pushed`: pending, undamaged, and not refused
  /// already in this very state. The body answers false to stop.
  func pendingUpward(
    _ link: LinkState, _ lane: Lane = .all, after sequence: Int64? = nil,
    withOctets: Bool = false, _ body: (StreamEntry) throws -> Bool
  ) throws {
    try stream(
      link.id, after: sequence ?? link.pushed, orders: lane == .orders, unsettled: true,
      withOctets: withOctets
    ) { entry in
      guard entry.isPending, !entry.entry.hasLeft, try isUndamaged(entry.row) else {
        return true
      }
      if lane == .others, entry.entry.isOrder { return true }
      if let aside = try aside(link.id, .mine, .push, entry.key), aside.digest == entry.digest {
        return true
      }
      return try body(entry)
    }
  }

  func hasPendingUpward(_ link: LinkState, _ lane: Lane = .all) throws -> Bool {
    let lanes = [(Lane.orders, true), (.others, false)].filter { lane == .all || $0.0 == lane }
    guard
      try lanes.contains(where: {
        try mayHavePending(link.id, after: link.pushed, orders: $0.1)
      })
    else { return false }
    var isPending = false
    try pendingUpward(link, lane) { _ in
      isPending = true
      return false
    }
    return isPending
  }

  func pending(_ link: LinkState) throws -> SyncSession.Pending {
    SyncSession.Pending(
      orders: try hasPendingUpward(link, .orders), others: try hasPendingUpward(link, .others))
  }

  package func pendingUpwardCount(_ link: LinkState, _ lane: Lane = .all) throws -> Int {
    var count = 0
    try pendingUpward(link, lane) { _ in
      count += 1
      return true
    }
    return count
  }

  /// Records that a child has not acknowledged yet.
  package func pendingDownwardCount(_ link: LinkState) throws -> Int {
    var count = 0
    try stream(link.id, after: link.acknowledged, unsettled: true) { entry in
      if entry.isPending { count += 1 }
      return true
    }
    return count
  }
}

/// What of a stream: orders go before all others.
package enum Lane: Sendable { case all, orders, others }
