import HTTPCore
import Testing

@Suite struct ResponseParserTests {
  private func parse(
    _ text: String, to method: HTTPMethod = .get, piece: Int = .max
  ) -> ResponseParser.Step {
    let octets = Array(text.utf8)
    let piece = min(piece, octets.count)
    var parser = ResponseParser(limits: HTTPLimits(bodyBytesMax: 100), method: method)
    for start in stride(from: 0, to: octets.count, by: piece) {
      parser.feed(Array(octets[start..<min(octets.count, start + piece)]))
      let step = parser.next()
      if step != .needsMore { return step }
    }
    return parser.finish()
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab", true),
    ("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, "", true),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, "", true),
    ("HTTP/1.1 204 No\r\n\r\n", 204, "", true),
    ("HTTP/1.1 100 Go\r\nX: 1\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 404, "", true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab", true),
    ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", 200, "a", false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a", false),
    ("HTTP/1.1 200 OK\r\n\r\nuntil it closes", 200, "until it closes", false),
  ])
  func `a response is read whole`(
    _ text: String, _ status: Int, _ body: String, _ keepsAlive: Bool
  ) {
    for piece in [Int.max, 1, 5] {
      guard case .response(let received) = parse(text, piece: piece) else {
        Issue.record("no response in pieces of \(piece)")
        continue
      }
      #expect(received.response.status == status)
      #expect(received.response.body == Array(body.utf8))
      #expect(received.keepsAlive == keepsAlive)
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n",
    "HTTP/1.1 200 OK\n\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switch\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
    "HTTP/1.1 2",
    "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
  ])
  func `a malformed or cut-off response is a fault`(_ text: String) {
    for piece in [Int.max, 1] {
      guard case .fault = parse(text, piece: piece) else {
        Issue.record("accepted in pieces of \(piece)")
        continue
      }
    }
  }

  @Test func `content without a length ends at the limit`() {
    let text = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 101)
    guard case .fault(let fault) = parse(text) else {
      Issue.record("accepted")
      return
    }
    #expect(fault.status == 413)
  }

  @Test func `an answer to HEAD has no content`() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    guard case .response(let received) = parse(text, to: .head) else {
      Issue.record("no response")
      return
    }
    #expect(received.response.fields["content-length"] == "5000")
    #expect(received.keepsAlive)
  }

  @Test func `octets behind the answer end the connection`() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc"
    guard case .response(let received) = parse(text) else {
      Issue.record("no response")
      return
    }
    #expect(!received.keepsAlive)
  }

  @Test func `interim responses have an end`() {
    let interim = String(repeating: "HTTP/1.1 103 Hints\r\n\r\n", count: 9)
    guard case .fault = parse(interim) else {
      Issue.record("accepted")
      return
    }
  }

  @Test func `what a response serializes to is what is parsed`() {
    let response = HTTPResponse(
      status: 409, fields: ["X": "1", "X": "2", "Connection": "upgrade", "Content-Length": "77"],
      body: Array("abc".utf8))
    for method in [HTTPMethod.get, .head] {
      for closing in [true, false] {
        var parser = ResponseParser(method: method)
        parser.feed(response.serialized(headOnly: method == .head, closing: closing))
        guard case .response(let received) = parser.next() else {
          Issue.record("no response")
          continue
        }
        #expect(received.keepsAlive == !closing)
        #expect(received.response.body == (method == .head ? [] : response.body))
        #expect(received.response.fields.values(of: "x") == ["1", "2"])
        let length = method == .head ? "77" : "3"
        #expect(received.response.fields["content-length"] == length)
      }
    }
  }
}
