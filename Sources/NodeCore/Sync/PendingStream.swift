import Replication
import Storage

extension Snapshot {
  /// What this node would send to its upstream after `pushed`: pending, and not refused already in
  /// this very state. The body answers false to stop.
  func pendingUpward(
    _ link: LinkState, withOctets: Bool = false, _ body: (StreamEntry) throws -> Bool
  ) throws {
    try stream(link.id, after: link.pushed, withOctets: withOctets) { entry in
      guard entry.isPending, !entry.entry.hasLeft else { return true }
      if let aside = try aside(link.id, .mine, .push, entry.key), aside.digest == entry.digest {
        return true
      }
      return try body(entry)
    }
  }

  func hasPendingUpward(_ link: LinkState) throws -> Bool {
    var isPending = false
    try pendingUpward(link) { _ in
      isPending = true
      return false
    }
    return isPending
  }

  package func pendingUpwardCount(_ link: LinkState) throws -> Int {
    var count = 0
    try pendingUpward(link) { _ in
      count += 1
      return true
    }
    return count
  }

  /// Records that a child has not acknowledged yet.
  package func pendingDownwardCount(_ link: LinkState) throws -> Int {
    var count = 0
    try stream(link.id, after: link.acknowledged) { entry in
      if entry.isPending { count += 1 }
      return true
    }
    return count
  }
}
