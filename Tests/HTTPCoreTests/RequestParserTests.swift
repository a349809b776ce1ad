import HTTPCore
import Testing

@Suite struct RequestParserTests {
  private static let limits = HTTPLimits(bodyBytesMax: 20_000_000)

  /// What the parser makes of the octets in pieces of so many.
  private func verdict(_ octets: [UInt8], piece: Int) -> RequestCase.Verdict {
    var parser = RequestParser(limits: Self.limits)
    var requests = 0
    for start in stride(from: 0, to: octets.count, by: piece) {
      parser.feed(Array(octets[start..<min(octets.count, start + piece)]))
      loop: while true {
        switch parser.next() {
        case .needsMore: break loop
        case .sendContinue: continue
        case .request: requests += 1
        case .fault(let fault): return .refused(fault.status)
        }
      }
    }
    return parser.isInsideRequest ? .unfinished : .accepted(requests)
  }

  @Test(arguments: [RequestCase.lines, RequestCase.heads, RequestCase.bodies])
  func `every case ends as RFC 9112 says, however the octets are split`(_ cases: [RequestCase]) {
    for one in cases {
      for piece in [Int.max, 1, 7] where piece != 7 || one.octets.count < 500 {
        #expect(
          verdict(one.octets, piece: min(piece, max(1, one.octets.count))) == one.verdict,
          "\(one.what), in pieces of \(piece)")
      }
    }
  }

  private func requests(_ text: String) -> [ReceivedRequest] {
    var parser = RequestParser()
    parser.feed(Array(text.utf8))
    var found: [ReceivedRequest] = []
    while case .request(let request) = parser.next() { found.append(request) }
    return found
  }

  @Test func `a request has its parts as they were sent`() throws {
    let text =
      "PUT /a%20b/c?x=1&y HTTP/1.1\r\nhost: Example.COM:80\r\nX-A: 1\r\nx-a:  2 \r\n"
      + "Content-Length: 3\r\n\r\nabc"
    let request = try #require(requests(text).first).request
    #expect(request.method == .put)
    #expect(request.target.raw == "/a%20b/c?x=1&y")
    #expect(request.path == "/a%20b/c")
    #expect(request.query == "x=1&y")
    #expect(request.target.segments == ["a b", "c"])
    #expect(request.authority == "example.com")
    #expect(request.fields["X-a"] == "1, 2")
    #expect(request.fields.values(of: "x-A") == ["1", "2"])
    #expect(request.body == Array("abc".utf8))
  }

  @Test func `a whole URI stands above Host`() throws {
    let text = "GET http://b.example:81/c?d HTTP/1.1\r\nHost: a\r\n\r\n"
    let request = try #require(requests(text).first).request
    #expect(request.target.raw == "/c?d")
    #expect(request.authority == "b.example:81")
    let bare =
      "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n"
      + "GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(requests(bare).map(\.request.target.raw) == ["*", "/?q"])
  }

  @Test func `chunks are put together and trailers dropped`() throws {
    let text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "3\r\nabc\r\n2;x\r\nde\r\n0\r\nHost: evil\r\nX: 1\r\n\r\n"
    let request = try #require(requests(text).first).request
    #expect(request.body == Array("abcde".utf8))
    #expect(request.fields["host"] == "a")
    #expect(!request.fields.contains("x"))
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: a\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\t\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n", false),
    ("GET / HTTP/1.0\r\n", false),
    ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n", true),
    ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n", false),
  ])
  func `a connection is kept as both sides want it`(_ head: String, _ keepsAlive: Bool) {
    let found = requests(head + "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(found.first?.keepsAlive == keepsAlive)
    #expect(found.count == (keepsAlive ? 2 : 1))
  }

  @Test func `the client is told to go on before its content, and only then`() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"
    var parser = RequestParser()
    parser.feed(Array(head.utf8))
    #expect(parser.next() == .sendContinue)
    #expect(parser.next() == .needsMore)
    parser.feed([0x61])
    guard case .request(let received) = parser.next() else {
      Issue.record("no request")
      return
    }
    #expect(received.request.body == [0x61])
    // Content already there, or none, or HTTP/1.0: nothing to wait for.
    #expect(requests(head + "b").count == 1)
    #expect(requests("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").count == 1)
    #expect(
      requests("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nb").count == 1)
  }

  @Test func `content beyond the limit is refused before it is sent`() {
    var parser = RequestParser(limits: HTTPLimits(bodyBytesMax: 4))
    parser.feed(
      Array(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n".utf8))
    guard case .fault(let fault) = parser.next() else {
      Issue.record("no fault")
      return
    }
    #expect(fault.status == 413)
    #expect(parser.bufferedBytes == 0)
  }

  @Test func `an announced length takes no memory`() {
    var parser = RequestParser(limits: HTTPLimits(bodyBytesMax: 1 << 40))
    parser.feed(
      Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n".utf8))
    #expect(parser.next() == .needsMore)
    #expect(parser.isInsideBody)
    #expect(parser.bufferedBytes == 0)
  }

  @Test func `after a fault nothing more is read`() {
    var parser = RequestParser()
    parser.feed(Array("GET\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    guard case .fault = parser.next() else {
      Issue.record("no fault")
      return
    }
    parser.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(parser.next() == .needsMore)
    #expect(parser.bufferedBytes == 0)
  }
}
