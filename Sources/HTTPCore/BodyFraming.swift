/// How the content of a message is delimited. RFC 9112 §6.3; whatever two readers could see
/// differently is refused.
enum BodyFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  /// Responses only: until the connection closes.
  case untilClose

  static func ofRequest(
    _ fields: HTTPFields, minorVersion: Int, limits: HTTPLimits
  ) throws(HTTPFault) -> BodyFraming {
    if try isChunked(fields, minorVersion: minorVersion) { return .chunked }
    guard let length = try contentLength(fields) else { return .none }
    if length > limits.bodyBytesMax { throw HTTPFault(413, "the content is too large") }
    return length == 0 ? .none : .length(length)
  }

  static func ofResponse(
    _ fields: HTTPFields, status: Int, minorVersion: Int, toHead: Bool, limits: HTTPLimits
  ) throws(HTTPFault) -> BodyFraming {
    if try isChunked(fields, minorVersion: minorVersion) {
      if status < 200 || status == 204 {
        throw .badRequest("a response without content names a transfer coding")
      }
      return toHead || status == 304 ? .none : .chunked
    }
    let length = try contentLength(fields)
    if toHead || HTTPResponse.hasNoContent(status) { return .none }
    guard let length else { return .untilClose }
    if length > limits.bodyBytesMax { throw HTTPFault(413, "the content is too large") }
    return length == 0 ? .none : .length(length)
  }

  private static func contentLength(_ fields: HTTPFields) throws(HTTPFault) -> Int? {
    let values = fields.slices(of: "content-length")
    guard let value = values.first else { return nil }
    guard values.count == 1, let length = decimalNumber(value) else {
      throw .badRequest("Content-Length is not one number")
    }
    return length
  }

  /// Whether the only transfer coding is chunked; any other set of codings is refused.
  private static func isChunked(
    _ fields: HTTPFields, minorVersion: Int
  ) throws(HTTPFault) -> Bool {
    let values = fields.slices(of: "transfer-encoding")
    if values.isEmpty { return false }
    // RFC 9112 §6.1: with Content-Length beside it, or in HTTP/1.0, the framing is suspect.
    if fields.contains("content-length") {
      throw .badRequest("Transfer-Encoding and Content-Length together")
    }
    if minorVersion == 0 { throw .badRequest("Transfer-Encoding in HTTP/1.0") }
    let codings = values.flatMap {
      $0.split(separator: .comma, omittingEmptySubsequences: false).map(\.trimmingBlanks)
    }
    guard let last = codings.last, equalsIgnoringCase(last, "chunked") else {
      throw .badRequest("the last transfer coding is not chunked")
    }
    if codings.count == 1 { return true }
    let others = codings.dropLast()
    guard others.allSatisfy({ !$0.isEmpty && $0.allSatisfy(OctetSet.token.contains) }),
      !others.contains(where: { equalsIgnoringCase($0, "chunked") })
    else { throw .badRequest("Transfer-Encoding is malformed") }
    throw HTTPFault(501, "a transfer coding besides chunked")
  }
}
