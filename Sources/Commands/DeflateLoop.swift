import Glibc
import Networking
import NodeCore
import Storage

/// Deflates what the nodes of this process have stored as it is, once they have been at rest for a
/// while. Owns one thread of low priority, which mostly waits.
final class DeflateLoop: Sendable {
  private let nodes: [any HostedNode]
  private let log: Log
  private let loop = LoopThread()

  private static let restMilliseconds = 2_000
  /// Without any rest there is time all the same.
  private static let waitMillisecondsMax: Int64 = 60_000
  private static let pauseMicroseconds: UInt32 = 2_000

  init(_ nodes: [any HostedNode], log: Log) { (self.nodes, self.log) = (nodes, log) }

  func start() throws {
    for node in nodes { node.deferDeflating { [loop] in loop.ring() } }
    // What an earlier process left.
    loop.ring()
    try loop.start("deflate-loop") { [self] in run() }
  }

  func stop() { loop.stop() }

  private func run() {
    SystemThread.lowerPriority()
    while true {
      loop.wait()
      let end = Monotonic.milliseconds() + DeflateLoop.waitMillisecondsMax
      while !loop.isStopping, Monotonic.milliseconds() < end,
        loop.wait(milliseconds: DeflateLoop.restMilliseconds)
      {}
      if loop.isStopping { return }
      let rests = Monotonic.milliseconds() < end
      for node in nodes { deflate(node, whileAtRest: rests) }
    }
  }

  private func deflate(_ node: any HostedNode, whileAtRest isAtRest: Bool) {
    do {
      let step = node.deflation()
      while !loop.isStopping, try step() {
        usleep(DeflateLoop.pauseMicroseconds)
        if isAtRest, loop.wait(milliseconds: 0) {
          // Whoever changes something now goes first; what is left waits for the next rest.
          loop.ring()
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
