import HTTPCore
import Testing

@testable import Networking

/// The connection's state machine, without a socket and with time as a number.
@Suite struct ServerConnectionTests {
  private var limits = ServerLimits()

  init() {
    limits.headMilliseconds = 100
    limits.bodyMilliseconds = 200
    limits.writeMilliseconds = 300
    limits.idleMilliseconds = 1_000
    limits.lingerMilliseconds = 50
    limits.bytesPerSecondMin = 1_000
  }

  private func name(_ effect: ServerConnection.Effect) -> String {
    switch effect {
    case .none: "none"
    case .dispatch(let exchange, let timedOut):
      "dispatch \(exchange.request.target.raw)\(timedOut ? " timed out" : "")"
    case .finishSending: "finish"
    case .close: "close"
    }
  }

  private func feed(_ machine: inout ServerConnection, _ text: String, at now: Int64) -> String {
    Array(text.utf8).withUnsafeBytes { name(machine.receive($0, at: now)) }
  }

  private func sendAll(_ machine: inout ServerConnection, at now: Int64) -> String {
    name(machine.sent(machine.unsent.count, at: now))
  }

  @Test func `requests go out one after the other`() {
    var machine = ServerConnection(limits: limits, now: 0)
    #expect(feed(&machine, get("/1") + get("/2"), at: 5) == "dispatch /1")
    #expect(!machine.wantsInput)
    #expect(machine.deadline == nil)
    machine.respond([1, 2, 3], closing: false, at: 6)
    #expect(name(machine.sent(2, at: 7)) == "none")
    #expect(machine.unsent == [3])
    #expect(name(machine.sent(1, at: 8)) == "dispatch /2")
    machine.respond([4], closing: false, at: 9)
    #expect(sendAll(&machine, at: 10) == "none")
    #expect(machine.deadline == 1_010)
    #expect(machine.wantsInput)
  }

  @Test func `a delayed response waits for its time, or for the end`() {
    var machine = ServerConnection(limits: limits, now: 0)
    _ = feed(&machine, get("/1"), at: 5)
    machine.respond([1], closing: false, afterMilliseconds: 40, at: 10)
    #expect(!machine.hasOutput)
    #expect(!machine.wantsInput)
    #expect(machine.isWaiting)
    #expect(machine.deadline == 50)
    #expect(name(machine.expire(at: 50)) == "none")
    #expect(machine.unsent == [1])
    #expect(sendAll(&machine, at: 51) == "none")
    _ = feed(&machine, get("/2"), at: 60)
    machine.respond([2], closing: false, afterMilliseconds: 40, at: 60)
    #expect(name(machine.drain()) == "none")
    #expect(machine.unsent == [2])
    #expect(sendAll(&machine, at: 61) == "close")
    var another = ServerConnection(limits: limits, now: 0)
    _ = feed(&another, get("/3"), at: 5)
    another.respond([3], closing: false, afterMilliseconds: 40, at: 5)
    #expect(name(another.receiveEnd()) == "close")
  }

  @Test func `each phase has its deadline`() {
    var machine = ServerConnection(limits: limits, now: 0)
    #expect(machine.deadline == 1_000)
    _ = feed(&machine, "POST / HTTP/1.1\r\n", at: 500)
    #expect(machine.deadline == 600)
    _ = feed(&machine, "Host: a\r\n", at: 590)
    #expect(machine.deadline == 600, "more of the head gives no more time")
    _ = feed(&machine, "Content-Length: 1000\r\n\r\n", at: 595)
    #expect(machine.deadline == 795)
    _ = feed(&machine, String(repeating: "x", count: 500), at: 700)
    #expect(machine.deadline == 1_295, "octets earn time at the least rate")
    _ = feed(&machine, String(repeating: "x", count: 500), at: 1_200)
    #expect(machine.deadline == nil)
    machine.respond([UInt8](repeating: 0, count: 100), closing: true, at: 2_000)
    #expect(machine.deadline == 2_300)
    _ = machine.sent(50, at: 2_200)
    #expect(machine.deadline == 2_350)
    #expect(sendAll(&machine, at: 2_301) == "finish")
    #expect(machine.deadline == 2_351)
    #expect(name(machine.expire(at: 2_351)) == "close")
  }

