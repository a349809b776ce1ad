import HTTPCore
import Testing

@testable import Networking

@Suite struct HoldTests {
  @Test func `a held request is answered when its topic is woken`() throws {
    let news = Locked("")
    let handler: HTTPHandler = { _, context in
      let text = news.withLock { $0 }
      if text.isEmpty && !context.timedOut { return .hold(topic: "feed", milliseconds: 60_000) }
      return .respond(.text(200, text))
    }
    try withServer(handler: handler) { server in
      let clients = try (0..<20).map { _ in try RawClient(server) }
      for client in clients { client.send(get("/")) }
      #expect(eventually { server.connectionsCount == 20 })
      server.wake("another")
      server.wake("feed")
      news.withLock { $0 = "now" }
      server.wake("feed")
      for client in clients { #expect(try client.response().body == Array("now".utf8)) }
    }
  }

  @Test func `what is ready is answered without a worker, in the order of the requests`() throws {
    let ready: HTTPReadyHandler = { request, _ in
      request.path == "/ready" ? .respond(.text(200, "ready")) : nil
    }
    try withServer(ready: ready, handler: { _, _ in .respond(.text(200, "worked")) }) { server in
      let client = try RawClient(server)
      client.send(get("/ready") + get("/") + String(repeating: get("/ready"), count: 300))
      let bodies = client.responses(302).map { String(decoding: $0.body, as: UTF8.self) }
      #expect(bodies == ["ready", "worked"] + [String](repeating: "ready", count: 300))
    }
  }

  @Test func `what is ready to be held is held, woken, and timed out as any`() throws {
    let isNews = Locked(false)
    let ready: HTTPReadyHandler = { request, context in
      if isNews.withLock({ $0 }) { return nil }
      if context.timedOut { return .respond(.text(304, "")) }
      return .hold(topic: "feed", milliseconds: request.path == "/short" ? 10 : 60_000)
    }
    try withServer(ready: ready, handler: { _, _ in .respond(.text(200, "news")) }) { server in
      let short = try RawClient(server)
      short.send(get("/short"))
      #expect(try short.response().status == 304)
      let long = try RawClient(server)
      long.send(get("/long"))
      #expect(eventually { server.connectionsCount == 2 })
      isNews.withLock { $0 = true }
      server.wake("feed")
      #expect(try long.response().body == Array("news".utf8))
    }
  }

  @Test func `a hold ends with its time, and the connection goes on`() throws {
    let handler: HTTPHandler = { _, context in
      if !context.timedOut { return .hold(topic: "feed", milliseconds: 10) }
      return .respond(.text(200, "\(context.heldMilliseconds >= 10)"))
    }
    try withServer(handler: handler) { server in
      let client = try RawClient(server)
      client.send(get("/") + get("/"))
      #expect(client.responses(2).map(\.body) == [Array("true".utf8), Array("true".utf8)])
    }
  }

  @Test func `a handler that holds on after its time is answered for`() throws {
    try withServer(handler: { _, _ in .hold(topic: "feed", milliseconds: 0) }) { server in
      let client = try RawClient(server)
      client.send(get("/"))
      #expect(try client.response().status == 503)
    }
  }

  @Test func `a client that closes while it waits is dropped`() throws {
    let isHeld = Locked(false)
    let handler: HTTPHandler = { _, _ in
      isHeld.withLock { $0 = true }
      return .hold(topic: "feed", milliseconds: 60_000)
    }
    try withServer(handler: handler) { server in
      var client: RawClient? = try RawClient(server)
      client?.send(get("/"))
      #expect(eventually { isHeld.withLock { $0 } })
      #expect(server.connectionsCount == 1)
      client = nil
      #expect(eventually { server.connectionsCount == 0 })
      server.wake("feed")
    }
  }

  @Test func `a wake while the handler still decides is not lost`() throws {
    let gate = Gate()
    let handler: HTTPHandler = { _, context in
      if context.timedOut { return .respond(.text(500, "lost")) }
      if gate.passages.withLock({ $0 }) > 0 { return .respond(.text(200, "woken")) }
      gate.pass()
      return .hold(topic: "feed", milliseconds: 3_000)
    }
    try withServer(handler: handler) { server in
      let client = try RawClient(server)
      client.send(get("/"))
      gate.awaitArrival()
      server.wake("feed")
      gate.open()
      #expect(try client.response().status == 200)
    }
  }

  @Test func `a wake is remembered only for jobs begun before it`() {
    var board = HoldBoard(topicsMax: 2)
    let before = board.serial
    #expect(board.wake("a") == [])
    #expect(board.hold(1, topic: "a", begunAt: before) == false)
    #expect(board.hold(1, topic: "b", begunAt: before) == true)
    #expect(board.hold(3, topic: "a", begunAt: board.serial) == true)
    #expect(board.hold(2, topic: "a", begunAt: board.serial) == true)
    board.release(1, topic: "b")
    #expect(board.wake("b") == [])
    #expect(board.wake("a") == [2, 3])
    #expect(board.wake("a") == [])
    // Beyond its size the board forgets topics, and then answers early rather than late.
    #expect(board.wake("c") == [])
    #expect(board.hold(4, topic: "never woken", begunAt: before) == false)
    #expect(board.hold(4, topic: "never woken", begunAt: board.serial) == true)
  }
}

/// Holds a handler up until the test lets it go.
final class Gate: Sendable {
  let passages = Locked(0)
  private let state = Locked((arrived: false, isOpen: false))

  func pass() {
    state.withLock { $0.arrived = true }
    state.broadcast()
    state.wait { $0.isOpen ? () : nil }
    passages.withLock { $0 += 1 }
  }

  func awaitArrival() { state.wait { $0.arrived ? () : nil } }

  func open() {
    state.withLock { $0.isOpen = true }
    state.broadcast()
  }
}
