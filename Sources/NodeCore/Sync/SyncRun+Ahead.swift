import Replication
import Storage
import SyncProtocol

/// A pull that goes out while the page before it is still being applied. It acknowledges nothing
/// of that page, claims that something is pending here, so that nobody takes the link to be in step
/// by it, and has the ticket of the call before it: none has to be made durable first.
extension SyncRun {
  /// What can be asked for before `reply` is applied; nil where that depends on what it brings, as
  /// with orders. Whoever sends it hands over the answer when `.receiveAhead` asks for it.
  package func callAhead(of reply: ReadReply) -> SyncCall? {
    guard step == .pull, case .page(let page, _) = reply.content, page.hasMore,
      var request = toldPull, let number = spareNumber
    else { return nil }
    let start = request.after ?? request.cursor
    guard page.cursor > start, (page.orders ?? 0) <= max(request.orders ?? 0, start) else {
      return nil
    }
    request.head.number = number
    request.head.time = node.ports.now()
    request.isPending = true
    (request.wants, request.asides, request.chain) = ([], [], nil)
    request.after = page.cursor
    (spareNumber, ahead) = (nil, request)
    return SyncCall(.pull, body: request.body)
  }

  /// Whether the call that went ahead asks for what comes next; it serves once.
  func takeAhead() throws -> Bool {
    guard var request = ahead else { return false }
    ahead = nil
    guard step == .pull, !holds(), let link = try node.store.read({ try $0.upstreamLink() }),
      link.cursor == request.after
    else { return false }
    // Applied by now: the next call ahead acknowledges it.
    (request.cursor, request.orders) = (link.cursor, link.orders)
    toldPull = request
    (toldWants, toldAsides, toldChain) = ([], [], nil)
    isAheadReply = true
    return true
  }
}