  @Test func `a late head is answered, an idle connection closed`() {
    var machine = ServerConnection(limits: limits, now: 0)
    #expect(name(machine.expire(at: 1_000)) == "close")
    _ = feed(&machine, "GET", at: 0)
    #expect(name(machine.expire(at: 100)) == "none")
    #expect(machine.unsent.starts(with: "HTTP/1.1 408 ".utf8))
    #expect(sendAll(&machine, at: 101) == "finish")
  }

  @Test func `a hold ends by waking, by time, or with the client`() {
    var machine = ServerConnection(limits: limits, now: 0)
    _ = feed(&machine, get("/a"), at: 0)
    #expect(name(machine.hold(topic: "t", milliseconds: 30, at: 10)) == "none")
    #expect(machine.deadline == 40)
    #expect(name(machine.resume(timedOut: false)) == "dispatch /a")
    _ = machine.hold(topic: "t", milliseconds: 30, at: 20)
    #expect(name(machine.expire(at: 50)) == "dispatch /a timed out")
    _ = machine.hold(topic: "t", milliseconds: .max, at: 20)
    #expect(machine.deadline == 20 + Int64(limits.holdMillisecondsMax))
    #expect(name(machine.receiveEnd()) == "close")
  }

  @Test func `a peer that has finished gets its answer and no more`() {
    var machine = ServerConnection(limits: limits, now: 0)
    #expect(feed(&machine, get("/1"), at: 0) == "dispatch /1")
    #expect(name(machine.receiveEnd()) == "none")
    machine.respond([1], closing: false, at: 1)
    #expect(sendAll(&machine, at: 2) == "close")
    var other = ServerConnection(limits: limits, now: 0)
    _ = feed(&other, "GET / HT", at: 0)
    #expect(name(other.receiveEnd()) == "close")
  }

  @Test func `after the last answer what comes is thrown away, up to a bound`() {
    var limits = limits
    limits.lingerBytesMax = 10
    var machine = ServerConnection(limits: limits, now: 0)
    _ = feed(&machine, "BAD\r\n", at: 0)
    #expect(sendAll(&machine, at: 0) == "finish")
    #expect(feed(&machine, "0123456789", at: 1) == "none")
    #expect(feed(&machine, "0", at: 1) == "close")
  }

  @Test func `draining lets each finish what it does`() {
    var idle = ServerConnection(limits: limits, now: 0)
    #expect(name(idle.drain()) == "close")
    var working = ServerConnection(limits: limits, now: 0)
    _ = feed(&working, get("/1") + get("/2"), at: 0)
    #expect(name(working.drain()) == "none")
    working.respond([1], closing: false, at: 1)
    #expect(sendAll(&working, at: 2) == "close")
    var holding = ServerConnection(limits: limits, now: 0)
    _ = feed(&holding, get("/1"), at: 0)
    _ = holding.hold(topic: "t", milliseconds: 100, at: 0)
    #expect(name(holding.drain()) == "dispatch /1 timed out")
    var inside = ServerConnection(limits: limits, now: 0)
    _ = feed(&inside, "GET / HTTP/1.1\r\n", at: 0)
    #expect(name(inside.drain()) == "none")
    #expect(feed(&inside, "Host: a\r\n\r\n", at: 1) == "dispatch /")
  }

  @Test func `deadlines come up in their order`() {
    var queue = DeadlineQueue()
    let times: [Int64] = [5, 3, 9, 1, 3, 7, 0, 8]
    for (key, time) in times.enumerated() { queue.push(time, UInt64(key)) }
    #expect(queue.next == 0)
    var found: [Int64] = []
    while let entry = queue.popDue(at: 7) {
      #expect(times[Int(entry.key)] == entry.time)
      found.append(entry.time)
    }
    #expect(found == [0, 1, 3, 3, 5, 7])
    #expect(queue.count == 2)
  }
}
