import Replication
import Storage
import SyncProtocol

extension SyncServer {
  /// Keeps the head of a child's chain, and signs it; nil where it is not what it should be.
  func countersign(
    _ request: PullRequest, _ link: LinkState, in transaction: Transaction
  ) throws -> [UInt8]? {
    guard let chain = request.chain, let key = node.keys.key(ofChild: link.peer) else {
      return nil
    }
    let epoch = request.head.epoch
    let last = try transaction.lastAuditMark(link.id)
    let fault = last.flatMap { Self.fault(of: chain, epoch, after: $0) }
    var mark = AuditMark(head: chain, epoch: epoch, at: transaction.now, fault: fault)
    if let fault {
      if try transaction.newestAuditMark(link.id)?.says(the: mark) == true { return nil }
      try transaction.addAuditMark(mark, link.id)
      transaction.tell(
        AuditEvent(
          .refusal, site: link.peer.text, operation: "audit",
          subject: "\(last?.head.number ?? 0) → \(chain.number)",
          result: fault == .wentBack ? "went_back" : "forked"))
      return nil
    }
    let signed = Countersignature(
      child: link.peer, upstream: node.site, epoch: epoch, head: chain, time: transaction.now)
    let proof = signed.proof(key: key, transaction.algorithm)
    if last?.says(the: mark) == true { return proof }
    mark.proof = proof
    try transaction.addAuditMark(mark, link.id)
    if let last, last.epoch != epoch {
      transaction.tell(
        AuditEvent(
          .recovery, site: link.peer.text, operation: "audit",
          subject: "\(last.head.number) → \(chain.number)", result: "new_life"))
    }
    return proof
  }

  private static func fault(
    of chain: ChainHead, _ epoch: [UInt8], after last: AuditMark
  ) -> AuditMark.Fault? {
    guard last.epoch == epoch else { return nil }
    if chain.number < last.head.number { return .wentBack }
    return chain.number == last.head.number && chain.digest != last.head.digest ? .forked : nil
  }

  /// The heads of its chain that a child may compare with.
  func heads(of peer: SiteCode) throws -> SyncReply {
    try node.store.read { snapshot in
      guard let link = try snapshot.link(to: peer), !link.isUpstream else {
        return Self.unknownPeer
      }
      let heads = try snapshot.auditMarks(link.id).map { mark in
        AuditHeads.Seen(
          head: mark.head, epoch: mark.epoch, at: mark.at, fault: mark.fault?.rawValue ?? 0)
      }
      return .ok(
        body: AuditHeads(time: snapshot.now, site: node.site.text, heads: heads).body, etag: nil)
    }
  }
}

extension AuditMark {
  fileprivate func says(the other: AuditMark) -> Bool {
    head == other.head && epoch == other.epoch && fault == other.fault
  }
}

extension SyncRun {
  /// Keeps that the upstream has seen the head that the last pull named, and its signature.
  func keepCountersignature(
    _ response: PullResponse, from upstream: SiteCode, in transaction: Transaction
  ) throws {
    guard let chain = toldChain else { return }
    let last = try transaction.lastAuditMark(linkID)
    if last?.head == chain, last?.epoch == transaction.epoch, last?.proof != nil { return }
    if last?.head == chain, last?.epoch == transaction.epoch, response.proof == nil { return }
    let signed = Countersignature(
      child: node.site, upstream: upstream, epoch: transaction.epoch, head: chain,
      time: response.time)
    let key = node.keys.upstream?.key ?? []
    let proof = response.proof.flatMap {
      signed.isProved(by: $0, key: key, transaction.algorithm) ? $0 : nil
    }
    try transaction.addAuditMark(
      AuditMark(head: chain, epoch: transaction.epoch, at: response.time, proof: proof), linkID)
  }

  /// Whether the chain has entries that the upstream has not seen.
  func hasUntoldEntries(_ snapshot: Snapshot) throws -> Bool {
    try snapshot.auditHead().number > (snapshot.lastAuditMark(linkID)?.head.number ?? 0)
  }
}
