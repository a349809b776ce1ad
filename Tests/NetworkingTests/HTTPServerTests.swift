import HTTPCore
import Testing

@testable import Networking

@Suite struct HTTPServerTests {
  @Sendable private static func echo(_ request: HTTPRequest, _: RequestContext) -> HTTPReply {
    let body = request.body.isEmpty ? Array(request.target.raw.utf8) : request.body
    return .respond(HTTPResponse(status: 200, contentType: "text/plain", body: body))
  }

  @Test func `pipelined requests are answered in their order`() throws {
    try withServer(handler: Self.echo) { server in
      let client = try RawClient(server)
      let count = 40
      client.send((0..<count).map { get("/\($0)") }.joined())
      let bodies = client.responses(count).map { String(decoding: $0.body, as: UTF8.self) }
      #expect(bodies == (0..<count).map { "/\($0)" })
    }
  }

  @Test func `a response has a date and a length, and HEAD no content`() throws {
    try withServer(handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next", "Connection: close\r\n"))
      let head = try #require(client.responses(1, to: .head).first)
      #expect(head.fields["content-length"] == "4")
      #expect(HTTPDate.parse(head.fields["date"] ?? "") != nil)
      let next = try client.response()
      #expect(next.body == Array("/next".utf8))
      #expect(next.fields["connection"] == "close")
      #expect(client.isEnded())
    }
  }

  @Test func `what is malformed is answered once and the connection ends`() throws {
    try withServer(handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send(get("/ok") + "GET /bad\r\n" + get("/never"))
      let found = client.responses(3)
      #expect(found.map(\.status) == [200, 400])
      #expect(ProblemDetails(try #require(found.last))?.problemClass == .incompatible)
    }
  }

  @Test func `the client is told to go on, then answered`() throws {
    try withServer(handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(client.receive(25) == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      client.send("abc")
      #expect(try client.response().body == Array("abc".utf8))
    }
  }

  @Test func `a head that does not come to its end is cut off`() throws {
    var limits = ServerLimits()
    limits.headMilliseconds = 30
    try withServer(limits, handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send("GET / HTTP/1.1\r\nHos")
      #expect(try client.response().status == 408)
      #expect(client.isEnded())
    }
  }

  @Test func `content that does not come is cut off`() throws {
    var limits = ServerLimits()
    limits.bodyMilliseconds = 30
    try withServer(limits, handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc")
      #expect(try client.response().status == 408)
      #expect(client.isEnded())
    }
  }

  @Test func `an idle connection ends without a word`() throws {
    var limits = ServerLimits()
    limits.idleMilliseconds = 30
    try withServer(limits, handler: Self.echo) { server in
      let client = try RawClient(server)
      #expect(client.isEnded())
      #expect(eventually { server.connectionsCount == 0 })
    }
  }

  @Test func `a client that does not read is cut off`() throws {
    var limits = ServerLimits()
    limits.writeMilliseconds = 30
    limits.bytesPerSecondMin = 1 << 40
    let much = [UInt8](repeating: 7, count: 32 << 20)
    try withServer(limits, handler: { _, _ in .respond(HTTPResponse(status: 200, body: much)) }) {
      server in
      let client = try RawClient(server)
      client.send(get("/"))
      #expect(client.receive(1).count == 1)
      #expect(eventually { server.connectionsCount == 0 })
    }
  }

  @Test func `one connection too many is told to come later`() throws {
    var limits = ServerLimits()
    limits.connectionsMax = 2
    try withServer(limits, handler: Self.echo) { server in
      let first = try RawClient(server)
      let second = try RawClient(server)
      for client in [first, second] {
        client.send(get("/"))
        #expect(try client.response().status == 200)
      }
      let third = try RawClient(server)
      third.send(get("/"))
      let refusal = try third.response()
      #expect(refusal.status == 503)
      #expect(refusal.fields["retry-after"] == "5")
      #expect(ProblemDetails(refusal)?.problemClass == .retryLater)
      #expect(third.isEnded())
    }
  }

  @Test func `too much content at once is told to come later`() throws {
    var limits = ServerLimits()
    limits.contentBytesMax = 100_000
    limits.contentBytesFree = 1_000
    try withServer(limits, handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
      client.send([UInt8](repeating: 1, count: 150_000))
      #expect(try client.response().status == 503)
      let small = try RawClient(server)
      small.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try small.response().status == 200)
    }
  }

  @Test func `two hundred connections are served at once`() throws {
    try withServer(handler: Self.echo) { server in
      let clients = try (0..<200).map { _ in try RawClient(server) }
      for round in 0..<2 {
        for (index, client) in clients.enumerated() { client.send(get("/\(round)/\(index)")) }
        for (index, client) in clients.enumerated() {
          #expect(try client.response().body == Array("/\(round)/\(index)".utf8))
        }
      }
      #expect(server.connectionsCount == 200)
    }
  }

  @Test func `a request whose sender has finished is still answered`() throws {
    try withServer(handler: Self.echo) { server in
      let client = try RawClient(server)
      client.send(get("/last"))
      client.finishSending()
      #expect(try client.response().body == Array("/last".utf8))
      #expect(client.isEnded())
    }
  }

  @Test func `the handler knows where a request comes from`() throws {
    let handler: HTTPHandler = { _, context in
      .respond(.text(200, "\(context.peerAddress) \(context.listenerIndex)"))
    }
    let server = try HTTPServer(
      addresses: [.tcp(host: "127.0.0.1", port: 0), .tcp(host: "::1", port: 0)], workers: 1,
      handler: handler)
    try server.start()
    defer { server.stop(drainMilliseconds: 0) }
    let answers = try server.addresses.map { address in
      let client = SocketClient(address: address)
      let response = try client.exchange(HTTPRequest(method: .get, target: "/"))
      return String(decoding: response.body, as: UTF8.self)
    }
    #expect(answers == ["127.0.0.1 0", "::1 1"])
  }
}
