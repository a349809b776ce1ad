import Bytes
import Library
import Replication
import Storage
import SyncProtocol

extension SyncRun {
  /// Pages come read already.
  func apply(_ body: [UInt8]) throws -> SyncSession.Event {
    switch step {
    case .poll: try polled(try LinkDescription(body))
    case .push, .pushOrders: try pushed(try PushResponse(body))
    case .reconcile: try reconciled(try ReconcileResponse(body))
    case .pull, .pullOrders, .finished: .failed(.malformed("an answer to something else"))
    }
  }

  func polled(_ description: LinkDescription?) throws -> SyncSession.Event {
    if let description {
      try note(description.dictionaries)
      try AsideRetry.retryWhatHasRoom(description.room, linkID, node.store)
    }
    return try node.store.read(asksFollowers: false) { snapshot in
      guard let link = try snapshot.upstreamLink() else { return .failed(.malformed("no link")) }
      let pending = try snapshot.pending(link)
      guard let description else {
        var hasNews = try !snapshot.wants(linkID).isEmpty || !snapshot.untoldAsides(linkID).isEmpty
        if scope != .pushOnly { hasNews = try hasNews || hasUntoldEntries(snapshot) }
        return .polled(
          isModified: hasNews, needsReconcile: false, pending: pending, isHeld: link.etag == nil)
      }
      guard description.algorithm == snapshot.algorithm.name else {
        return .failed(
          .problem(.incompatible, "the upstream's digests are \(description.algorithm)"))
      }
      upstream = (true, description.missingBlobs > 0)
      let needsReconcile =
        try link.peerEpoch != description.epoch || description.knownEpoch != snapshot.epoch()
        || !snapshot.unknowns(linkID).isEmpty
      return .polled(
        isModified: true, needsReconcile: needsReconcile, pending: pending, isHeld: false)
    }
  }

  private func note(_ dictionaries: [Int64]) throws {
    let announced = RecordCodec.dictionaries.filter(dictionaries.contains)
    if announced == peerDictionaries { return }
    peerDictionaries = announced
    try write { try $0.setPeerDictionaries(linkID, announced) }
  }

  private func pushed(_ response: PushResponse) throws -> SyncSession.Event {
    if response.isUnsound { return try readWhatWasSent() }
    let (pending, next) = try write { transaction in
      try transaction.change(linkID) { $0.last = toldTicket ?? $0.next }
      try transaction.heard(linkID, peerTime: response.time)
      let upstream = try transaction.linkState(linkID).peer
      node.noteRefused(
        response.refused.map { ($0.key, $0.reason) }, by: "push", of: upstream, in: transaction)
      let unreadable = Dictionary(
        response.unreadable.map { ($0.place, $0.reason) }, uniquingKeysWith: { a, _ in a })
      let refused = Dictionary(
        response.refused.map { ($0.key, $0) }, uniquingKeysWith: { a, _ in a })
      let wanted = Set(response.wants)
      let pushedBefore = report.pushed
      for (place, one) in sent.enumerated() {
        if let reason = unreadable[place] {
          try setAside(one, "unreadable", reason, in: transaction)
        } else if let refusal = refused[one.key] {
          try setAside(one, refusal.reason, refusal.detail, in: transaction)
        } else if wanted.contains(one.key) {
          try resend(one, in: transaction)
        } else {
          try acknowledge(one, in: transaction)
        }
      }
      let accepted = report.pushed - pushedBefore
      if operatorName != nil, accepted > 0 {
        // Of what the schedule pushes, the upstream's audit tells.
        transaction.tell(act("push", at: upstream, count: Int64(accepted)))
      }
      if try transaction.refersToBlobs(rows: sent.map(\.row)) {
        try transaction.noteBlobsToPush()
      }
      // Orders are sent before their turn: the cursor counts the others.
      let last = sent.last { !$0.entry.isOrder }?.entry.sequence ?? 0
      try transaction.change(linkID) { $0.pushed = max($0.pushed, last) }
      if response.refused.contains(where: { $0.reason == CellRefusal.Reason.clock.rawValue }) {
        try transaction.correctClock(tolerance: 0)
      }
      try transaction.settle()
      let pending = try passNothingPending(in: transaction)
      return (pending, try reserve(in: transaction, before: pending))
    }
    numbers = next
    return .pushed(pending, hasNoOrders: response.hasNoOrders)
  }

