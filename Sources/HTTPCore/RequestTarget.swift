/// Where a request goes on its server: the origin-form of RFC 9112 §3.2.1 (a path that begins
/// with "/", perhaps a query), or "*". Every octet is one that RFC 3986 allows there.
package struct RequestTarget: Hashable, Sendable, CustomStringConvertible {
  /// As it stands in the request line.
  package let raw: String
  /// Still percent-encoded.
  package let path: String
  /// Behind the "?", still percent-encoded; nil without "?".
  package let query: String?

  package init?(_ raw: String) {
    self.init(octets: Array(raw.utf8)[...])
  }

  /// Text in the path's segments and the query is percent-encoded as needed.
  package init(segments: [String], query: [(name: String, value: String)] = []) {
    let path = "/" + segments.map(PercentCoding.encode).joined(separator: "/")
    let pairs = query.map {
      "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))"
    }
    let query = pairs.isEmpty ? nil : pairs.joined(separator: "&")
    self.path = path
    self.query = query
    raw = query.map { "\(path)?\($0)" } ?? path
  }

  package var description: String { raw }

  /// The name-value pairs of the query, decoded; nil where an escape is not UTF-8.
  package var queryItems: [(name: String, value: String)]? {
    FormFields.parse(query ?? "")
  }

  /// The path's segments, decoded: "/a/b%20c" gives "a", "b c". Nil where an escape is not UTF-8
  /// or hides a "/" or NUL.
  package var segments: [String]? {
    var segments: [String] = []
    for part in path.utf8.dropFirst().split(separator: .slash, omittingEmptySubsequences: false) {
      guard let text = PercentCoding.decode(Array(part)[...], plusIsSpace: false),
        !text.utf8.contains(.slash), !text.utf8.contains(0)
      else { return nil }
      segments.append(text)
    }
    return segments
  }

  /// origin-form or "*".
  init?(octets: ArraySlice<UInt8>) {
    if octets.count == 1, octets.first == UInt8(ascii: "*") {
      (raw, path, query) = ("*", "*", nil)
      return
    }
    guard octets.first == .slash else { return nil }
    let end = octets.firstIndex(of: .questionMark) ?? octets.endIndex
    guard PercentCoding.isValid(octets[..<end], allowing: .path) else { return nil }
    raw = String(decoding: octets, as: UTF8.self)
    if end < octets.endIndex {
      let query = octets[(end + 1)...]
      guard PercentCoding.isValid(query, allowing: .query) else { return nil }
      path = String(decoding: octets[..<end], as: UTF8.self)
      self.query = String(decoding: query, as: UTF8.self)
    } else {
      path = raw
      query = nil
    }
  }
}

extension RequestTarget: ExpressibleByStringLiteral {
  package init(stringLiteral literal: StaticString) {
    guard let target = RequestTarget("\(literal)") else {
      preconditionFailure("a target written in this program is well-formed")
    }
    self = target
  }
}
