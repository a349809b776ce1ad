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
    case finished(Ending)
  }

  package enum Ending: Sendable, Equatable {
    /// Both ends compared equal.
    case inStep
    /// All was sent or received that was asked for; nothing was compared, or it did not settle.
    case exchanged
    case failed(Failure)
  }

  package enum Failure: Error, Sendable, Equatable {
    case unreachable(String)
    case problem(SyncProblem, String)
    /// The peer's answer is not what the protocol says.
    case malformed(String)
  }

  package enum Event: Sendable {
    /// `needsReconcile`: a store has another epoch, or unknown keys wait.
    case polled(isModified: Bool, needsReconcile: Bool, hasPending: Bool)
    case reconciled(isDone: Bool)
    case pushed(hasPending: Bool)
    /// `isEqual`: the fingerprints compare equal now.
    case pulled(count: Int, hasMore: Bool, hasPending: Bool, isEqual: Bool)
    case failed(Failure)
  }

  private let scope: Scope
  private var rounds = 0

  package init(_ scope: Scope) { self.scope = scope }

  package mutating func begin() -> Step { .poll }

  package mutating func next(after event: Event) -> Step {
    switch event {
    case .polled(let isModified, let needsReconcile, let hasPending):
      if needsReconcile { return .reconcile }
      if hasPending && scope != .pullOnly { return .push }
      if !isModified { return .finished(hasPending ? .exchanged : .inStep) }
      return scope == .pushOnly ? .finished(.exchanged) : .pull
    case .reconciled(let isDone):
      return isDone ? exchange() : .reconcile
    case .pushed(let hasPending):
      if hasPending { return .push }
      return scope == .pushOnly ? .finished(.exchanged) : .pull
    case .pulled(let count, let hasMore, let hasPending, let isEqual):
      if count > 0 || hasMore { return .pull }
      if scope == .pullOnly { return .finished(isEqual && !hasPending ? .inStep : .exchanged) }
      if hasPending { return another(.push) }
      return isEqual ? .finished(.inStep) : another(.reconcile)
    case .failed(.problem(.rebaseRequired, _)):
      return another(.reconcile)
    case .failed(let failure):
      return .finished(.failed(failure))
    }
  }

  private func exchange() -> Step { scope == .pullOnly ? .pull : .push }

  private mutating func another(_ step: Step) -> Step {
    rounds += 1
    return rounds < SyncLimits.roundsMax ? step : .finished(.exchanged)
  }
}
