/// The states that something may be in by what clients were told: one where every call was
/// answered, more where some were not.
struct Belief<State: Hashable & Sendable>: Sendable {
  private(set) var possible: Set<State>
  /// Until then a call without an answer may still take effect: nothing else is asked of this.
  private(set) var quietUntil = 0.0

  init(_ state: State) { possible = [state] }

  /// A call was answered as done. `change` is what it does to a state, nil where it could not have
  /// been done in that one. False where no possible state allows the answer.
  mutating func done(_ change: (State) -> State?) -> Bool {
    let after = Set(possible.compactMap(change))
    if after.isEmpty { return false }
    possible = after
    return true
  }

  /// A call was not answered.
  mutating func doubt(_ change: (State) -> State?) {
    possible.formUnion(possible.compactMap(change))
    quietUntil = Moment.now() + quietSeconds
  }
}

/// Longer than a request of a command that died lies at a daemon: those live for seconds only.
private let quietSeconds = 10.0
