import Library
import Replication
import Storage

/// Brings damaged records back from the neighbours that hold them. Only the copy here is touched.
struct StoreRepair {
  /// Where a record can come from.
  enum Source: Equatable {
    /// The upstream holds the very state that was damaged, or a later one.
    case upstream
    /// A child does; it comes with the child's next session.
    case child(SiteCode)
    /// Nobody is known to hold all of it: what was written here last, and had not gone anywhere.
    case nobody
  }

  struct Outcome {
    var repaired: [RecordKey] = []
    var awaited: [RecordKey] = []
    /// What was written last is gone; an earlier state stands in its place where there was one.
    var lost: [RecordKey] = []
    var octetsSent = 0
    var octetsReceived = 0
  }

  let node: Node
  /// What the audit is told of a repair.
  var act: AuditEvent?

  /// What would become of each: the same as `run` answers, where the neighbours keep their word.
  func rehearse(_ damages: [Damage]) throws -> Outcome {
    try node.store.read { snapshot in
      var outcome = Outcome()
      for damage in damages {
        switch try source(of: damage, in: snapshot) {
        case .upstream: outcome.repaired.append(damage.key)
        case .child: outcome.awaited.append(damage.key)
        case .nobody: outcome.lost.append(damage.key)
        }
      }
      return outcome
    }
  }

  /// One session with the upstream, when something is wanted of it. Throws before anything is
  /// touched where it cannot be reached.
  func run(_ damages: [Damage]) throws -> Outcome {
    var outcome = Outcome()
    let isBelow = try node.store.read { try $0.upstreamLink() } != nil
    if isBelow { _ = try node.compareWithUpstream() }
    let open = try node.store.write { transaction in
      if let act { transaction.attribute(to: act) }
      return try begin(damages, &outcome, in: transaction)
    }
    if isBelow, !open.isEmpty {
      let session = try node.synchronize()
      (outcome.octetsSent, outcome.octetsReceived) = (session.octetsSent, session.octetsReceived)
    }
    let isChanged = try node.store.read { try end(open, &outcome, in: $0) }
    if isChanged { try node.store.rebuildFollowers() }
    return outcome
  }

  private func source(of damage: Damage, in snapshot: Snapshot) throws -> Source {
    let entries = try snapshot.entries(of: damage.row)
    let links = try snapshot.allLinks()
    func holds(_ link: LinkState) -> Bool {
      entries.contains { $0.link == link.id && $0.entry.agreed == damage.digest }
    }
    if links.contains(where: { $0.isUpstream && holds($0) }) { return .upstream }
    return links.first { !$0.isUpstream && holds($0) }.map { .child($0.peer) } ?? .nobody
  }

  /// Takes the damaged octets away and asks for the record. What is this site's own comes back
  /// too: the links are refilled until they are in step.
  private func begin(
    _ damages: [Damage], _ outcome: inout Outcome, in transaction: Transaction
  ) throws -> [(damage: Damage, source: Source)] {
    try transaction.dropDamagedVersions()
    let upstream = try transaction.upstreamLink()?.id
    var open: [(damage: Damage, source: Source)] = []
    for damage in damages {
      let source = try source(of: damage, in: transaction)
      if try transaction.mendDigest(damage) {
        outcome.repaired.append(damage.key)
        continue
      }
      try transaction.discard(damage)
      if source == .nobody { _ = try transaction.restoreVersion(damage) }
      open.append((damage, source))
      if let upstream {
        try transaction.want(upstream, damage.key)
        try transaction.change(upstream) { $0.isRefilling = true }
      }
      if case .child(let peer) = source, let link = try transaction.link(to: peer) {
        // Without the entry the fingerprints differ, and the child offers what it holds.
        let entry = try transaction.entry(link.id, damage.row)
        try transaction.setEntry(link.id, damage.row, from: entry, to: nil)
        try transaction.change(link.id) { $0.isRefilling = true }
      }
    }
    return open
  }

  /// Whether some record is not what it was before.
  private func end(
    _ open: [(damage: Damage, source: Source)], _ outcome: inout Outcome,
    in snapshot: Snapshot
  ) throws -> Bool {
    var isChanged = false
    for (damage, source) in open {
      let digest = try snapshot.digest(of: damage.key)?.digest
      if digest == damage.digest || (digest != nil && source == .upstream) {
        outcome.repaired.append(damage.key)
      } else if case .child = source {
        outcome.awaited.append(damage.key)
      } else {
        outcome.lost.append(damage.key)
      }
      if digest != damage.digest { isChanged = true }
    }
    return isChanged
  }
}
