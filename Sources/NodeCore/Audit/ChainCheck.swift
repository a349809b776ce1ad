import HTTPCore
import Replication
import Storage
import SyncProtocol

/// Compares the audit chain with itself, with the heads that the upstream saw of it, and the heads
/// of the children's chains with each other.
struct ChainCheck {
  enum Source: String { case chain, countersignature, upstream }

  struct Finding {
    let fault: AuditFault
    let source: Source
  }

  /// Entries of an earlier life of the store, which a restored copy does not have.
  struct Loss {
    /// The entry that began the present life.
    let since: Int64
    var first: Int64
    var last: Int64
  }

  struct Upstream {
    let site: SiteCode
    /// Why it could not be asked; nil where it answered.
    var silence: String?
    /// The newest head that it has seen.
    var last: Int64
    /// Countersignatures kept here whose key is the present one.
    var proved = 0
  }

  struct Child {
    let site: SiteCode
    let mark: AuditMark
    let fault: AuditMark.Fault?
  }

  let node: Node

  private(set) var inspection: AuditInspection
  private(set) var findings: [Finding] = []
  private(set) var losses: [Loss] = []
  private(set) var upstream: Upstream?
  private(set) var children: [Child] = []
  /// The newest entry of this life that the upstream says it has seen.
  private(set) var lastWitnessed: Int64 = 0
  /// Heads of entries that were pruned since they were seen.
  private(set) var prunedHeads: Set<Int64> = []

  init(_ node: Node, asksUpstream: Bool = true) throws {
    self.node = node
    let link = try node.store.read { try $0.upstreamLink() }
    var seen: [AuditMark] = []
    if let link, asksUpstream {
      upstream = Upstream(site: link.peer, last: 0)
      do {
        seen = try ChainCheck.ask(node)
      } catch {
        upstream?.silence = Refusal.of(error).message(.en)
      }
    }
    let kept: [AuditMark]
    (kept, children) = try node.store.read { snapshot in
      (
        try link.map { try snapshot.auditMarks($0.id) } ?? [],
        try ChainCheck.children(snapshot)
      )
    }
    inspection = try AuditInspection(
      node.store, digestsOf: Set((seen + kept).map(\.head.number)))
    findings = inspection.faults.map { Finding(fault: $0, source: .chain) }
    if let life = inspection.lives.last, life.epoch != inspection.epoch {
      findings.append(Finding(fault: AuditFault(.edited, life.number), source: .chain))
    }
    upstream?.last = (seen + kept).map(\.head.number).max() ?? 0
    lastWitnessed =
      seen.filter {
        $0.epoch == inspection.epoch && inspection.digests[$0.head.number] == $0.head.digest
      }.map(\.head.number).max() ?? 0
    let proved = proved(kept)
    upstream?.proved = proved
    judge(seen, .upstream)
    judge(kept, .countersignature)
  }

  var isSound: Bool { findings.isEmpty && children.allSatisfy { $0.fault == nil } }

  static func ask(_ node: Node) throws -> [AuditMark] {
    let channel = try node.channel(over: node.network)
    switch channel.send(SyncCall(.audit)) {
    case .success(.ok(let body, _)):
      return try AuditHeads(body).heads.map {
        AuditMark(
          head: $0.head, epoch: $0.epoch, at: $0.at, fault: AuditMark.Fault(rawValue: $0.fault))
      }
    case .success(.problem(_, let detail, _)):
      throw Refusal(.unreachable, channel.url.description, detail)
    case .success(.notModified): throw Refusal(.incompatible, channel.url.description, "304")
    case .failure(let failure):
      throw Refusal(.unreachable, channel.url.description, "\(failure)")
    }
  }

  /// A fault counts until the child's store begins a new life.
  private static func children(_ snapshot: Snapshot) throws -> [Child] {
    try snapshot.allLinks().filter { !$0.isUpstream }.compactMap { link in
      let marks = try snapshot.auditMarks(link.id)
      guard let newest = marks.last else { return nil }
      let present = marks.filter { $0.epoch == newest.epoch }
      return Child(
        site: link.peer, mark: newest, fault: present.compactMap(\.fault).first)
    }
  }

  private func proved(_ marks: [AuditMark]) -> Int {
    guard let (upstream, key) = node.keys.upstream else { return 0 }
    return marks.count { mark in
      guard let proof = mark.proof else { return false }
      let signed = Countersignature(
        child: node.site, upstream: upstream, epoch: mark.epoch, head: mark.head, time: mark.at)
      return signed.isProved(by: proof, key: key, node.store.identity.algorithm)
    }
  }

  /// Each head that was seen must be the chain's own, unless it is of an earlier life that a
  /// restored copy does not know.
  private mutating func judge(_ marks: [AuditMark], _ source: Source) {
    var firstCut: Int64?
    var lastCut: Int64 = 0
    var sound: Int64 = 0
    for mark in marks.sorted(by: { $0.head.number < $1.head.number }) where mark.fault == nil {
      let number = mark.head.number
      if inspection.digests[number] == mark.head.digest {
        sound = number
        continue
      }
      if let life = life(without: mark) {
        note(number, since: life)
      } else if number < inspection.start.number {
        prunedHeads.insert(number)
      } else if number == inspection.start.number {
        prunedHeads.insert(number)
        if inspection.start.digest != mark.head.digest, !isFound(.rewritten, number) {
          findings.append(Finding(fault: AuditFault(.rewritten, number), source: source))
        }
      } else if number > inspection.head.number {
        firstCut = firstCut ?? inspection.head.number + 1
        lastCut = number
      } else if inspection.digests[number] != nil, !isFound(.rewritten, number) {
        findings.append(
          Finding(fault: AuditFault(.rewritten, sound + 1, to: number), source: source))
      }
    }
    if let firstCut, !isFound(.cut, lastCut) {
      findings.append(Finding(fault: AuditFault(.cut, firstCut, to: lastCut), source: source))
    }
  }

  private func isFound(_ kind: AuditFault.Kind, _ last: Int64) -> Bool {
    findings.contains { $0.fault.kind == kind && $0.fault.last >= last }
  }

  /// The entry that began a life which the head is not of, and at or before which the head's own
  /// entry would stand.
  private func life(without mark: AuditMark) -> Int64? {
    let lives = inspection.lives
    return lives.indices.first { place in
      lives[place].number <= mark.head.number
        && !lives[place...].contains { $0.epoch == mark.epoch }
    }.map { lives[$0].number }
  }

  private mutating func note(_ number: Int64, since life: Int64) {
    if let place = losses.firstIndex(where: { $0.since == life }) {
      losses[place].last = max(losses[place].last, number)
    } else {
      losses.append(Loss(since: life, first: life, last: number))
    }
  }
}
