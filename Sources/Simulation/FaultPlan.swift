import Storage

/// Makes a store's n-th statement from now fail: once, or as the death of its process.
final class FaultPlan: Sendable {
  private enum Code {
    static let input: Int32 = 10
    static let full: Int32 = 13
  }

  private struct State {
    var countdown: Int?
    var isFatal = false
    var isDead = false
    var hasFired = false
  }

  private let state = Lock(State())

  /// Nothing that this process does reaches the disk any more.
  var isDead: Bool { state.withLock { $0.isDead } }
  var hasFired: Bool { state.withLock { $0.hasFired } }

  func arm(after statements: Int, isFatal: Bool) {
    state.withLock { ($0.countdown, $0.isFatal, $0.hasFired) = (statements, isFatal, false) }
  }

  func disarm() { state.withLock { ($0.countdown, $0.hasFired) = (nil, false) } }

  /// Runs what the plan must not hit.
  func paused<Result>(_ body: () throws -> Result) rethrows -> Result {
    let kept = state.withLock { state in
      defer { state.countdown = nil }
      return state.countdown
    }
    defer { state.withLock { $0.countdown = kept } }
    return try body()
  }

  /// A result code of SQLite where the next statement fails.
  func next() -> Int32? {
    state.withLock { state in
      if state.isDead { return Code.input }
      guard let left = state.countdown else { return nil }
      if left > 1 {
        state.countdown = left - 1
        return nil
      }
      state.countdown = nil
      state.hasFired = true
      state.isDead = state.isFatal
      return state.isFatal ? Code.input : Code.full
    }
  }
}
