import Dispatch
import Glibc
import Networking
import NodeCore
import Storage

/// Deflates what the nodes of this process have stored as it is, once they have been at rest for a
/// while. Owns one thread of low priority, which mostly waits.
final class DeflateLoop: Sendable {
  private let nodes: [any HostedNode]
  private let log: Log
  private let bell = DispatchSemaphore(value: 0)
  private let state = Lock(State())

  private struct State: Sendable {
    var isStopping = false
    var thread: SystemThread?
  }

  private static let restMilliseconds = 2_000
  /// Without any rest there is time all the same.
  private static let waitMillisecondsMax: Int64 = 60_000
  private static let pauseMicroseconds: UInt32 = 2_000

  init(_ nodes: [any HostedNode], log: Log) { (self.nodes, self.log) = (nodes, log) }

  func start() throws {
    for node in nodes { node.deferDeflating { [bell] in bell.signal() } }
    // What an earlier process left.
    bell.signal()
    let thread = try SystemThread("deflate-loop") { [self] in run() }
    state.withLock { $0.thread = thread }
  }

  func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      return state.thread
    }
    bell.signal()
    thread?.join()
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  private func run() {
    SystemThread.lowerPriority()
    while true {
      bell.wait()
      let end = Monotonic.milliseconds() + DeflateLoop.waitMillisecondsMax
      while !isStopping, Monotonic.milliseconds() < end,
        bell.wait(timeout: .now() + .milliseconds(DeflateLoop.restMilliseconds)) == .success
      {}
      if isStopping { return }
      let rests = Monotonic.milliseconds() < end
      for node in nodes { deflate(node, whileAtRest: rests) }
    }
  }

  private func deflate(_ node: any HostedNode, whileAtRest isAtRest: Bool) {
    do {
      let step = node.deflation()
      while !isStopping, try step() {
        usleep(DeflateLoop.pauseMicroseconds)
        if isAtRest, bell.wait(timeout: .now()) == .success {
          // Whoever changes something now goes first; what is left waits for the next rest.
          bell.signal()
          return
        }
      }
    } catch {
      // Nothing is lost: it stays as it is until the next time.
      let refusal = Refusal.of(error)
      log.note(
        .warning, "deflate_failed",
        ["site": node.code, "code": refusal.reason.rawValue, "error": refusal.message(.en)])
    }
  }
}
