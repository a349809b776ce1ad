import Bytes
import Library
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// The client's end of one session, without transport: gives out calls and takes their answers,
/// each in one transaction. One session runs on a link at a time.
package final class SyncRun {
  package enum Action: Sendable {
    case send(SyncCall)
    case finished(SyncReport)
  }

  let node: Node
  let linkID: Int64
  private let peer: SiteCode
  private var session: SyncSession
  private(set) var step: SyncSession.Step
  var report = SyncReport()
  /// Octets of a page of this session at most, up and down; what the line carries bounds it too.
  package var pageBytes = SyncLimits.pageBytes
  /// Who asked for this session; nil for the schedule.
  package var operatorName: String?
  /// Whether the upstream has news, and whether it lacks blobs.
  var upstream = (hasNews: false, lacksBlobs: false)
  /// What the upstream has announced, in this session or an earlier one.
  var peerDictionaries: [Int64]
  var sent: [StreamEntry] = []
  var toldAsides: [Aside] = []
  var toldWants: [RecordKey] = []
  /// The head of the audit chain that the last pull named.
  var toldChain: ChainHead?
  /// The ticket of the request whose answer comes next.
  var toldTicket: [UInt8]?
  /// The pull whose answer comes next.
  var toldPull: PullRequest?
  var toldCall: SyncCall?
  /// Numbers of requests to come, durable already: the next one, and one that goes ahead.
  var numbers: ClosedRange<Int64>?
  /// The pull that went ahead.
  var ahead: (request: PullRequest, call: SyncCall)?
  /// The head of the push whose answer comes next.
  var toldPush: SessionHead?
  /// The push that went ahead, with what it holds.
  var pushAhead: (head: SessionHead, sent: [StreamEntry], call: SyncCall)?
  /// What goes behind the push whose answer comes next, as the store was at that revision.
  var pushReady: (page: PushPage, after: Int64, revision: Int)?
  /// Whether the answer that comes next is to a pull that went ahead.
  var isAheadReply = false
  /// Records of the page under way that were not taken.
  var refused: [(key: RecordKey, reason: String)] = []
  /// Whether the next page is to be one whose records the upstream has read.
  var asksForChecked = false
  /// Whether the upstream added up otherwise what this node has read, and found sound.
  var isSumDoubted = false
  let scope: SyncSession.Scope
  var reconciling = Reconciling()
  /// The bound of stamps that the upstream may have accepted, before it was raised for a push that
  /// has not gone yet.
  var unsentClaim: Int64?
  /// What this session ends with, where that was kept with the last answer already.
  var notedEnding: SyncSession.Ending?
  /// How long the upstream asked to be left alone.
  private var askedMilliseconds: Int64 = 0

  /// Asked before each step: whether orders alone may go now.
  let holds: () -> Bool

  /// Nil where the node has no upstream.
  package init?(
    _ node: Node, _ scope: SyncSession.Scope = .both, holds: @escaping () -> Bool = { false }
  ) throws {
    let known = try node.store.read(asksFollowers: false) { snapshot in
      try snapshot.upstreamLink().map {
        ($0.id, $0.peer, try snapshot.peerDictionaries($0.id))
      }
    }
    guard let known else { return nil }
    self.node = node
    (linkID, peer, peerDictionaries) = known
    session = SyncSession(scope)
    self.scope = scope
    self.holds = holds
    step = .poll
  }

  package func begin() throws -> Action {
    let hasUpkeep = try node.store.read(asksFollowers: false) { snapshot in
      try snapshot.isClockAhead() || !snapshot.asides(linkID, side: .mine).isEmpty
    }
    if hasUpkeep {
      try write { transaction in
        try transaction.correctClock()
        try AsideRetry.retryWhatChanged(linkID, node.library, in: transaction)
      }
    }
    step = session.begin()
    return try act()
  }

  /// One transaction of this session. What grows for the upstream by it, it sends itself.
  @discardableResult
  func write<T>(_ body: (Transaction) throws -> T) throws -> T {
    try node.store.write(within: peer, body)
  }

  package func receive(_ reply: SyncReply) throws -> Action {
    let isPull = step == .pull || step == .pullOrders
    return try receive(
      ReadReply(reply, isPull: isPull, node.store.identity.algorithm, node.ports))
  }

  /// The same, where it was read beside the effects of the last one.
  package func receive(_ reply: ReadReply) throws -> Action {
    switch reply.content {
    case .reply(let reply): try go(try event(of: reply))
    case .malformed(let error): try go(.failed(Self.failure(error)))
    case .page(let page, let items): try go(try pulled(page, items))
    }
  }

  private func event(of reply: SyncReply) throws -> SyncSession.Event {
    switch reply {
    case .problem(let problem, let detail, let retryAfterSeconds):
      askedMilliseconds = Int64(min(max(retryAfterSeconds ?? 0, 0), 1_000_000)) * 1000
      if problem == .operatorNeeded { try noteOperatorNeeded() }
      return .failed(.problem(problem, detail))
    case .notModified: return try polled(nil)
    case .ok(let body, _):
      do {
        return try apply(body)
      } catch let error as Malformed {
        return .failed(Self.failure(error))
      }
    }
  }

  private static func failure(_ error: Malformed) -> SyncSession.Failure {
    .malformed("\(error.what) (octet \(error.offset))")
  }

  package func fail(_ failure: SyncSession.Failure) throws -> Action { try go(.failed(failure)) }

  /// What the session does next, where this is what came of the last call.
  func step(after event: SyncSession.Event) -> SyncSession.Step {
    var session = session
    session.holds = holds()
    return session.next(after: event)
  }

  private func go(_ event: SyncSession.Event) throws -> Action {
    let old = step
    session.holds = holds()
    step = session.next(after: event)
    // Something else goes first: what was asked for ahead has the ticket of before.
    if step != .pull { ahead = nil }
    if step != .push { pushAhead = nil }
    if step == .reconcile, old != .reconcile { reconciling = Reconciling() }
    return try act()
  }

  private func act() throws -> Action {
    while true {
      switch step {
      case .poll:
        let link = try node.store.read(asksFollowers: false) { try $0.upstreamLink() }
        return .send(SyncCall(.link, etag: link?.etag(holds: holds())))
      case .reconcile: return .send(try reconcileCall())
      case .pull, .pullOrders:
        if let call = try takeAhead() { return .send(call) }
        return .send(try pullCall(ordersOnly: step == .pullOrders))
      case .push, .pushOrders:
        if let call = try takePushAhead() { return .send(call) }
        if let call = try pushCall(ordersOnly: step == .pushOrders) { return .send(call) }
        let none = SyncSession.Pending(orders: false, others: false)
        step = session.next(after: .pushed(none, hasNoOrders: false))
      case .finished(let ending):
        report.ending = ending
        if notedEnding != ending {
          try node.store.write(within: peer, asksFollowers: false) { try note(ending, in: $0) }
        }
        // The next session has a ticket and numbers already.
        node.spareNumbers.withLock { $0 = numbers }
        if ending != .inStep, report.pushed + report.pulled > 0 {
          // Something it caused may be left, which was told to nobody.
          node.store.announce([peer])
        }
        return .finished(report)
      }
    }
  }

  /// What the audit says of this session's acts.
  func act(_ operation: String, at upstream: SiteCode, count: Int64 = 1) -> AuditEvent {
    AuditEvent(
      .sync, operatorName: operatorName ?? "", site: upstream.text, operation: operation,
      subject: operatorName == nil ? AuditEvent.schedule : "", count: count)
  }

  // MARK: the end

  private func noteOperatorNeeded() throws {
    try write { transaction in
      try transaction.change(linkID) { $0.operatorNeeded = $0.operatorNeeded ?? "ticket" }
    }
  }

  /// Keeps how the session went, and when the next one is due.
  func note(_ ending: SyncSession.Ending, in transaction: Transaction) throws {
    if upstream.lacksBlobs { try transaction.noteBlobsToPush() }
    if upstream.hasNews { try transaction.hastenBlobs() }
    try transaction.change(linkID) { link in
      defer {
        link.dueAt = node.nextDue(
          failures: link.failures, now: transaction.now, askedMilliseconds: askedMilliseconds)
      }
      switch ending {
      case .inStep, .exchanged, .held:
        link.lastSuccessAt = transaction.now
        link.lastError = nil
        link.unreachableSince = nil
        link.failures = 0
        // Accepted again: whichever end was old has rejoined.
        if link.operatorNeeded == "ticket" { link.operatorNeeded = nil }
        link.isInStep = ending == .inStep
        if ending == .inStep { link.isRefilling = false }
      case .failed(let failure):
        link.failures += 1
        switch failure {
        case .unreachable(let what):
          link.lastError = what
          link.unreachableSince = link.unreachableSince ?? transaction.now
        case .problem(let problem, let detail):
          link.lastError = problem.rawValue + (detail.isEmpty ? "" : ": \(detail)")
          link.unreachableSince = nil
        case .malformed(let what): link.lastError = what
        }
      }
    }
  }
}
