/// The client's side of one session: push, pull to the head, push what that caused, compare.
/// Decides the next step from what the last one came to; knows no store, no clock, no transport.
package struct SyncSession: Sendable {
  package enum Scope: Sendable { case both, pushOnly, pullOnly }

  package enum Step: Sendable, Equatable {
    /// Ask what the upstream has; it may answer that nothing has changed.
    case poll
    /// Send the next range of keys.
    case reconcile
    case push
    case pull
    /// The same with orders alone, which go before all else.
    case pushOrders
    case pullOrders
    case finished(Ending)
  }

  package enum Ending: Sendable, Equatable {
    /// Both ends compared equal.
    case inStep
    /// All was sent or received that was asked for; nothing was compared, or it did not settle.
    case exchanged
    /// Orders were exchanged; the rest waits for the window of the link.
    case held
    case failed(Failure)
  }

  package enum Failure: Error, Sendable, Equatable {
    case unreachable(String)
    case problem(SyncProblem, String)
    /// The peer's answer is not what the protocol says.
    case malformed(String)
  }

  /// What this end has to push.
  package struct Pending: Sendable, Equatable {
    package var orders: Bool
    package var others: Bool

    package init(orders: Bool, others: Bool) { (self.orders, self.others) = (orders, others) }

    var isAny: Bool { orders || others }
  }

  package enum Event: Sendable {
    /// `needsReconcile`: a store has another epoch, or unknown keys wait. `isHeld`: the upstream
    /// has what waits for the window.
    case polled(isModified: Bool, needsReconcile: Bool, pending: Pending, isHeld: Bool)
    case reconciled(isDone: Bool)
    /// `hasNoOrders`: the upstream has said that none wait there.
    case pushed(Pending, hasNoOrders: Bool)
    /// `isEqual`: the fingerprints compare equal now.
    case pulled(count: Int, hasMore: Bool, pending: Pending, isEqual: Bool, isHeld: Bool)
    case failed(Failure)
  }

  private let scope: Scope
  /// Whether the link's window is closed, and orders alone may go.
  package var holds: Bool
  private var rounds = 0
  private var isPulling = false

  package init(_ scope: Scope, holds: Bool = false) {
    self.scope = scope
    self.holds = holds
  }

  package mutating func begin() -> Step { .poll }

  package mutating func next(after event: Event) -> Step {
    switch event {
    case .polled(let isModified, let needsReconcile, let pending, let isHeld):
      if needsReconcile { return .reconcile }
      if scope != .pullOnly, holds ? pending.orders : pending.isAny { return push }
      if !isModified {
        if holds, isHeld || pending.others { return .finished(.held) }
        return .finished(pending.isAny ? .exchanged : .inStep)
      }
      return scope == .pushOnly ? .finished(.exchanged) : beginPull()
    case .reconciled(let isDone):
      if !isDone { return .reconcile }
      return scope == .pullOnly ? beginPull() : push
    case .pushed(let pending, let hasNoOrders): return pushed(pending, hasNoOrders)
    case .pulled(let count, let hasMore, let pending, let isEqual, let isHeld):
      if isPulling, !hasMore, count > 0, scope == .both, !holds, pending.isAny {
        // All has come, and what it caused goes up at once: the pull behind that acknowledges.
        isPulling = false
        return another(push)
      }
      return pulled(count > 0 || hasMore, pending, isEqual: isEqual, isHeld: isHeld)
    case .failed(.problem(.rebaseRequired, _)):
      return another(.reconcile)
    case .failed(let failure):
      return .finished(.failed(failure))
    }
  }

  private var push: Step { holds ? .pushOrders : .push }
  private var pull: Step { holds ? .pullOrders : .pull }

  private mutating func beginPull() -> Step {
    isPulling = true
    return pull
  }

  private mutating func pushed(_ pending: Pending, _ hasNoOrders: Bool) -> Step {
    if isPulling { return pull }
    if pending.orders { return push }
    if pending.others, !holds {
      // The upstream's orders do not wait until all of this is over.
      return scope == .pushOnly || hasNoOrders ? .push : .pullOrders
    }
    if scope == .pushOnly { return .finished(pending.others ? .held : .exchanged) }
    return beginPull()
  }

  private mutating func pulled(
    _ goesOn: Bool, _ pending: Pending, isEqual: Bool, isHeld: Bool
  ) -> Step {
    if !isPulling {
      // Between two pages of a push: what orders there were has come.
      return pending.isAny && !holds ? .push : beginPull()
    }
    if goesOn { return pending.orders && scope != .pullOnly ? .pushOrders : pull }
    if scope == .pullOnly {
      if holds, isHeld { return .finished(.held) }
      return .finished(isEqual && !pending.isAny ? .inStep : .exchanged)
    }
    if pending.orders || (pending.others && !holds) {
      isPulling = false
      return another(push)
    }
    if holds, isHeld || pending.others { return .finished(.held) }
    return isEqual ? .finished(.inStep) : another(.reconcile)
  }

  private mutating func another(_ step: Step) -> Step {
    rounds += 1
    if step == .reconcile { isPulling = false }
    return rounds < SyncLimits.roundsMax ? step : .finished(.exchanged)
  }
}
