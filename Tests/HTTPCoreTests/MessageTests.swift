import HTTPCore
import Testing

@Suite struct MessageTests {
  @Test func `a value from outside cannot forge a field`() {
    var fields: HTTPFields = [:]
    fields["X"] = " a\r\nSet-Cookie: b\0 "
    #expect(fields["x"] == "a  Set-Cookie: b")
    let octets = HTTPResponse(status: 200, fields: fields).serialized()
    #expect(!String(decoding: octets, as: UTF8.self).contains("\nSet-Cookie"))
  }

  @Test func `setting a field replaces all of its lines`() {
    var fields: HTTPFields = ["A": "1", "b": "2", "a": "3"]
    #expect(fields.count(of: "A") == 2)
    fields["a"] = "4"
    #expect(fields == ["B": "2", "A": "4"])
    #expect(fields.map(\.value) == ["2", "4"])
    fields["b"] = nil
    #expect(fields.count == 1)
    #expect(fields["c"] == nil)
  }

  @Test func `a request serializes to what is parsed`() {
    let request = HTTPRequest(
      method: .post, target: "/a?b",
      fields: ["Host": "h", "Content-Length": "9", "Transfer-Encoding": "chunked"], body: [1, 2])
    var parser = RequestParser()
    parser.feed(request.serialized())
    guard case .request(let received) = parser.next() else {
      Issue.record("no request")
      return
    }
    #expect(received.request.body == [1, 2])
    #expect(received.request.target == request.target)
  }

  @Test func `segments and queries come back as they went in`() throws {
    let segments = ["政务", "a/b", "%2F", "", "x y"]
    let target = RequestTarget(segments: segments, query: [("k&", "v=+ 值"), ("e", "")])
    #expect(RequestTarget(target.raw) == target)
    let items = try #require(target.queryItems)
    #expect(items.map(\.name) == ["k&", "e"])
    #expect(items.map(\.value) == ["v=+ 值", ""])
    #expect(target.segments == nil, "an escaped slash is no separator and no text")
    let plain = RequestTarget(segments: ["政务", "x y", ""])
    #expect(plain.segments == ["政务", "x y", ""])
    let latin: RequestTarget = "/%ff"
    #expect(latin.segments == nil)
    #expect(FormFields.parse("a=1&b&&c=+%2B")?.map(\.value) == ["1", "", " +"])
    #expect(FormFields.parse("a=%zz") == nil)
  }

  @Test(arguments: [
    ("http://h", "h", 80, "", "h", false),
    ("HTTP://H:80/", "h", 80, "", "h", false),
    ("http://h:8700/a/b//", "h", 8700, "/a/b", "h:8700", false),
    ("https://h:443", "h", 443, "", "h", true),
    ("https://h:80/x", "h", 80, "/x", "h:80", true),
    ("http://[::1]:8700", "::1", 8700, "", "[::1]:8700", false),
  ])
  func `a base URL has its parts`(
    _ text: String, _ host: String, _ port: Int, _ prefix: String, _ authority: String,
    _ needsTLS: Bool
  ) throws {
    let base = try BaseURL(text)
    #expect(base.host == host)
    #expect(base.port == port)
    #expect(base.prefix == prefix)
    #expect(base.authority == authority)
    #expect(base.needsTLS == needsTLS)
    let request = base.request(.get, "/sync/v1/link?wait=30", fields: ["X": "1"])
    #expect(request.target.raw == prefix + "/sync/v1/link?wait=30")
    #expect(request.fields["host"] == authority)
    #expect(request.fields["x"] == "1")
    #expect(try BaseURL(base.description) == base)
  }

  @Test(
    arguments: [
      ("h:8700", .scheme), ("ftp://h", .scheme), ("", .scheme), ("http:/h", .scheme),
      ("http://", .host), ("http:///a", .host), ("http://a b", .host), ("http://:80", .host),
      ("http://h:x", .port), ("http://h:65536", .port), ("http://[::1]:x", .port),
      ("http://u:p@h", .userInformation), ("http://h/?a", .queryOrFragment),
      ("http://h#a", .queryOrFragment), ("http://h/é", .path),
    ] as [(String, BaseURL.Fault)])
  func `a base URL that is none says why`(_ text: String, _ fault: BaseURL.Fault) {
    #expect(throws: fault) { try BaseURL(text) }
  }

  @Test func `a problem comes back as it went out`() {
    let problem = ProblemDetails(
      .retryLater, status: 503, title: "忙", detail: "a/b", code: "busy", retryAfter: 7)
    #expect(ProblemDetails(problem.response) == problem)
    #expect(problem.response.fields["retry-after"] == "7")
    #expect(problem.response.fields["content-type"] == "application/problem+json")
    #expect(ProblemDetails(HTTPResponse(status: 200)) == nil)
  }

  @Test(
    arguments: [
      (502, "<html>", .retryLater), (401, "{", .reauth), (404, "", .incompatible),
      (403, #"{"class":"new_class"}"#, .operatorNeeded),
    ] as [(Int, String, ProblemDetails.Class)])
  func `an error without details is classed by its status`(
    _ status: Int, _ body: String, _ expected: ProblemDetails.Class
  ) {
    let response = HTTPResponse(
      status: status, contentType: ProblemDetails.contentType, body: Array(body.utf8))
    #expect(ProblemDetails(response)?.problemClass == expected)
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(Int64, String)])
  func `dates are those of RFC 9110`(_ seconds: Int64, _ text: String) {
    #expect(HTTPDate.format(seconds) == text)
    #expect(HTTPDate.parse(text) == seconds)
  }

  @Test(arguments: [
    "", "Sun, 06 Nov 1994 08:49:37 UTC", "Mon, 06 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994     ", "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08-49-37 GMT",
  ])
  func `other dates are not read`(_ text: String) {
    #expect(HTTPDate.parse(text) == nil)
  }
}