  /// The upstream took nothing, and the ticket is as it was. What is damaged here stays here; the
  /// rest goes once more.
  private func readWhatWasSent() throws -> SyncSession.Event {
    try write { transaction in
      let damaged = try sent.filter { try !transaction.isIntact($0.row) }
      for one in damaged {
        try transaction.holdBack(one)
        try setAside(one, transaction.damageReason(one.row), "", in: transaction)
      }
      isSumDoubted = damaged.isEmpty
      let pending = try transaction.pending(try transaction.linkState(linkID))
      return .pushed(pending, hasNoOrders: false)
    }
  }

  private func setAside(
    _ one: StreamEntry, _ reason: String, _ detail: String, in transaction: Transaction
  ) throws {
    guard let digest = one.digest else { return }
    report.refused += 1
    try transaction.setAside(
      linkID,
      Aside(
        side: .mine, direction: .push, key: one.key, digest: digest, reason: reason,
        detail: detail, at: transaction.now))
  }

  private func acknowledge(_ one: StreamEntry, in transaction: Transaction) throws {
    report.pushed += 1
    guard let old = try transaction.entry(linkID, one.row) else { return }
    var entry = old
    entry.agreed = one.digest
    // It may have changed since it was sent: then it stands elsewhere in the stream.
    if old.sequence == one.entry.sequence { entry.settle(with: one.digest) }
    entry.isOffered = false
    try transaction.setEntry(linkID, one.row, from: old, to: entry)
    try transaction.clearAside(linkID, .mine, .push, one.key)
  }

  /// As a whole, at the end of the stream.
  private func resend(_ one: StreamEntry, in transaction: Transaction) throws {
    guard let old = try transaction.entry(linkID, one.row) else { return }
    var entry = old
    entry.agreed = nil
    entry.sequence = transaction.nextSequence()
    try transaction.setEntry(linkID, one.row, from: old, to: entry)
  }

  func pulled(_ response: PullResponse, _ items: [ReadItem]) throws -> SyncSession.Event {
    if let sum = response.sum, !asksForChecked, sum != ReadItem.sum(items) {
      return try askForChecked()
    }
    typealias Effect = (SyncSession.Event, ClosedRange<Int64>, SyncSession.Ending?)
    let (event, next, ending) = try write { transaction -> Effect in
      try transaction.change(linkID) { $0.last = toldTicket ?? $0.next }
      try transaction.heard(linkID, peerTime: response.time)
      try transaction.clearWants(linkID, toldWants)
      try transaction.markTold(linkID, toldAsides)
      let state = try transaction.linkState(linkID)
      let wasClear = state.pushed == state.head
      transaction.attribute(to: act("pull", at: state.peer), .onRecords)
      try keepCountersignature(response, from: state.peer, in: transaction)
      let reception = try Reception(transaction, node.library, state)
      refused = []
      for item in items { try take(item, reception, in: transaction) }
      node.noteRefused(refused, by: "pull", of: state.peer, in: transaction)
      try transaction.change(linkID) { link in
        link.cursor = response.cursor
        if let orders = response.orders { link.orders = orders }
        link.held = response.held
      }
      try transaction.settle()
      let pending = try passNothingPending(wasClear: wasClear, in: transaction)
      let link = try transaction.linkState(linkID)
      let hasWants = try !transaction.wants(linkID).isEmpty
      let isEqual = try transaction.comparableFingerprint(link) == response.fingerprint
      let isEmpty = items.isEmpty && !response.hasMore && !isAheadReply
      let isHeld = response.held != nil
      let isLast = isEmpty && !isHeld && !pending.orders && !pending.others
      try transaction.change(linkID) { link in
        link.etag = isLast && isEqual ? response.etag : nil
        link.heldEtag = isEmpty && isHeld ? response.etag : nil
      }
      // Who answers a call that went ahead does not know all that is here: no end is told by it.
      let event = SyncSession.Event.pulled(
        count: items.count, hasMore: response.hasMore || hasWants || isAheadReply,
        pending: pending, isEqual: isEqual, isHeld: isHeld)
      let next = try reserve(in: transaction, before: pending)
      guard case .finished(let ending) = step(after: event) else { return (event, next, nil) }
      try note(ending, in: transaction)
      return (event, next, ending)
    }
    (numbers, asksForChecked, notedEnding) = (next, false, ending)
    return event
  }

