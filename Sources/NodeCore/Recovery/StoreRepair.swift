import Bytes
import Library
import Replication
import Storage

/// Sets right what is not as this program left it: what is derived from the records, records from
/// the neighbours that hold them. Only the copy here is touched.
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
    /// Of a rehearsal: what it would not touch.
    var unrepaired: [Verify.Finding] = []
    var octetsSent = 0
    var octetsReceived = 0
  }

  /// What was taken away and is to come back.
  private struct Open {
    let key: RecordKey
    /// Of the state that stood there; nil where that is not known.
    let digest: Digest?
    let source: Source
  }

  let node: Node
  /// What the audit is told of a repair.
  var act: AuditEvent?

  /// What would become of each: the same as `run` answers, where the neighbours keep their word.
  func rehearse(_ check: TamperCheck) throws -> Outcome {
    try node.store.read { snapshot in
      var outcome = Outcome()
      for damage in check.inspection.damages {
        switch try source(of: damage, in: snapshot) {
        case _ where damage.what == .inserted || damage.isBesideOctets, .upstream:
          outcome.repaired.append(damage.key)
        case .child: outcome.awaited.append(damage.key)
        case .nobody where damage.what == .changed:
          outcome.unrepaired.append(Verify.Finding(damage))
        case .nobody: outcome.lost.append(damage.key)
        }
      }
      let isBelow = try snapshot.upstreamLink() != nil
      for fault in check.inspection.faults where !(isBelow && isMendable(fault)) {
        outcome.unrepaired.append(Verify.Finding(fault))
      }
      return outcome
    }
  }

  private func isMendable(_ fault: RowDefect) -> Bool {
    fault.table == "versions" || fault.table == "entries" || fault.row != nil
      || fault.table == "records" && fault.key != nil
  }

  /// One session with the upstream, when something is wanted of it. Throws before anything is
  /// touched where it cannot be reached.
  func run(_ check: TamperCheck) throws -> Outcome {
    var outcome = Outcome()
    let isBelow = try node.store.read { try $0.upstreamLink() } != nil
    if isBelow { _ = try node.compareWithUpstream() }
    var asks = false
    let open = try node.store.write { transaction in
      if let act { transaction.attribute(to: act) }
      try transaction.dropDamagedVersions()
      var open = try takeAway(check.inspection.damages, &outcome, in: transaction)
      open += try takeAway(gone: check.inspection.faults, in: transaction)
      asks =
        try renewFingerprints(check.inspection.faults, in: transaction) || !open.isEmpty
        || check.inspection.faults.contains { $0.table == StoreSeal.Part.records.table }
      if asks, let upstream = try transaction.upstreamLink()?.id {
        try transaction.change(upstream) { ($0.isRefilling, $0.etag) = (true, nil) }
      }
      return open
    }
    var isInStep = false
    if isBelow, asks {
      let session = try node.synchronize(by: act?.operatorName)
      isInStep = session.report.isInStep
      (outcome.octetsSent, outcome.octetsReceived) = (session.octetsSent, session.octetsReceived)
    }
    let isChanged = try node.store.read { try end(open, &outcome, in: $0) }
    let isDerivedWrong = !check.derived.isEmpty || !check.gone.isEmpty
    let wasInserted = check.inspection.damages.contains { $0.what == .inserted }
    if isChanged || isDerivedWrong || wasInserted { try node.store.rebuildFollowers() }
    if isInStep { try sealConfirmed() }
    return outcome
  }

  /// The upstream holds the same as this node by now. Where the records still do not add up, nobody
  /// knew what one of those had been that came back.
  private func sealConfirmed() throws {
    guard try TamperCheck(node).isRemainderOfRecords else { return }
    try node.store.write { transaction in
      if let act { transaction.attribute(to: act) }
      try transaction.seal(.records)
    }
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

  // MARK: taking away

  /// Takes the damaged octets away and asks for the record. What is this site's own comes back
  /// too: the links are refilled until they are in step.
  private func takeAway(
    _ damages: [Damage], _ outcome: inout Outcome, in transaction: Transaction
  ) throws -> [Open] {
    var open: [Open] = []
    for damage in damages {
      let source = try source(of: damage, in: transaction)
      if try transaction.mendDigest(damage) {
        outcome.repaired.append(damage.key)
        continue
      }
      // Most of it may be right: what to keep of it is for a person to say.
      if damage.what == .changed, source == .nobody { continue }
      try transaction.discard(damage)
      if damage.what == .inserted {
        outcome.repaired.append(damage.key)
        continue
      }
      if source == .nobody { _ = try transaction.restoreVersion(damage) }
      open.append(Open(key: damage.key, digest: damage.digest, source: source))
      if let upstream = try transaction.upstreamLink()?.id {
        try transaction.want(upstream, damage.key)
      }
      if case .child(let peer) = source, let link = try transaction.link(to: peer) {
        try forget(damage.row, link.id, in: transaction)
      }
    }
    return open
  }

  /// Of records that are gone, what is left: the links tell where they differ.
  private func takeAway(
    gone faults: [RowDefect], in transaction: Transaction
  ) throws -> [Open] {
    var open: [Open] = []
    let upstream = try transaction.upstreamLink()?.id
    for fault in faults {
      guard fault.what == .missing, let row = fault.row else { continue }
      var source = Source.nobody
      var digest: Digest?
      for (link, entry) in try transaction.entries(of: row) {
        digest = entry.agreed ?? digest
        if link == upstream {
          source = .upstream
        } else if source == .nobody {
          source = .child(try transaction.linkState(link).peer)
        }
        try forget(row, link, in: transaction)
      }
      if let digest { try transaction.reseal(.records, from: digest, to: nil) }
      guard let key = fault.key else { continue }
      if let upstream { try transaction.want(upstream, key) }
      open.append(Open(key: key, digest: digest, source: source))
    }
    return open
  }

  /// Without the entry the fingerprints differ, and the other end offers what it holds.
  private func forget(_ row: Int64, _ link: Int64, in transaction: Transaction) throws {
    let entry = try transaction.entry(link, row)
    try transaction.setEntry(link, row, from: entry, to: nil)
    try transaction.change(link) { $0.isRefilling = true }
  }

  /// Where entries do not add up to what both ends compare, they say what they are: then the ends
  /// differ, and reconcile.
  private func renewFingerprints(
    _ faults: [RowDefect], in transaction: Transaction
  ) throws -> Bool {
    let links = Set(faults.filter { $0.table == "entries" }.map(\.name))
    for link in try transaction.allLinks() where links.contains(link.peer.text) {
      try transaction.renewFingerprint(link.id)
    }
    return !links.isEmpty
  }

  // MARK: the end

  /// Whether some record is not what it was before.
  private func end(
    _ open: [Open], _ outcome: inout Outcome, in snapshot: Snapshot
  ) throws -> Bool {
    var isChanged = false
    for one in open {
      let digest = try snapshot.digest(of: one.key)?.digest
      if digest != nil, digest == one.digest || one.source == .upstream {
        outcome.repaired.append(one.key)
      } else if case .child = one.source {
        outcome.awaited.append(one.key)
      } else {
        outcome.lost.append(one.key)
      }
      if digest != one.digest { isChanged = true }
    }
    return isChanged
  }
}
