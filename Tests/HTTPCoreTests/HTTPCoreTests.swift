import HTTPCore
import Testing

@Suite struct RequestParserTests {
  @Test func `a plain request is read whole, in one piece or in single octets`() {
    let text =
      "POST /a/b?x=1 HTTP/1.1\r\nHost: example.com:80\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n"
    var parser = RequestParser()
    parser.feed(Array(text.utf8))
    guard case .request(let first) = parser.next() else { Issue.record("no request"); return }
    #expect(first.request.path == "/a/b")
    #expect(first.request.query == "x=1")
    #expect(first.request.authority == "example.com")
    #expect(first.request.body == Array("abc".utf8))
    #expect(first.keepsAlive)
    guard case .request = parser.next() else { Issue.record("no request"); return }
    #expect(parser.next() == .needsMore)
  }
}
