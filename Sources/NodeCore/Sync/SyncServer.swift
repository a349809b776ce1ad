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
        return try within(request.head, from: peer, "push") { try push(request, $0, $1) }
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
    try noteSeen(peer)
    return try node.store.read { snapshot in
      guard let link = try snapshot.link(to: peer), !link.isUpstream else {
        return Self.unknownPeer
      }
      let epoch = try snapshot.epoch()
      let present = try snapshot.etag(link, epoch: epoch)
      if present == etag { return .notModified }
      let description = LinkDescription(
        epoch: epoch, knownEpoch: link.peerEpoch, time: snapshot.now, head: link.head,
        dictionaries: RecordCodec.dictionaries,
        fingerprint: try snapshot.comparableFingerprint(link), site: node.site.text,
        pageBytes: SyncLimits.pageBytes, algorithm: snapshot.algorithm.name,
        missingBlobs: Int64(try snapshot.missingBlobsCount(link.id)))
      return .ok(body: description.body, etag: present)
    }
  }

  /// A child in step does nothing but poll, and is no less there for it. One write in a while: a
  /// poll must stay cheap.
  private func noteSeen(_ peer: SiteCode) throws {
    let now = node.ports.now()
    guard let link = try node.store.read({ try $0.link(to: peer) }), !link.isUpstream else {
      return
    }
    let isRecent = link.seenAt.map { (0..<Self.seenMilliseconds).contains(now - $0) } ?? false
    if !isRecent { try node.store.write { try $0.change(link.id) { $0.seenAt = now } } }
  }

  private static let seenMilliseconds: Int64 = 300_000

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

  private func push(
    _ request: PushRequest, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    let reception = Reception(transaction, node.library, link)
    var response = PushResponse(time: transaction.now)
    var refused: [(key: RecordKey, reason: String)] = []
    for (place, item) in request.items.enumerated() {
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
      case .unreadable(let malformed, _, _):
        response.unreadable.append(PushResponse.Unreadable(place: place, reason: malformed.what))
      }
    }
    node.noteRefused(refused, by: "push", of: link.peer, in: transaction)
    return response.body
  }

  // MARK: pull

  private func pull(
    _ request: PullRequest, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    try note(request.asides, link.id, in: transaction)
    for key in request.wants { try sendWhole(key, link.id, in: transaction) }
    try acknowledge(upTo: request.cursor, link.id, in: transaction)
    let page = try page(request, link.id, in: transaction)
    if !page.items.isEmpty, transaction.clock.last > link.offered {
      try transaction.change(link.id) { $0.offered = transaction.clock.last }
    }
    let state = try transaction.linkState(link.id)
    let fingerprint = try transaction.comparableFingerprint(state)
    if state.isRefilling, !request.isPending, page.items.isEmpty,
      fingerprint == request.fingerprint
    {
      try transaction.change(link.id) { $0.isRefilling = false }
    }
    let isInStep =
      page.items.isEmpty && !request.isPending && fingerprint == request.fingerprint
    try transaction.change(link.id) { $0.isInStep = isInStep }
    return PullResponse(
      cursor: page.cursor, hasMore: page.hasMore, fingerprint: fingerprint,
      etag: try transaction.etag(try transaction.linkState(link.id), epoch: transaction.epoch),
      time: transaction.now, items: page.items,
      proof: try countersign(request, link, in: transaction)
    ).body
  }

  private func note(
    _ asides: [AsideNote], _ link: Int64, in transaction: Transaction
  ) throws {
    for note in asides {
      guard let direction = Aside.Direction(rawValue: note.direction) else { continue }
      guard let added = note.added else {
        try transaction.clearAside(link, .peer, direction, note.key)
        continue
      }
      try transaction.setAside(
        link,
        Aside(
          side: .peer, direction: direction, key: note.key, digest: added.digest,
          reason: added.reason, detail: "", at: transaction.now))
    }
  }

  /// A wanted record moves to the end of the stream, with nothing agreed: it goes as a whole.
  private func sendWhole(_ key: RecordKey, _ link: Int64, in transaction: Transaction) throws {
    guard let row = try transaction.row(of: key), let entry = try transaction.entry(link, row),
      entry.isSent, !entry.hasLeft
    else { return }
    var new = entry
    new.agreed = nil
    new.sequence = transaction.nextSequence()
    try transaction.setEntry(link, row, from: entry, to: new)
    try transaction.clearAside(link, .peer, .pull, key)
  }

  /// Acknowledged is what the cursor is past and is not set aside.
  private func acknowledge(
    upTo cursor: Int64, _ link: Int64, in transaction: Transaction
  ) throws {
    let state = try transaction.linkState(link)
    guard cursor > state.acknowledged, cursor <= transaction.sequence else { return }
    let aside = Set(
      try transaction.asides(link, side: .peer).filter { $0.direction == .pull }.map(\.key))
    var acknowledged: [StreamEntry] = []
    try transaction.stream(link, after: state.acknowledged, upTo: cursor) { entry in
      if entry.isPending && !aside.contains(entry.key) { acknowledged.append(entry) }
      return true
    }
    for one in acknowledged {
      var new = one.entry
      new.agreed = one.digest
      new.isOffered = false
      try transaction.setEntry(
        link, one.row, from: one.entry, to: one.entry.hasLeft ? nil : new)
    }
    try transaction.change(link) { $0.acknowledged = cursor }
  }

  private struct Page {
    var items: [StreamItem] = []
    var cursor: Int64
    var hasMore = false
    var bytes = 0
  }

  private func page(
    _ request: PullRequest, _ link: Int64, in transaction: Transaction
  ) throws -> Page {
    let limit = min(max(request.pageBytes, 1), SyncLimits.pageBytes)
    var page = Page(cursor: request.cursor)
    try transaction.stream(link, after: request.cursor, withOctets: true) { entry in
      if page.bytes >= limit || page.items.count >= SyncLimits.pageRecordsMax {
        page.hasMore = true
        return false
      }
      page.cursor = entry.entry.sequence
      guard entry.isPending else { return true }
      if entry.entry.hasLeft {
        page.items.append(.left(entry.key))
        page.bytes += 32
        return true
      }
      let aside = try transaction.aside(link, .peer, .pull, entry.key)
      if aside != nil && aside?.digest == entry.digest { return true }
      if let item = try transaction.packed(entry, for: request.dictionaries) {
        page.items.append(item)
        page.bytes += item.weight
      }
      return true
    }
    return page
  }
}
