import Testing

/// Octets that a client might send, and what the parser has to make of them.
struct RequestCase: Sendable, CustomTestStringConvertible {
  enum Verdict: Sendable, Equatable {
    /// So many requests, and nothing left.
    case accepted(Int)
    case refused(Int)
    /// A part of a request: more must come.
    case unfinished
  }

  let what: String
  let octets: [UInt8]
  let verdict: Verdict

  init(_ what: String, _ text: String, _ verdict: Verdict) {
    self.init(what, Array(text.utf8), verdict)
  }

  init(_ what: String, _ octets: [UInt8], _ verdict: Verdict) {
    self.what = what
    self.octets = octets
    self.verdict = verdict
  }

  var testDescription: String { what }

  /// A GET with one more field line.
  static func field(_ what: String, _ line: String, _ verdict: Verdict) -> RequestCase {
    RequestCase(what, "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n", verdict)
  }

  /// A GET of one target.
  static func target(_ what: String, _ target: String, _ verdict: Verdict) -> RequestCase {
    RequestCase(what, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", verdict)
  }

  static func host(_ value: String, _ verdict: Verdict) -> RequestCase {
    RequestCase("Host \(value)", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", verdict)
  }

  /// A POST whose framing fields and content are given, and a GET behind it.
  static func post(
    _ what: String, _ framing: String, _ content: String, _ verdict: Verdict
  ) -> RequestCase {
    RequestCase(
      what,
      "POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(content)GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      verdict)
  }

  static func chunks(_ what: String, _ content: String, _ verdict: Verdict) -> RequestCase {
    post(what, "Transfer-Encoding: chunked", content, verdict)
  }
}

extension RequestCase {
  static let lines: [RequestCase] = [
    .init("nothing", "", .accepted(0)),
    .init("a plain GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(1)),
    .init("a name of one's own as method", "FETCH! / HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(1)),
    .init("a later minor version", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", .accepted(1)),
    .init("one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(1)),
    .init("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
    .init(
      "two at once", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      .accepted(2)),
    .init("a head without end", "GET / HTTP/1.1\r\nHost: a\r\n", .unfinished),
    .init("half a line", "GET / HT", .unfinished),
    .init("no version", "GET /\r\n\r\n", .refused(400)),
    .init("no target", "GET  HTTP/1.1\r\n\r\n", .refused(400)),
    .init("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
    .init("a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
    .init("a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .refused(400)),
    .init("bare LF", "GET / HTTP/1.1\nHost: a\n\n", .refused(400)),
    .init("bare CR", "GET / HTTP/1.1\rHost: a\r\n\r\n", .refused(400)),
    .init("CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .refused(400)),
    .init("a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
    .init("NUL before the end of the line", [0x47, 0], .refused(400)),
    .init("a TLS hello", [0x16, 3, 1, 2, 0, 1, 0, 1], .refused(400)),
    .init("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(505)),
    .init("HTTP/0.9 by name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .refused(505)),
    .init("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", .refused(400)),
    .init("a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .refused(400)),
    .init("CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", .refused(501)),
    .init("a line too long", "GET /" + String(repeating: "x", count: 9_000), .refused(414)),
    .target("all that a path may hold", "/a-._~!$&'()*+,;=:@/%41%c3", .accepted(1)),
    .target("all that a query may hold", "/?a=/?:@!$&'()*+,;=%00", .accepted(1)),
    .target("a path that begins with two slashes", "//b", .accepted(1)),
    .target("7900 octets", "/" + String(repeating: "y", count: 7_900), .accepted(1)),
    .target("a fragment", "/a#b", .refused(400)),
    .target("a broken escape", "/%4", .refused(400)),
    .target("an escape that is not hex", "/%4g", .refused(400)),
    .target("a quote", "/\"", .refused(400)),
    .target("a brace in the query", "/?{", .refused(400)),
    .target("a backslash", "/a\\b", .refused(400)),
    .target("a name beyond ASCII", "/é", .refused(400)),
    .target("a relative path", "a/b", .refused(400)),
    .target("a star", "*", .refused(400)),
    .target("a whole URI", "http://b:81/c?d", .accepted(1)),
    .target("a whole URI without path", "HTTP://b", .accepted(1)),
    .target("a whole URI with credentials", "http://u@b/", .refused(400)),
    .target("a whole URI without host", "http:///", .refused(400)),
    .target("another scheme", "ftp://b/", .refused(400)),
    .target("https where there is no TLS", "https://b/", .refused(421)),
    .init("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(1)),
  ]

  static let heads: [RequestCase] = [
    .host("a.example", .accepted(1)),
    .host("a_b:8700", .accepted(1)),
    .host("192.0.2.7:", .accepted(1)),
    .host("[2001:db8::1]:80", .accepted(1)),
    .host("[::]", .accepted(1)),
    .host("[::ffff:192.0.2.1]", .accepted(1)),
    .host("[1:2:3:4:5:6:7:8]", .accepted(1)),
    .host("[v1.a:b]", .accepted(1)),
    .host("a%41", .accepted(1)),
    .host("[1:2:3]", .refused(400)),
    .host("[1::2::3]", .refused(400)),
    .host("[:::]", .refused(400)),
    .host("[1:2:3:4:5:6:7:8:9]", .refused(400)),
    .host("[::1.2.3.256]", .refused(400)),
    .host("[12345::]", .refused(400)),
    .host("[::1", .refused(400)),
    .host("[::1]b", .refused(400)),
    .host("::1", .refused(400)),
    .host("", .refused(400)),
    .host("a b", .refused(400)),
    .host("a/b", .refused(400)),
    .host("u@a", .refused(400)),
    .host("a:b", .refused(400)),
    .host("a:65536", .refused(400)),
    .host("a:99999999999999999999", .refused(400)),
    .init("no Host", "GET / HTTP/1.1\r\n\r\n", .refused(400)),
    .init("no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", .accepted(1)),
    .field("Host twice", "Host: a", .refused(400)),
    .field("an empty value", "X:", .accepted(1)),
    .field("blanks around a value", "X: \t a \t ", .accepted(1)),
    .field("a value beyond ASCII", "X: é", .accepted(1)),
    .field("a name of every token character", "!#$%&'*+-.^_`|~09azAZ: 1", .accepted(1)),
    .field("a space before the colon", "X : 1", .refused(400)),
    .field("no colon", "X", .refused(400)),
    .field("no name", ": 1", .refused(400)),
    .field("a name with a space", "X Y: 1", .refused(400)),
    .field("a name beyond ASCII", "é: 1", .refused(400)),
    .field("a folded line", "X: 1\r\n 2", .refused(400)),
    .field("a line of blanks", " ", .refused(400)),
    .field("NUL in a value", "X: \0", .refused(400)),
    .field("DEL in a value", "X: \u{7f}", .refused(400)),
    .field("bare LF in a value", "X: 1\nY: 2", .refused(400)),
    .field("bare CR in a value", "X: 1\rY: 2", .refused(400)),
    .field("a line too long", "X: " + String(repeating: "v", count: 9_000), .refused(431)),
    .field(
      "too many lines",
      String(repeating: "X: 1\r\n", count: 100) + "X: 1", .refused(431)),
    .field(
      "too much in all",
      String(repeating: "X: " + String(repeating: "v", count: 4_000) + "\r\n", count: 9) + "X: 1",
      .refused(431)),
    .field("an expectation that nobody knows", "Expect: tea", .refused(417)),
  ]

  static let bodies: [RequestCase] = [
    .post("a length", "Content-Length: 3", "abc", .accepted(2)),
    .post("a length of zero", "Content-Length: 0", "", .accepted(2)),
    .post("leading zeros", "Content-Length: 0003", "abc", .accepted(2)),
    .post("no length", "X: 1", "", .accepted(2)),
    .post("a sign", "Content-Length: +3", "abc", .refused(400)),
    .post("hex", "Content-Length: 0x3", "abc", .refused(400)),
    .post("a list", "Content-Length: 3, 3", "abc", .refused(400)),
    .post("twice", "Content-Length: 3\r\nContent-Length: 3", "abc", .refused(400)),
    .post("empty", "Content-Length:", "abc", .refused(400)),
    .post("too great", "Content-Length: 20000001", "", .refused(413)),
    .post("beyond 64 bits", "Content-Length: 18446744073709551619", "abc", .refused(413)),
    .post(
      "both framings", "Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n",
      .refused(400)),
    .post("gzip alone", "Transfer-Encoding: gzip", "", .refused(400)),
    .post("gzip, chunked", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", .refused(501)),
    .post("chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n", .refused(400)),
    .post(
      "chunked with a parameter", "Transfer-Encoding: chunked;a=b", "0\r\n\r\n",
      .refused(400)),
    .post("an empty coding", "Transfer-Encoding: chunked,", "0\r\n\r\n", .refused(400)),
    .post("no coding", "Transfer-Encoding:", "0\r\n\r\n", .refused(400)),
    .post(
      "two lines of codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "0\r\n\r\n", .refused(400)),
    .init(
      "chunked in HTTP/1.0",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .refused(400)),
    .chunks("no chunk", "0\r\n\r\n", .accepted(2)),
    .chunks("chunks", "3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n", .accepted(2)),
    .chunks("a chunk that looks like the end", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", .accepted(2)),
    .chunks("extensions", "1;a;b=c; d = \"e;\\\"\"\r\nx\r\n0 ;f\r\n\r\n", .accepted(2)),
    .chunks("trailers", "0\r\nX: 1\r\nContent-Length: 9\r\n\r\n", .accepted(2)),
    .chunks("no size", "\r\nabc\r\n0\r\n\r\n", .refused(400)),
    .chunks("a signed size", "+1\r\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("a prefixed size", "0x1\r\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("a blank behind the size", "1 \r\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("an extension without name", "1;\r\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("an open quote", "1;a=\"b\r\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("more data than said", "1\r\nxy\r\n0\r\n\r\n", .refused(400)),
    .chunks("bare LF behind the size", "1\nx\r\n0\r\n\r\n", .refused(400)),
    .chunks("bare LF behind the data", "1\r\nx\n0\r\n\r\n", .refused(400)),
    .chunks("bare LF at the end", "0\r\n\n", .refused(400)),
    .chunks("a size of 2^64 + 1", "10000000000000001\r\nx\r\n0\r\n\r\n", .refused(413)),
    .chunks("a size of 2^63", "8000000000000000\r\n", .refused(413)),
    .chunks("a long extension", "1;a=" + String(repeating: "b", count: 2_000), .refused(400)),
    .chunks(
      "many extensions",
      String(repeating: "1;a=" + String(repeating: "b", count: 900) + "\r\nx\r\n", count: 12),
      .refused(400)),
    .chunks(
      "many trailers", "0\r\n" + String(repeating: "X: 1\r\n", count: 101),
      .refused(431)),
    .chunks("a malformed trailer", "0\r\nX : 1\r\n\r\n", .refused(400)),
  ]
}
