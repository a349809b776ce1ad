import Dispatch
import Foundation
import Simulation
import Synchronization

/// Runs a simulator's seeds on as many threads as it has jobs. What they say comes line by line.
func inParallel(_ simulator: Simulator) -> Simulator.Outcome {
  let board = Board()
  DispatchQueue.concurrentPerform(iterations: simulator.jobs) { part in
    let outcome = simulator.run(
      part: part, of: simulator.jobs, mayGoOn: { simulator.goesOn || !board.hasFailed },
      { board.say($0) })
    board.add(outcome)
  }
  return board.whole
}

/// What the threads share.
private final class Board: Sendable {
  private let state = Mutex((outcome: Simulator.Outcome(), failed: false))

  var hasFailed: Bool { state.withLock { $0.failed } }
  var whole: Simulator.Outcome { state.withLock { $0.outcome } }

  func say(_ line: String) { state.withLock { _ in print(line) } }

  func add(_ outcome: Simulator.Outcome) {
    state.withLock { state in
      state.outcome.add(outcome)
      if !outcome.failures.isEmpty { state.failed = true }
    }
  }
}
