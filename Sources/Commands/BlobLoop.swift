import Dispatch
import Networking
import NodeCore
import Storage

/// Exchanges a node's attachments with its upstream beside its sessions and long polls, so that an
/// order never waits for them. A session of more than a moment has the line for itself. Owns a
/// thread while there is something to exchange.
final class BlobLoop: Sendable {
  private let node: any HostedNode
  private let log: Log
  /// Milliseconds that only run forward.
  private let now: @Sendable () -> Int64
  private let state = Lock(State())
  private let bell = DispatchSemaphore(value: 0)

  private struct State: Sendable {
    var isStopping = false
    /// Since when a session is under way.
    var sessionSince: Int64?
    var isRunning = false
    /// A session has ended while it ran: what it brought may be asked for.
    var isAskedAgain = false
    var interrupt: Interrupt?
    var thread: SystemThread?
  }

  init(
    _ node: any HostedNode, log: Log,
    now: @escaping @Sendable () -> Int64 = { Monotonic.milliseconds() }
  ) {
    self.node = node
    self.log = log
    self.now = now
  }

  /// What a session takes before attachments make way for it: those that bring an order or two go
  /// beside them.
  private static let momentMilliseconds: Int64 = 1000

  func sessionBegan() {
    let now = now()
    state.withLock { $0.sessionSince = now }
  }

  func sessionEnded(well isWell: Bool) {
    let waits = state.withLock { state in
      state.sessionSince = nil
      return state.isRunning
    }
    if waits { bell.signal() }
    if isWell, node.hasBlobsToExchange { begin() }
  }

  private func begin() {
    let ended: SystemThread?? = state.withLock { state in
      if state.isStopping { return nil }
      if state.isRunning {
        state.isAskedAgain = true
        return nil
      }
      state.isRunning = true
      defer { state.thread = nil }
      return .some(state.thread)
    }
    guard let ended else { return }
    ended?.join()
    let thread = try? SystemThread("blob-loop") { [self] in run() }
    state.withLock { state in
      state.thread = thread
      // Without a thread: after the next session.
      if thread == nil { state.isRunning = false }
    }
  }

  func stop() {
    let (interrupt, thread) = state.withLock { state in
      state.isStopping = true
      return (state.interrupt, state.thread)
    }
    interrupt?.fire()
    bell.signal()
    thread?.join()
  }

  private func run() {
    repeat { exchange() } while goesOn()
  }

  private func goesOn() -> Bool {
    state.withLock { state in
      state.interrupt = nil
      state.isRunning = state.isAskedAgain && !state.isStopping
      state.isAskedAgain = false
      return state.isRunning
    }
  }

  private func exchange() {
    guard let interrupt = try? Interrupt() else { return }
    let isReady = state.withLock { state in
      if !state.isStopping { state.interrupt = interrupt }
      return !state.isStopping
    }
    if !isReady { return }
    do {
      try node.exchangeBlobs(interrupt) { [self] in mayGoOn() }
    } catch {
      if state.withLock({ $0.isStopping }) { return }
      let refusal = Refusal.of(error)
      log.note(
        .warning, "blobs_failed",
        ["site": node.code, "code": refusal.reason.rawValue, "error": refusal.message(.en)])
    }
  }

  /// Waits while a session needs the line; false once it is to stop.
  private func mayGoOn() -> Bool {
    while true {
      let (isStopping, since) = state.withLock { ($0.isStopping, $0.sessionSince) }
      if isStopping { return false }
      guard let since, now() - since > BlobLoop.momentMilliseconds else {
        return true
      }
      // Rung when it ends; rung for an earlier one, it looks again.
      bell.wait()
    }
  }
}
