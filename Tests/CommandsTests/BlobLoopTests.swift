import Dispatch
import HTTPCore
import Networking
import NodeCore
import Storage
import Testing

@testable import Commands

/// A node with attachments of many parts; each ends when the test says so.
private final class PartsNode: HostedNode {
  let code = "360423"
  let isWatching = false
  let begun = DispatchSemaphore(value: 0)
  let ends = DispatchSemaphore(value: 0)
  /// Whether a long session is under way, and whether one was when a part began.
  let isLong = Lock(false)
  let wasLong = Lock(false)
  let exchanges = Lock(0)
  /// Whether the test is over.
  let isOver = Lock(false)

  var hasBlobsToExchange: Bool { true }

  func exchangeBlobs(_ interrupt: Interrupt, mayGoOn: @escaping () -> Bool) throws {
    exchanges.withLock { $0 += 1 }
    while mayGoOn(), !isOver.withLock({ $0 }) {
      if isLong.withLock({ $0 }) { wasLong.withLock { $0 = true } }
      begun.signal()
      ends.wait()
    }
  }

  func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ caller: Caller
  ) throws -> O.Output {
    throw Refusal(.readOnly, caller.operatorName)
  }

  func reply(to request: HTTPRequest, prefix: String, _ context: RequestContext) -> HTTPReply {
    .respond(.text(200, ""))
  }

  func onGrowth(_ body: @escaping @Sendable ([String], Bool) -> Void) {}
  func nextWake() throws -> Int64? { nil }
  func synchronize(_ interrupt: Interrupt) -> SessionOutcome {
    .done(pushed: 0, pulled: 0, setAside: 0, inStep: true)
  }
  func watch(milliseconds: Int64, _ interrupt: Interrupt) throws -> Bool { false }
  func interrupt() {}
  func close() throws {}
}

@Suite struct `Attachments beside sessions` {
  private let node = PartsNode()
  private let clock = Lock(Int64(0))
  private let loop: BlobLoop

  init() {
    let clock = clock
    loop = BlobLoop(
      node, log: Log(isJSON: false, offsetMinutes: 0, now: { 0 }, write: { _ in }),
      now: { clock.withLock { $0 } })
  }

  private func end() {
    node.isOver.withLock { $0 = true }
    node.ends.signal()
    loop.stop()
  }

  @Test func `go on beside a session of a moment`() {
    loop.sessionBegan()
    loop.sessionEnded(well: true)
    node.begun.wait()
    loop.sessionBegan()
    clock.withLock { $0 += 500 }
    node.ends.signal()
    node.begun.wait()
    loop.sessionEnded(well: true)
    node.ends.signal()
    node.begun.wait()
    #expect(node.exchanges.withLock { $0 } == 1)
    end()
  }

  @Test func `wait for a longer one and go on where they were`() {
    loop.sessionBegan()
    loop.sessionEnded(well: true)
    node.begun.wait()
    loop.sessionBegan()
    clock.withLock { $0 += 1500 }
    node.isLong.withLock { $0 = true }
    node.ends.signal()
    node.isLong.withLock { $0 = false }
    loop.sessionEnded(well: false)
    node.begun.wait()
    #expect(!node.wasLong.withLock { $0 })
    #expect(node.exchanges.withLock { $0 } == 1)
    end()
  }

  @Test func `begin with a session that went well, and no other`() {
    loop.sessionBegan()
    loop.sessionEnded(well: false)
    #expect(node.exchanges.withLock { $0 } == 0)
    loop.sessionEnded(well: true)
    node.begun.wait()
    end()
    loop.sessionEnded(well: true)
    #expect(node.exchanges.withLock { $0 } == 1)
  }
}
