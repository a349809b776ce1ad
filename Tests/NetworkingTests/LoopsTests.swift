import Glibc
import HTTPCore
import Testing

@testable import Networking

/// A server of several loops is one server to its clients.
@Suite struct LoopsTests {
  @Test func `connections are given to the loops in turn`() throws {
    let threads = Locked<[pthread_t: Int]>([:])
    let ready: HTTPReadyHandler = { _, _ in
      threads.withLock { $0[pthread_self(), default: 0] += 1 }
      return .respond(.text(200, "ready"))
    }
    try withServer(loops: 3, ready: ready, handler: { _, _ in .respond(.text(500, "")) }) {
      let server = $0
      let clients = try (0..<12).map { _ in try RawClient(server) }
      for client in clients {
        client.send(get("/1") + get("/2"))
        #expect(client.responses(2).map(\.status) == [200, 200])
      }
      #expect(threads.withLock { $0.values.sorted() } == [8, 8, 8])
    }
  }

  @Test func `content is bounded for all loops together`() throws {
    var limits = ServerLimits()
    limits.contentBytesMax = 100_000
    limits.contentBytesFree = 1_000
    let handler: HTTPHandler = { request, _ in .respond(.text(200, "\(request.body.count)")) }
    try withServer(limits, handler: handler) { server in
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
      let clients = [try RawClient(server), try RawClient(server)]
      clients[0].send(head)
      clients[0].send([UInt8](repeating: 1, count: 60_000))
      #expect(eventually { server.totals.withLock { $0.contentBytes } == 60_000 })
      clients[1].send(head)
      clients[1].send([UInt8](repeating: 1, count: 60_000))
      #expect(try clients[1].response().status == 503)
      clients[0].send([UInt8](repeating: 1, count: 10_000))
      #expect(try clients[0].response().body == Array("70000".utf8))
      #expect(eventually { server.totals.withLock { $0.contentBytes } == 0 })
    }
  }

  @Test func `a client that closes makes room, whichever loop has it`() throws {
    var limits = ServerLimits()
    limits.connectionsMax = 3
    try withServer(limits, handler: { _, _ in .respond(.text(200, "")) }) { server in
      for _ in 0..<6 {
        let clients = try (0..<4).map { _ in try RawClient(server) }
        for client in clients { client.send(get("/")) }
        #expect(try clients.map { try $0.response().status } == [200, 200, 200, 503])
        for client in clients { client.finishSending() }
        #expect(eventually { server.connectionsCount == 0 })
      }
    }
  }

  @Test func `connections are counted by address, but for those of this machine`() {
    var limits = ServerLimits()
    (limits.connectionsMax, limits.connectionsPerAddressMax, limits.refusalsMax) = (5, 2, 1)
    var totals = ServerTotals()
    let one = PeerAddress(text: "192.0.2.1", countedAs: [192, 0, 2, 1])
    let other = PeerAddress(text: "192.0.2.2", countedAs: [192, 0, 2, 2])
    #expect((0..<4).map { _ in totals.enter(one, limits) } == [
      .admitted, .admitted, .refused, .closed,
    ])
    totals.leave(one)
    #expect(totals.enter(one, limits) == .refused)
    #expect(totals.enter(other, limits) == .admitted)
    #expect((0..<3).map { _ in totals.enter(.unix, limits) } == [.admitted, .refused, .closed])
    #expect(totals.connections == 6)
    for _ in 0..<3 { totals.leave(one) }
    #expect(totals.enter(one, limits) == .admitted)
  }
}
