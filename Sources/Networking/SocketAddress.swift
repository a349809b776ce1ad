/// Where a server listens or a client connects.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// `host` is a name or an address; IPv6 without brackets.
  case tcp(host: String, port: Int)
  case unix(path: String)

  /// `127.0.0.1:8700`, `[::1]:8700`, `name:8700`, or `unix:/path`. Nil for anything else.
  package init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let digits = text.utf8[text.utf8.index(after: colon)...]
    guard !digits.isEmpty, digits.count <= 5,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = Int(String(digits) ?? ""), port <= 65_535
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.utf8.contains(UInt8(ascii: ":")) else { return nil }
    } else if host.utf8.contains(UInt8(ascii: ":")) {
      return nil
    }
    guard !host.isEmpty, !host.utf8.contains(0) else { return nil }
    self = .tcp(host: String(host), port: port)
  }

  package var description: String {
    switch self {
    case .tcp(let host, let port):
      host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
