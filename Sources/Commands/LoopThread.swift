import Dispatch
import Networking
import Storage

/// A thread that mostly waits for its bell, until whoever started it ends it.
final class LoopThread: Sendable {
  private let bell = DispatchSemaphore(value: 0)
  private let state = Lock(State())

  private struct State: Sendable {
    var isStopping = false
    var thread: SystemThread?
  }

  /// `run` returns once `isStopping`, which it looks at after each wait.
  func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws {
    let thread = try SystemThread(name, run)
    state.withLock { $0.thread = thread }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// From any thread. Ringing twice lets it wait twice without waiting.
  func ring() { bell.signal() }

  func wait() { bell.wait() }

  /// Whether the bell rang within that time.
  func wait(milliseconds: Int) -> Bool {
    bell.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }

  /// Returns when the thread has ended. `ending`: what it may be waiting for besides its bell.
  func stop(ending: () -> Void = {}) {
    let thread = state.withLock { state in
      state.isStopping = true
      return state.thread
    }
    ending()
    bell.signal()
    thread?.join()
  }
}
