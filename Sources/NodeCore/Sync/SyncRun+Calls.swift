import Bytes
import Replication
import Storage
import SyncProtocol

extension SyncRun {
  /// The head of a request with effects; its ticket and number are durable before it goes out:
  /// those of the first by a write of their own, the others with what the answer before brought.
  func head(in transaction: Transaction) throws -> SessionHead {
    if numbers == nil {
      numbers = try spareNumbers(in: transaction) ?? reserve(in: transaction)
    }
    let link = try transaction.linkState(linkID)
    toldTicket = link.next
    return SessionHead(
      epoch: transaction.epoch, knownEpoch: link.peerEpoch, last: link.last, next: link.next ?? [],
      time: transaction.now, number: takeNumber() ?? link.requests)
  }

  /// What the last session left over, where nothing was sent since.
  private func spareNumbers(in transaction: Transaction) throws -> ClosedRange<Int64>? {
    let spare = node.spareNumbers.withLock { spare in
      defer { spare = nil }
      return spare
    }
    let link = try transaction.linkState(linkID)
    guard let spare, spare.upperBound == link.requests, link.next != nil, link.next != link.last
    else { return nil }
    return spare
  }

  /// A ticket and numbers for what is sent next; to be kept once the transaction has committed.
  /// `pending`: what may be pushed with them, and accepted before anything else is kept here.
  func reserve(
    in transaction: Transaction, before pending: SyncSession.Pending? = nil
  ) throws -> ClosedRange<Int64> {
    let pushes = scope != .pullOnly && (pending?.orders == true || pending?.others == true)
    try transaction.change(linkID) { link in
      if link.next == nil || link.next == link.last { link.next = transaction.ports.random(8) }
      link.requests += 2
      unsentClaim = pushes ? link.offered : nil
      if pushes { link.offered = max(link.offered, transaction.clock.last) }
    }
    let last = try transaction.linkState(linkID).requests
    return last - 1...last
  }

  func takeNumber() -> Int64? {
    guard let numbers else { return nil }
    self.numbers = numbers.count > 1 ? numbers.upperBound...numbers.upperBound : nil
    return numbers.lowerBound
  }

  /// Orders first; the rest behind them, where it may go.
  func pushCall(ordersOnly: Bool) throws -> SyncCall? {
    try write { transaction in
      try bringClockBack(in: transaction)
      let head = try head(in: transaction)
      let link = try transaction.linkState(linkID)
      var page = PushPage(bytesMax: pageBytesUp)
      try fill(&page, .orders, after: link.pushed, link, in: transaction)
      if !ordersOnly {
        if !page.items.isEmpty { page.bytesMax /= SyncLimits.ordersPageShare }
        try fill(&page, .others, after: link.pushed, link, in: transaction)
      }
      if page.items.isEmpty { return nil }
      (sent, toldPush) = (page.sent, head)
      return try call(page, head, in: transaction)
    }
  }

  /// The clock may have been set since the session began: what is ahead by it must not go out, for
  /// an upstream whose clock is ahead as well would take it. What was claimed for this push has not
  /// been sent yet.
  private func bringClockBack(in transaction: Transaction) throws {
    guard try transaction.isClockAhead() else { return }
    if let unsentClaim { try transaction.change(linkID) { $0.offered = unsentClaim } }
    try transaction.correctClock()
    try transaction.settle()
  }

  /// What one push holds.
  struct PushPage {
    var sent: [StreamEntry] = []
    var items: [StreamItem] = []
    var bytes = 0
    /// Of the wholes.
    var sum = DigestSum()
    var bytesMax: Int

    var hasRoom: Bool { bytes < bytesMax && items.count < SyncLimits.pageRecordsMax }
  }

  func fill(
    _ page: inout PushPage, _ lane: Lane, after sequence: Int64, _ link: LinkState,
    in transaction: Transaction
  ) throws {
    if !page.hasRoom { return }
    try transaction.pendingUpward(link, lane, after: sequence, withOctets: true) { entry in
      let item = try transaction.sound(
        entry, for: peerDictionaries, checks: false, &page.sum)
      guard let item else { return true }
      var named = entry
      named.packed = nil
      page.sent.append(named)
      page.items.append(item)
      page.bytes += item.weight
      return page.hasRoom
    }
  }

  func call(
    _ page: PushPage, _ head: SessionHead, in transaction: Transaction
  ) throws -> SyncCall {
    unsentClaim = nil
    if try transaction.linkState(linkID).offered < transaction.clock.last {
      try transaction.change(linkID) { $0.offered = transaction.clock.last }
    }
    let request = PushRequest(
      head: head, items: page.items, sum: isSumDoubted ? nil : page.sum)
    return SyncCall(.push, body: request.body)
  }

  /// Of a page from here, as the line is now.
  var pageBytesUp: Int { min(pageBytes, node.portions.withLock { $0.up.octets }) }

  /// Of a page from above, as the line is now.
  var pageBytesDown: Int { min(pageBytes, node.portions.withLock { $0.down.octets }) }

  func pullCall(ordersOnly: Bool) throws -> SyncCall {
    try write { transaction in
      let head = try head(in: transaction)
      let link = try transaction.linkState(linkID)
      toldWants = try transaction.wants(linkID)
      toldAsides = try transaction.untoldAsides(linkID)
      let chain = try transaction.auditHead()
      toldChain = chain == .none ? nil : chain
      var request = PullRequest(
        head: head, cursor: link.cursor, pageBytes: pageBytesDown,
        dictionaries: RecordCodec.dictionaries,
        fingerprint: try transaction.comparableFingerprint(link),
        isPending: try transaction.hasPendingUpward(link), wants: toldWants,
        asides: toldAsides.map { aside in
          AsideNote(
            direction: aside.direction.rawValue, key: aside.key,
            added: aside.isCleared
              ? nil : AsideNote.Added(digest: aside.digest, reason: aside.reason))
        }, chain: toldChain)
      (request.orders, request.isOrdersOnly) = (link.orders, ordersOnly)
      request.asksForChecked = asksForChecked
      let call = SyncCall(.pull, body: request.body)
      (toldPull, toldCall, isAheadReply) = (request, call, false)
      return call
    }
  }
}
