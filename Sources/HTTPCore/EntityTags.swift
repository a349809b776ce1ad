/// What If-Match, If-None-Match and If-Range ask of a representation. RFC 9110 §8.8.3, §13.
package enum EntityTags {
  package enum Outcome: Sendable, Equatable {
    /// `honoursRange`: whether a Range beside it still counts.
    case proceed(honoursRange: Bool)
    /// 304, of GET and HEAD.
    case notModified
    /// 412.
    case failed
  }

  /// The order of RFC 9110 §13.2.2. `etag` is the present, strong tag, with its quotes; times are
  /// not told here, so conditions on them are passed over, as §13.1.3 has it.
  package static func evaluate(_ request: HTTPRequest, etag: String) -> Outcome {
    let present = Tag(octets: Array(etag.utf8), isWeak: false)
    let fields = request.fields
    if fields.contains("if-match"), !matches("if-match", fields, present, weakly: false) {
      return .failed
    }
    if matches("if-none-match", fields, present, weakly: true) {
      return request.method == .get || request.method == .head ? .notModified : .failed
    }
    guard let condition = fields.octets(of: "if-range") else {
      return .proceed(honoursRange: true)
    }
    return .proceed(honoursRange: tags(condition) == [present])
  }

  /// The first tag of If-None-Match, without the mark of a weak one, which a proxy that compresses
  /// may have added.
  package static func known(_ request: HTTPRequest) -> String? {
    request.fields.octets(of: "if-none-match").flatMap { tags($0)?.first }
      .map { String(decoding: $0.octets, as: UTF8.self) }
  }

  private struct Tag: Equatable {
    /// With its quotes.
    let octets: [UInt8]
    let isWeak: Bool
  }

  private static func matches(
    _ name: String, _ fields: HTTPFields, _ present: Tag, weakly: Bool
  ) -> Bool {
    guard let value = fields.octets(of: name) else { return false }
    if value == [UInt8(ascii: "*")] { return true }
    return (tags(value) ?? []).contains { tag in
      tag.octets == present.octets && (weakly || !tag.isWeak)
    }
  }

  /// `[ W/ ] DQUOTE *etagc DQUOTE`, separated by commas; nil where it is anything else.
  private static func tags(_ value: [UInt8]) -> [Tag]? {
    var rest = value[...]
    var found: [Tag] = []
    while true {
      rest = rest.drop { $0.isBlank || $0 == .comma }
      if rest.isEmpty { return found }
      let isWeak = rest.starts(with: "W/")
      if isWeak { rest = rest.dropFirst(2) }
      guard rest.first == .quote, let end = rest.dropFirst().firstIndex(of: .quote) else {
        return nil
      }
      found.append(Tag(octets: Array(rest[...end]), isWeak: isWeak))
      rest = rest[(end + 1)...].drop(while: \.isBlank)
      guard rest.isEmpty || rest.first == .comma else { return nil }
    }
  }
}
