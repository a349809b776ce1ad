import Bytes

/// Signs requests to object stores: AWS Signature Version 4 in the Authorization field. The secret
/// stays inside; descriptions do not show it.
package struct AWSSigner: Sendable {
  private let accessKeyID: String
  private let secret: Secret
  private let region: String
  private let service: String

  package init(accessKeyID: String, secret: Secret, region: String, service: String = "s3") {
    self.accessKeyID = accessKeyID
    self.secret = secret
    self.region = region
    self.service = service
  }

  /// Covers every field that the request has, and Host must be one. `contentDigest` is the SHA-256
  /// of the content; `seconds` is now, since 1970.
  package func sign(_ request: inout HTTPRequest, contentDigest: Digest, seconds: Int64) {
    let time = Self.timestamp(seconds)
    request.fields["Authorization"] = nil
    request.fields["X-Amz-Date"] = time
    let day = String(decoding: time.utf8.prefix(8), as: UTF8.self)
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let (canonical, names) = Self.canonical(request, contentDigest)
    let toSign = [
      "AWS4-HMAC-SHA256", time, scope,
      DigestAlgorithm.sha256.digest(Array(canonical.utf8)).description,
    ].joined(separator: "\n")
    var key = Array("AWS4".utf8) + Array(secret.text.utf8)
    for part in [day, region, service, "aws4_request", toSign] {
      key = DigestAlgorithm.sha256.hmac(key: key, Array(part.utf8))
    }
    request.fields["Authorization"] =
      "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope), SignedHeaders=\(names), "
      + "Signature=\(Hex.encode(key))"
  }

  /// The request in the form that is digested, and the names that it covers. The path stands as it
  /// is sent: an object store decodes it once.
  static func canonical(
    _ request: HTTPRequest, _ contentDigest: Digest
  ) -> (text: String, names: String) {
    let names = Set(request.fields.map { lowercased($0.name) }).sorted(by: precedes)
    let fields = names.map { name in
      "\(name):\(request.fields.values(of: name).map(collapsed).joined(separator: ","))\n"
    }
    let list = names.joined(separator: ";")
    let text = [
      request.method.name, request.path, query(request.query ?? ""), fields.joined(), list,
      contentDigest.description,
    ].joined(separator: "\n")
    return (text, list)
  }

  /// Sorted by name, then value, both as they stand encoded; "=" even behind an empty value.
  private static func query(_ query: String) -> String {
    let pairs = query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let end = pair.firstIndex(of: .equals) ?? pair.endIndex
      let value = end < pair.endIndex ? pair[pair.index(after: end)...] : pair[end...]
      return (name: String(pair[..<end]) ?? "", value: String(value) ?? "")
    }
    return pairs.sorted { a, b in
      a.name.utf8.elementsEqual(b.name.utf8)
        ? precedes(a.value, b.value) : precedes(a.name, b.name)
    }.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  private static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func lowercased(_ name: String) -> String {
    String(decoding: name.utf8.map(\.lowercased), as: UTF8.self)
  }

  /// Spaces in a row count as one.
  private static func collapsed(_ value: String) -> String {
    value.utf8.split(separator: .space).map { String($0) ?? "" }.joined(separator: " ")
  }

  /// `20130524T000000Z`: the digits of the HTTP date.
  private static func timestamp(_ seconds: Int64) -> String {
    let (year, month, date) = HTTPDate.civil(seconds)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = max(seconds, 0) % 86_400
    return "\(year)\(two(Int64(month)))\(two(Int64(date)))T\(two(time / 3600))"
      + "\(two(time / 60 % 60))\(two(time % 60))Z"
  }
}

/// A text that no description, mirror or message shows.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { "•••" }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