  /// As if the page had not come; the next one the upstream reads before it sends it.
  private func askForChecked() throws -> SyncSession.Event {
    asksForChecked = true
    let pending = try node.store.read { snapshot in
      try snapshot.upstreamLink().map { try snapshot.pending($0) }
    }
    let none = SyncSession.Pending(orders: false, others: false)
    return .pulled(
      count: 0, hasMore: true, pending: pending ?? none, isEqual: false, isHeld: false)
  }

  /// Whether something is left to push; where nothing is, the push cursor moves to the end, so that
  /// what came from the upstream is not looked at again and again. `wasClear`: it was there already
  /// when the transaction began.
  private func passNothingPending(
    wasClear: Bool = false, in transaction: Transaction
  ) throws -> SyncSession.Pending {
    let link = try transaction.linkState(linkID)
    let isClear = wasClear && !transaction.laden.contains(linkID)
    let none = SyncSession.Pending(orders: false, others: false)
    let pending = isClear ? none : try transaction.pending(link)
    if !pending.orders, !pending.others, link.pushed < link.head {
      try transaction.change(linkID) { $0.pushed = $0.head }
    }
    return pending
  }

  private func take(
    _ item: ReadItem, _ reception: Reception, in transaction: Transaction
  ) throws {
    switch try reception.receive(item) {
    case .taken(let key):
      report.pulled += 1
      try transaction.clearAside(linkID, .mine, .pull, key)
      try transaction.clearUnknown(linkID, key)
    case .wanted(let key): try transaction.want(linkID, key)
    case .left(let key):
      report.pulled += 1
      try drop(key, in: transaction)
    case .refused(let key, let digest, let refusals):
      report.setAside += 1
      self.refused.append((key, refusals.reason))
      try transaction.setAside(
        linkID,
        Aside(
          side: .mine, direction: .pull, key: key, digest: digest, reason: refusals.reason,
          detail: refusals.detail(now: transaction.now), at: transaction.now))
      if refusals.contains(where: { $0.reason == .rejoin }) {
        try transaction.change(linkID) { $0.operatorNeeded = "lacks" }
      }
    case .damaged(let key, let digest):
      try setAside(key, digest, Reception.damagedReason, "", in: transaction)
    case .unreadable(let malformed, let key, let digest):
      try setAside(key, digest, "unreadable", malformed.what, in: transaction)
    }
  }

  /// Without a key the fingerprints will differ and find it; the others must not wait for it.
  private func setAside(
    _ key: RecordKey?, _ digest: Digest, _ reason: String, _ detail: String,
    in transaction: Transaction
  ) throws {
    report.setAside += 1
    guard let key else { return }
    try transaction.setAside(
      linkID,
      Aside(
        side: .mine, direction: .pull, key: key, digest: digest, reason: reason, detail: detail,
        at: transaction.now))
  }

  /// What has left is removed, unless the copy has cells of this site or one below it, which must
  /// go up.
  func drop(_ key: RecordKey, in transaction: Transaction) throws {
    try transaction.clearAside(linkID, .mine, .pull, key)
    try transaction.clearAside(linkID, .mine, .push, key)
    try transaction.clearUnknown(linkID, key)
    try transaction.clearWants(linkID, [key])
    guard let row = try transaction.row(of: key) else { return }
    try transaction.setEntry(linkID, row, from: try transaction.entry(linkID, row), to: nil)
    guard let stored = try transaction.record(key) else { return }
    if node.library.scope.belongsUpward(stored.record) {
      try node.library.scope.refresh(stored, in: transaction)
    } else {
      try transaction.forget(key)
    }
  }
}
