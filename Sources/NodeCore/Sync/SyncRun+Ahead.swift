import Replication
import Storage
import SyncProtocol

/// A pull that goes out while the page before it is still being applied. It acknowledges nothing
/// of that page, claims that something is pending here, so that nobody takes the link to be in step
/// by it, and has the ticket of the call before it: none has to be made durable first.
extension SyncRun {
  /// What can be asked for before `reply` is applied; nil where nothing can. Where it is what comes
  /// next, the same call is the next action: who sent it before has the answer already. Else that
  /// answer is of no use, and of no harm.
  package func callAhead(of reply: ReadReply) -> SyncCall? {
    guard case .page(let page, _) = reply.content else { return nil }
    return callAhead(of: page)
  }

  /// The same of an answer to `call` of which no more than the beginning has come, and nobody knows
  /// yet whose it is: what is asked for by it acknowledges nothing. Two pages are on the line then,
  /// so that each is half as large. On a fast line whole pages are worth more than round trips.
  package func callAhead(ofBeginning octets: ArraySlice<UInt8>, to call: SyncCall) -> SyncCall? {
    guard ahead == nil, call == toldCall, pageBytesDown < SyncLimits.pageBytes,
      let page = try? PullResponse(beginning: octets.prefix(PullResponse.beginningOctetsMax))
    else { return nil }
    return callAhead(of: page, share: 2)
  }

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
}
