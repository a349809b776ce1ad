import Dispatch
import Networking
import NodeCore
import Storage

/// Keeps one node in step with its upstream: a session when the schedule says so, when the upstream
/// has something new, or when this node has. Owns one thread, which mostly waits.
final class SyncLoop: Sendable {
  private let node: any HostedNode
  private let log: Log
  private let gate: DispatchSemaphore
  private let loop = LoopThread()
  private let blobs: BlobLoop
  private let state = Lock(State())

  private struct State: Sendable {
    var hasNews = false
    var isWatching = false
    /// What was last told of the store of attachments.
    var trouble: String?
    /// Ends what the thread waits for at the upstream.
    var interrupt: Interrupt?
    /// The same, for the next time: the connection goes with it.
    var kept: Interrupt?
  }

  /// `gate` bounds the sessions that run at one time in this process.
  init(_ node: any HostedNode, gate: DispatchSemaphore, log: Log) {
    self.node = node
    self.gate = gate
    self.log = log
    blobs = BlobLoop(node, log: log)
  }

  func start() throws { try loop.start("sync-loop") { [self] in run() } }

  /// Ends the session under way, and the thread.
  func stop() {
    loop.stop { state.withLock { $0.interrupt }?.fire() }
    blobs.stop()
  }

  /// Something may have changed about when the link is due.
  func lookAgain() {
    loop.ring()
  }

  /// Something new is there for the upstream.
  func announce() {
    let interrupt = state.withLock { state -> Interrupt? in
      state.hasNews = true
      if !state.isWatching { return nil }
      // Of no more use once it is fired.
      state.kept = nil
      return state.interrupt
    }
    interrupt?.fire()
    loop.ring()
  }

  private func run() {
    var rhythm = SyncRhythm()
    var tidyAt = Monotonic.milliseconds() + SyncLoop.tidyMilliseconds
    while !loop.isStopping {
      let now = SystemPorts.milliseconds()
      let isThorough = Monotonic.milliseconds() >= tidyAt
      node.tidy(thoroughly: isThorough)
      tell(node.blobTrouble)
      if isThorough { tidyAt = Monotonic.milliseconds() + SyncLoop.tidyMilliseconds }
      let hasNews = state.withLock { $0.hasNews }
      switch rhythm.step(due: due(), now: now, hasNews: hasNews, watches: node.isWatching) {
      case .session:
        blobs.sessionBegan()
        let isWell = session()
        blobs.sessionEnded(well: isWell)
        rhythm.sessionEnded(well: isWell, now: SystemPorts.milliseconds())
      case .watch(let milliseconds):
        let (isWell, asked) = watch(milliseconds: milliseconds)
        rhythm.watchEnded(
          well: isWell, askedMilliseconds: asked, now: SystemPorts.milliseconds(),
          chance: SystemPorts.chance())
      case .wait(let milliseconds):
        _ = loop.wait(milliseconds: Int(milliseconds))
      }
    }
  }

  /// Once for each change.
  private func tell(_ trouble: String?) {
    let isNew = state.withLock { state in
      defer { state.trouble = trouble }
      return state.trouble != trouble
    }
    guard isNew else { return }
    if let trouble {
      log.note(.warning, "blob_store_failed", ["site": node.code, "error": trouble])
    } else {
      log.note(.info, "blob_store_back", ["site": node.code])
    }
  }

  private static let tidyMilliseconds: Int64 = 3_600_000

  private func due() -> Int64? {
    do {
      return try node.nextWake()
    } catch {
      log.note(.error, "store", ["site": node.code, "error": Refusal.of(error).message(.en)])
      return nil
    }
  }

  /// Whether it ended well.
  private func session() -> Bool {
    gate.wait()
    defer { gate.signal() }
    guard let interrupt = begin(isWatching: false) else { return false }
    let outcome = node.synchronize(interrupt)
    end()
    switch outcome {
    case .done(let pushed, let pulled, let setAside, let inStep):
      log.note(
        .info, "sync",
        [
          "site": node.code, "pushed": String(pushed), "pulled": String(pulled),
          "set_aside": String(setAside), "in_step": inStep.map { String($0) } ?? "unknown",
        ])
      return true
    case .failed(let refusal):
      if loop.isStopping { return false }
      log.note(
        .warning, "sync_failed",
        ["site": node.code, "code": refusal.reason.rawValue, "error": refusal.message(.en)])
      return false
    }
  }

  /// Whether the upstream answered, and how long it asked to be left alone.
  private func watch(milliseconds: Int64) -> (isWell: Bool, askedMilliseconds: Int64) {
    guard let interrupt = begin(isWatching: true) else { return (true, 0) }
    defer { end() }
    do {
      let hasNews = try node.watch(milliseconds: milliseconds, interrupt)
      if hasNews { state.withLock { $0.hasNews = true } }
      return (true, 0)
    } catch let asked as Node.AskedToWait {
      return (false, asked.milliseconds)
    } catch {
      // Interrupted for news of this node's own, or to stop: no fault of the upstream.
      return (loop.isStopping || state.withLock { $0.hasNews }, 0)
    }
  }

  /// Nil where the loop is to stop, or there is news and no need to watch for it.
  private func begin(isWatching: Bool) -> Interrupt? {
    guard let interrupt = try? state.withLock({ $0.kept }) ?? Interrupt() else { return nil }
    return state.withLock { state in
      // Who stops it looks for the interrupt after that: one of the two sees the other.
      if loop.isStopping || (isWatching && state.hasNews) { return nil }
      // News that comes from here on calls for another session.
      if !isWatching { state.hasNews = false }
      state.isWatching = isWatching
      (state.interrupt, state.kept) = (interrupt, interrupt)
      return interrupt
    }
  }

  private func end() {
    state.withLock { state in
      state.isWatching = false
      state.interrupt = nil
    }
  }

}
