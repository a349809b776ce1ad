/// The address of another node: `http://host[:port][/prefix]`, or https.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
  package enum Scheme: String, Sendable { case http, https }

  /// Why a text is no base URL.
  package enum Fault: Error, Hashable, Sendable {
    /// Neither http nor https.
    case scheme
    /// `user@host`: credentials do not belong there.
    case userInformation
    case host
    case port
    /// Not an absolute path of RFC 3986.
    case path
    /// A query or a fragment has no meaning here.
    case queryOrFragment
  }

  package let scheme: Scheme
  /// Without the brackets of an IPv6 literal, lower case.
  package let host: String
  package let port: Int
  /// Without "/" at its end; empty for the root.
  package let prefix: String

  package init(_ text: String) throws(Fault) {
    let octets = Array(text.utf8)
    let scheme: Scheme
    let rest: ArraySlice<UInt8>
    if equalsIgnoringCase(octets.prefix(7), "http://") {
      (scheme, rest) = (.http, octets.dropFirst(7))
    } else if equalsIgnoringCase(octets.prefix(8), "https://") {
      (scheme, rest) = (.https, octets.dropFirst(8))
    } else {
      throw .scheme
    }
    if rest.contains(.questionMark) || rest.contains(UInt8(ascii: "#")) { throw .queryOrFragment }
    let pathStart = rest.firstIndex(of: .slash) ?? rest.endIndex
    let authority = rest[..<pathStart]
    if authority.contains(UInt8(ascii: "@")) { throw .userInformation }
    guard let (host, port) = Authority.parse(authority) else {
      throw Self.hostOrPort(authority)
    }
    var path = rest[pathStart...]
    while path.last == .slash { path.removeLast() }
    guard PercentCoding.isValid(path, allowing: .path) else { throw .path }
    let isLiteral = host.first == UInt8(ascii: "[")
    self.scheme = scheme
    self.host = String(
      decoding: (isLiteral ? host.dropFirst().dropLast() : host).map(\.lowercased), as: UTF8.self)
    self.port = port ?? (scheme == .http ? 80 : 443)
    prefix = String(decoding: path, as: UTF8.self)
  }

  package var needsTLS: Bool { scheme == .https }

  /// The value of Host: the port only where it is not the scheme's own.
  package var authority: String {
    let name = host.utf8.contains(.colon) ? "[\(host)]" : host
    return port == (scheme == .http ? 80 : 443) ? name : "\(name):\(port)"
  }

  package var description: String { "\(scheme.rawValue)://\(authority)\(prefix)" }

  /// A request below this address, its Host set. `target` is the path behind the prefix.
  package func request(
    _ method: HTTPMethod, _ target: RequestTarget, fields: HTTPFields = HTTPFields(),
    body: [UInt8] = []
  ) -> HTTPRequest {
    var request = HTTPRequest(
      method: method, target: target.prefixed(by: prefix), fields: ["Host": authority], body: body)
    for (name, value) in fields { request.fields.append(name, value) }
    return request
  }

  private static func hostOrPort(_ authority: ArraySlice<UInt8>) -> Fault {
    guard let colon = authority.lastIndex(of: .colon), colon > authority.startIndex,
      Authority.parse(authority[..<colon]) != nil
    else { return .host }
    return .port
  }
}

extension RequestTarget {
  /// `prefix` is an absolute path without "/" at its end, or empty.
  func prefixed(by prefix: String) -> RequestTarget {
    guard !prefix.isEmpty, let target = RequestTarget(prefix + raw) else { return self }
    return target
  }
}
