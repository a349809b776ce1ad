import HTTPCore
import Testing

@testable import Networking

@Suite struct SocketClientTests {
  private func client(_ server: HTTPServer, _ limits: ClientLimits = ClientLimits()) throws
    -> SocketClient
  {
    SocketClient(address: try #require(server.addresses.first), limits: limits)
  }

  @Test func `one connection serves many exchanges and counts its octets`() throws {
    let handler: HTTPHandler = { request, _ in .respond(.text(200, request.path)) }
    try withServer(handler: handler) { server in
      let client = try client(server)
      for number in 0..<50 {
        let target = RequestTarget(segments: ["n", String(number)])
        let response = try client.exchange(HTTPRequest(method: .get, target: target))
        #expect(response.status == 200)
        #expect(response.body == Array("/n/\(number)".utf8))
      }
      #expect(server.connectionsCount == 1)
      let request = HTTPRequest(
        method: .get, target: "/n/1", fields: ["Host": "127.0.0.1:\(server.boundPort)"])
      let sent = client.octetsSent
      _ = try client.exchange(request)
      #expect(client.octetsSent - sent == request.serialized().count)
      #expect(client.octetsReceived > client.octetsSent)
      client.close()
      #expect(eventually { server.connectionsCount == 0 })
      _ = try client.exchange(request)
      #expect(client.octetsSent - sent == 2 * request.serialized().count)
    }
  }

  @Test func `much goes both ways whole`() throws {
    let handler: HTTPHandler = { request, _ in
      .respond(HTTPResponse(status: 200, body: request.body))
    }
    try withServer(handler: handler) { server in
      let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let response = try client(server).exchange(
        HTTPRequest(method: .post, target: "/", body: body))
      #expect(response.body == body)
    }
  }

  private func post(_ path: String) -> HTTPRequest {
    HTTPRequest(method: .post, target: RequestTarget(segments: [path]), body: [1])
  }

  @Test func `what is asked for next goes out behind what was asked`() throws {
    let handler: HTTPHandler = { request, _ in
      let body = Array(request.path.utf8) + [UInt8](repeating: 7, count: 900_000)
      return .respond(HTTPResponse(status: 200, body: body))
    }
    try withServer(handler: handler) { server in
      let client = try client(server)
      var asked = 0
      for number in 0..<5 {
        let response = try client.exchange(
          post("n\(number)"),
          foreseeing: { beginning in
            #expect(beginning.starts(with: "/n\(number)".utf8))
            asked += 1
            return asked % 2 == 0 ? nil : post("n\(number + 1)")
          })
        #expect(response.body.starts(with: "/n\(number)".utf8) && response.body.count == 900_003)
      }
      #expect(asked > 4 && server.connectionsCount == 1)
      // Something else is asked for: what is under way is given up with its connection.
      #expect(try client.exchange(post("other")).body.starts(with: "/other".utf8))
      #expect(try client.exchange(post("n6")).body.starts(with: "/n6".utf8))
      #expect(eventually { server.connectionsCount == 1 })
    }
  }

  @Test func `a connection that the server ended is replaced`() throws {
    try withTemporaryDirectory { directory in
      let address = SocketAddress.unix(path: directory + "/node.sock")
      let client = SocketClient(address: address)
      let post = HTTPRequest(method: .post, target: "/", body: [1])
      for generation in 0..<3 {
        let handler: HTTPHandler = { _, _ in .respond(.text(200, "\(generation)")) }
        try withServer(address: address, handler: handler) { _ in
          let response = try client.exchange(post)
          #expect(response.body == Array("\(generation)".utf8))
        }
      }
    }
  }

  @Test func `an answer that comes before all was sent is read`() throws {
    var limits = ServerLimits()
    limits.http.bodyBytesMax = 1_000
    try withServer(limits, handler: { _, _ in .respond(.text(200, "")) }) { server in
      let client = try client(server)
      let body = [UInt8](repeating: 1, count: 3 << 20)
      let response = try client.exchange(HTTPRequest(method: .post, target: "/", body: body))
      #expect(response.status == 413)
      #expect(try client.exchange(HTTPRequest(method: .get, target: "/")).status == 200)
    }
  }

  @Test func `waiting ends with its time`() throws {
    try withServer(handler: { _, _ in .hold(topic: "t", milliseconds: 60_000) }) { server in
      let client = try client(server)
      #expect(throws: ClientFault.readTimedOut) {
        try client.exchange(HTTPRequest(method: .get, target: "/"), readMilliseconds: 20)
      }
    }
  }

  @Test func `waiting ends when it is interrupted`() throws {
    let isHeld = Locked(false)
    let handler: HTTPHandler = { _, _ in
      isHeld.withLock { $0 = true }
      isHeld.broadcast()
      return .hold(topic: "t", milliseconds: 60_000)
    }
    try withServer(handler: handler) { server in
      let interrupt = try Interrupt()
      let address = try #require(server.addresses.first)
      let client = SocketClient(address: address, interrupt: interrupt)
      let thread = try SystemThread("interrupt") {
        isHeld.wait { $0 ? () : nil }
        interrupt.fire()
      }
      #expect(throws: ClientFault.interrupted) {
        try client.exchange(HTTPRequest(method: .get, target: "/"))
      }
      thread.join()
      #expect(throws: ClientFault.interrupted) {
        try client.exchange(HTTPRequest(method: .get, target: "/"))
      }
    }
  }

  @Test func `too large an answer is not taken`() throws {
    var limits = ClientLimits()
    limits.http.bodyBytesMax = 10
    let handler: HTTPHandler = { _, _ in .respond(.text(200, "eleven long")) }
    try withServer(handler: handler) { server in
      let client = try client(server, limits)
      #expect(throws: ClientFault.responseTooLarge) {
        try client.exchange(HTTPRequest(method: .get, target: "/"))
      }
    }
  }

  @Test func `nobody there is told apart from a lost answer`() throws {
    let gone = try ListeningSocket(.tcp(host: "127.0.0.1", port: 0))
    gone.shut()
    let fault = #expect(throws: ClientFault.self) {
      try SocketClient(address: gone.address).exchange(HTTPRequest(method: .get, target: "/"))
    }
    #expect(fault?.isUnreachable == true)
    let missing = SocketClient(address: .unix(path: "/nonexistent/node.sock"))
    let other = #expect(throws: ClientFault.self) {
      try missing.exchange(HTTPRequest(method: .get, target: "/"))
    }
    #expect(other?.isUnreachable == true)
    #expect(!ClientFault.connectionLost(responseBegun: false).isUnreachable)
  }

  @Test(arguments: [
    ("127.0.0.1:8700", SocketAddress.tcp(host: "127.0.0.1", port: 8700)),
    ("[::1]:0", .tcp(host: "::1", port: 0)), ("name:80", .tcp(host: "name", port: 80)),
    ("unix:/a b", .unix(path: "/a b")),
  ])
  func `an address is read and written`(_ text: String, _ address: SocketAddress) {
    #expect(SocketAddress(text) == address)
    #expect(address.description == text)
  }

  @Test(arguments: [
    "", "a", ":80", "a:", "a:x", "a:65536", "a:+1", "::1:80", "[a]:80", "[]:1", "unix:", "a:８０",
  ])
  func `what is no address is not taken for one`(_ text: String) {
    #expect(SocketAddress(text) == nil)
  }
}
