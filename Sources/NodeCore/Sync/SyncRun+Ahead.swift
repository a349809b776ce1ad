import Replication
import Storage
import SyncProtocol

/// A call that goes out while the answer to the one before it is still being applied. It has the
/// ticket of that one, which the answer has shown to be accepted: none has to be made durable
/// first.
extension SyncRun {
  /// What can be asked or sent before `reply` is applied; nil where nothing can. Where it is what
  /// comes next, the same call is the next action: who sent it before has the answer already. Else
  /// that answer is of no use, and of no harm.
  package func callAhead(of reply: ReadReply) -> SyncCall? {
    switch step {
    case .pull:
      guard case .page(let page, _) = reply.content else { return nil }
      return callAhead(of: page)
    case .push: return pushAhead(of: reply)
    case .poll, .reconcile, .pushOrders, .pullOrders, .finished: return nil
    }
  }

  // MARK: pull

  /// The same of an answer to `call` of which no more than the beginning has come, and nobody knows
  /// yet whose it is: what is asked for by it acknowledges nothing. Two pages are on the line then,
  /// so that each is half as large. On a fast line whole pages are worth more than round trips.
  package func callAhead(ofBeginning octets: ArraySlice<UInt8>, to call: SyncCall) -> SyncCall? {
    guard ahead == nil, call == toldCall, pageBytesDown < SyncLimits.pageBytes,
      let page = try? PullResponse(beginning: octets.prefix(PullResponse.beginningOctetsMax))
    else { return nil }
    return callAhead(of: page, share: 2)
  }

  /// Acknowledges nothing of the page, and claims that something is pending here, so that nobody
  /// takes the link to be in step by it.
  private func callAhead(of page: PullResponse, share: Int = 1) -> SyncCall? {
    guard step == .pull, page.hasMore, page.readsAfter, var request = toldPull else { return nil }
    if let ahead, ahead.request.after == page.cursor, ahead.request.ordersAfter == page.orders {
      return ahead.call
    }
    let isFurther =
      page.cursor > request.after ?? request.cursor
      || page.orders ?? 0 > request.ordersAfter ?? request.orders ?? 0
    // What has to go up first would have to wait for the page.
    guard isFurther, !hasOrders, let number = takeNumber() else { return nil }
    request.pageBytes = max(1, pageBytesDown / share)
    request.head.number = number
    request.head.time = node.ports.now()
    (request.isPending, request.asksForChecked) = (true, false)
    (request.wants, request.asides, request.chain) = ([], [], nil)
    (request.after, request.ordersAfter) = (page.cursor, page.orders)
    let call = SyncCall(.pull, body: request.body)
    ahead = (request, call)
    return call
  }

  private var hasOrders: Bool {
    let found = try? node.store.read { snapshot in
      try snapshot.upstreamLink().map { try snapshot.hasPendingUpward($0, .orders) }
    }
    return scope != .pullOnly && found == true
  }

  /// The call that went ahead, where it asks for what comes next; it serves once.
  func takeAhead() throws -> SyncCall? {
    guard case (var request, let call)? = ahead else { return nil }
    ahead = nil
    guard step == .pull, !holds(), let link = try node.store.read({ try $0.upstreamLink() }),
      link.cursor == request.after, link.orders == request.ordersAfter ?? link.orders
    else { return nil }
    // Applied by now: the next call ahead acknowledges it.
    (request.cursor, request.orders) = (link.cursor, link.orders)
    (toldPull, toldTicket, toldCall) = (request, request.head.next, call)
    (toldWants, toldAsides, toldChain) = ([], [], nil)
    isAheadReply = true
    return call
  }

  // MARK: push

  /// What comes behind the records of the last push, all of which were taken; nil where orders of
  /// either end go first.
  private func pushAhead(of reply: ReadReply) -> SyncCall? {
    guard case .reply(.ok(let body, _)) = reply.content, let response = try? PushResponse(body),
      response.isClean, response.hasNoOrders, !holds(), !isSumDoubted, numbers != nil,
      let last = sent.last, !sent.contains(where: \.entry.isOrder)
    else { return nil }
    // Where it fails, what comes next meets the same fault.
    return try? write { transaction in
      let link = try transaction.linkState(linkID)
      guard var head = toldPush, try !transaction.hasPendingUpward(link, .orders),
        try !transaction.isClockAhead()
      else { return nil }
      let page = try readyPage(after: last) ?? page(after: last, link, in: transaction)
      guard !page.items.isEmpty, let number = takeNumber() else { return nil }
      (head.number, head.time) = (number, transaction.now)
      let call = try call(page, head, in: transaction)
      pushAhead = (head, page.sent, call)
      return call
    }
  }

  private func page(
    after last: StreamEntry, _ link: LinkState, in transaction: Transaction
  ) throws -> PushPage {
    var page = PushPage(bytesMax: pageBytesUp)
    try fill(&page, .others, after: last.entry.sequence, link, in: transaction)
    return page
  }

  /// While the answer to a push is waited for: what goes behind it is packed.
  package func makeReady() {
    guard step == .push, !isSumDoubted, let last = sent.last,
      !sent.contains(where: \.entry.isOrder)
    else { return }
    let revision = node.store.revision
    // Where it fails, what comes next meets the same fault.
    pushReady = try? node.store.write(quietly: true) { transaction in
      let link = try transaction.linkState(linkID)
      return (try page(after: last, link, in: transaction), last.entry.sequence, revision)
    }
  }

  /// What was made ready, where it is what would be packed now; it serves once.
  private func readyPage(after last: StreamEntry) -> PushPage? {
    defer { pushReady = nil }
    guard let pushReady, pushReady.after == last.entry.sequence,
      pushReady.revision == node.store.revision, pushReady.page.bytesMax == pageBytesUp
    else { return nil }
    return pushReady.page
  }

  /// The push that went ahead, where it holds what comes next; it serves once.
  func takePushAhead() throws -> SyncCall? {
    guard case (let head, let entries, let call)? = pushAhead else { return nil }
    pushAhead = nil
    let goesNext = try node.store.read { snapshot in
      try snapshot.upstreamLink().map { try !snapshot.hasPendingUpward($0, .orders) } ?? false
    }
    guard goesNext, step == .push, !holds() else { return nil }
    (sent, toldPush, toldTicket) = (entries, head, head.next)
    return call
  }
}
