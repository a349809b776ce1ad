import Bytes
import Library
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// The serving end of a link: answers one call of a known child in one transaction.
struct SyncServer {
  let node: Node

  func answer(_ call: SyncCall, from peer: SiteCode) throws -> SyncReply {
    do {
      switch call.endpoint {
      case .link: return try describe(peer, etag: call.etag)
      case .pull:
        let request = try PullRequest(call.body)
        return try within(request.head, from: peer, "pull") { try pull(request, $0, $1) }
      case .push:
        let request = try PushRequest(call.body)
        let items = ReadStream(
          request.items, node.store.identity.algorithm, node.ports, node.network)
        do {
          return try within(request.head, from: peer, "push") {
            try push(items, sum: request.sum, $0, $1)
          }
        } catch is UnsoundPush {
          let answer = PushResponse(time: node.ports.now(), isUnsound: true)
          return .ok(body: answer.body, etag: nil)
        }
      case .reconcile:
        let request = try ReconcileRequest(call.body)
        return try within(request.head, from: peer, "reconcile", isReconciling: true) {
          try reconcile(request, $0, $1)
        }
      case .audit: return try heads(of: peer)
      }
    } catch let error as Malformed {
      return .problem(.incompatible, detail: "\(error.what) (octet \(error.offset))")
    }
  }

  static let unknownPeer = SyncReply.problem(
    .operatorNeeded, detail: "this node has no such child")

  // MARK: link

  private func describe(_ peer: SiteCode, etag: String?) throws -> SyncReply {
    let (reply, unseen) = try node.store.read { snapshot -> (SyncReply, Int64?) in
      guard let link = try snapshot.link(to: peer), !link.isUpstream else {
        return (Self.unknownPeer, nil)
      }
      let isRecent = link.seenAt.map {
        (0..<Self.seenMilliseconds).contains(snapshot.now - $0)
      }
      return (try describe(link, etag: etag, in: snapshot), isRecent == true ? nil : link.id)
    }
    // A child in step does nothing but poll, and is no less there for it. One write in a while: a
    // poll must stay cheap.
    if let unseen {
      try node.store.write(quietly: true) { transaction in
        try transaction.change(unseen) { $0.seenAt = transaction.now }
      }
    }
    return reply
  }

  private func describe(
    _ link: LinkState, etag: String?, in snapshot: Snapshot
  ) throws -> SyncReply {
    let epoch = try snapshot.epoch()
    let room = try node.room(for: link.peer, in: snapshot)
    let present = try snapshot.etag(link, epoch: epoch, room: room)
    if present == etag { return .notModified }
    let description = LinkDescription(
      epoch: epoch, knownEpoch: link.peerEpoch, time: snapshot.now, head: link.head,
      dictionaries: RecordCodec.dictionaries,
      fingerprint: try snapshot.comparableFingerprint(link), site: node.site.text,
      pageBytes: SyncLimits.pageBytes, algorithm: snapshot.algorithm.name,
      missingBlobs: Int64(try snapshot.missingBlobsCount(link.id)), room: room)
    return .ok(body: description.body, etag: present)
  }

  /// With what a poll may be answered from memory (`PollMemory`), five minutes.
  private static let seenMilliseconds: Int64 = 240_000

  // MARK: admission

  private func within(
    _ head: SessionHead, from peer: SiteCode, _ operation: String, isReconciling: Bool = false,
    _ body: (Transaction, LinkState) throws -> [UInt8]
  ) throws -> SyncReply {
    try node.store.write { transaction in
      guard let link = try transaction.link(to: peer), !link.isUpstream else {
        return Self.unknownPeer
      }
      if let problem = try refusal(of: head, link, transaction, isReconciling: isReconciling) {
        if case .problem(.operatorNeeded, let detail, _) = problem {
          node.noteRefusal(
            AuditEvent(
              .refusal, site: peer.text, operation: operation, subject: detail,
              result: SyncProblem.operatorNeeded.rawValue), in: transaction)
        }
        return problem
      }
      transaction.attribute(
        to: AuditEvent(.sync, site: peer.text, operation: operation), .onRecords)
      try transaction.change(link.id) {
        $0.ticket = head.next
        $0.requests = head.number
        $0.seenAt = transaction.now
      }
      try transaction.heard(link.id, peerTime: head.time)
      try transaction.correctClock()
      let answer = try body(transaction, try transaction.linkState(link.id))
      return .ok(body: answer, etag: nil)
    }
  }

  /// Tickets find clones and old copies of a directory; epochs find restored stores.
  private func refusal(
    of head: SessionHead, _ link: LinkState, _ snapshot: Transaction, isReconciling: Bool
  ) throws -> SyncReply? {
    let isSameEpoch = head.epoch == link.peerEpoch
    if try snapshot.pastEpochs(link).contains(head.epoch) {
      return .problem(.operatorNeeded, detail: "this store was replaced by another")
    }
    if !isSameEpoch && !link.isRefilling && head.last != nil {
      return .problem(.operatorNeeded, detail: "a store with another past holds a ticket")
    }
    if isSameEpoch, let ticket = link.ticket, ticket != head.last, ticket != head.next {
      return .problem(
        .operatorNeeded, detail: "an old copy or a clone: its ticket is not the current one")
    }
    if isSameEpoch, head.number < link.requests {
      return .problem(.retryLater, detail: "a later request has come before this one")
    }
    if !isReconciling && (!isSameEpoch || head.knownEpoch != snapshot.epoch) {
      return .problem(.rebaseRequired, detail: "the stores must reconcile first")
    }
    return nil
  }

  // MARK: push

  /// The wholes are not what their sum says: what was taken of them is undone.
  private struct UnsoundPush: Error {}

  private func push(
    _ items: ReadStream, sum: DigestSum?, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    let reception = try Reception(
      transaction, node.library, link, quota: node.settings.siteLimits.quota)
    var response = PushResponse(time: transaction.now)
    var refused: [(key: RecordKey, reason: String)] = []
    var place = 0
    func take(_ item: ReadItem) throws {
      defer { place += 1 }
      switch try reception.receive(item) {
      case .taken, .left: break
      case .wanted(let key): response.wants.append(key)
      case .refused(let key, let digest, let refusals):
        if refusals.contains(where: { $0.reason == .rejoin }) {
          try transaction.change(link.id) { $0.operatorNeeded = "lacks" }
        }
        refused.append((key, refusals.reason))
        response.refused.append(
          PushResponse.Refused(
            key: key, digest: digest, reason: refusals.reason,
            detail: refusals.detail(now: transaction.now)))
      case .damaged(let key, let digest):
        response.refused.append(
          PushResponse.Refused(
            key: key, digest: digest, reason: Reception.damagedReason, detail: ""))
      case .unreadable(let malformed, _, _):
        response.unreadable.append(PushResponse.Unreadable(place: place, reason: malformed.what))
      }
    }
    while true {
      let part = items.next()
      if part.isEmpty { break }
      for item in part { try take(item) }
      // Not all at the end: the next part is being read meanwhile.
      try reception.settle()
    }
    if let sum, sum != items.sum { throw UnsoundPush() }
    node.noteRefused(refused, by: "push", of: link.peer, in: transaction)
    let told = max(link.acknowledged, link.ordersAcknowledged)
    response.hasNoOrders = try !transaction.mayHavePending(link.id, after: told, orders: true)
    return response.body
  }
}
