/// The request line and what it and the fields together mean. RFC 9112 §3.
struct RequestHead: Sendable {
  private(set) var method: HTTPMethod
  private(set) var target: RequestTarget
  private(set) var minorVersion: Int
  /// Of a target in absolute-form: it stands above Host.
  private var targetAuthority: String?

  init(line: ArraySlice<UInt8>) throws(HTTPFault) {
    guard let first = line.firstIndex(of: .space), let last = line.lastIndex(of: .space),
      first < last, !line[(first + 1)..<last].contains(.space)
    else { throw .badRequest("the request line has not three parts") }
    guard let method = HTTPMethod(octets: line[..<first]) else {
      throw .badRequest("the method is not a token")
    }
    minorVersion = try Self.minorVersion(line[(last + 1)...])
    self.method = method
    if method == .connect { throw HTTPFault(501, "CONNECT is for proxies") }
    (target, targetAuthority) = try Self.target(line[(first + 1)..<last], method: method)
  }

  /// HTTP/1.0, HTTP/1.1, and a higher minor version as 1.1 (RFC 9110 §2.5).
  static func minorVersion(_ octets: ArraySlice<UInt8>) throws(HTTPFault) -> Int {
    let start = octets.startIndex
    guard octets.count == 8, octets.starts(with: "HTTP/"), octets[start + 5].isDigit,
      octets[start + 6] == UInt8(ascii: "."), octets[start + 7].isDigit
    else { throw .badRequest("the version is not HTTP/DIGIT.DIGIT") }
    guard octets[start + 5] == UInt8(ascii: "1") else {
      throw HTTPFault(505, "only HTTP/1 is spoken here")
    }
    return octets[start + 7] == UInt8(ascii: "0") ? 0 : 1
  }

  /// Checks Host (RFC 9112 §3.2) and gives the fields of the request.
  func fields(_ received: HTTPFields) throws(HTTPFault) -> HTTPFields {
    let hosts = received.slices(of: "host")
    guard hosts.count == 1 || (hosts.isEmpty && minorVersion == 0) else {
      throw .badRequest("not exactly one Host")
    }
    if let host = hosts.first, Authority.parse(host) == nil {
      throw .badRequest("Host is malformed")
    }
    guard let targetAuthority else { return received }
    var fields = received
    fields["Host"] = targetAuthority
    return fields
  }

  /// RFC 9112 §9.3: the close option ends it; HTTP/1.0 keeps only what asks for it.
  func keepsAlive(_ fields: HTTPFields) -> Bool {
    if fields.list("connection", has: "close") { return false }
    return minorVersion >= 1 || fields.list("connection", has: "keep-alive")
  }

  /// RFC 9110 §10.1.1. HTTP/1.0 clients have no expectations.
  func expectsContinue(_ fields: HTTPFields) throws(HTTPFault) -> Bool {
    guard minorVersion >= 1 else { return false }
    let expectations = fields.slices(of: "expect")
    guard let first = expectations.first else { return false }
    guard expectations.count == 1, equalsIgnoringCase(first, "100-continue") else {
      throw HTTPFault(417, "an unknown expectation")
    }
    return true
  }

  private static func target(
    _ octets: ArraySlice<UInt8>, method: HTTPMethod
  ) throws(HTTPFault) -> (RequestTarget, authority: String?) {
    if octets.first == .slash || octets.elementsEqual("*".utf8) {
      guard let target = RequestTarget(octets: octets) else {
        throw .badRequest("the target holds what RFC 3986 does not allow")
      }
      if target.raw == "*" && method != .options {
        throw .badRequest("only OPTIONS has the target *")
      }
      return (target, nil)
    }
    if equalsIgnoringCase(octets.prefix(8), "https://") {
      throw HTTPFault(421, "https on a connection without TLS")
    }
    guard equalsIgnoringCase(octets.prefix(7), "http://") else {
      throw .badRequest("the target is neither a path nor an http URI")
    }
    let rest = octets.dropFirst(7)
    let end = rest.firstIndex { $0 == .slash || $0 == .questionMark } ?? rest.endIndex
    guard Authority.parse(rest[..<end]) != nil else {
      throw .badRequest("the target's authority is malformed")
    }
    let authority = String(decoding: rest[..<end], as: UTF8.self)
    let path = rest[end...]
    if path.isEmpty && method == .options { return ("*", authority) }
    let origin = path.first == .slash ? path : [.slash] + path
    guard let target = RequestTarget(octets: origin) else {
      throw .badRequest("the target holds what RFC 3986 does not allow")
    }
    return (target, authority)
  }
}
