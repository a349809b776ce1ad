import Bytes

/// What Content-Encoding says of a request's content: nothing, or gzip (RFC 9110 §8.4). Signatures
/// and Content-Digest are over the content as it was sent, so it is expanded behind them.
package enum ContentCoding: Sendable {
  case identity
  case gzip

  /// Any other coding, or more than one, is refused.
  package init(of request: HTTPRequest) throws(HTTPFault) {
    let values = request.fields.slices(of: "content-encoding")
    guard let value = values.first else {
      self = .identity
      return
    }
    let isGzip = equalsIgnoringCase(value, "gzip") || equalsIgnoringCase(value, "x-gzip")
    guard values.count == 1, isGzip else { throw HTTPFault(415, "a content coding besides gzip") }
    self = .gzip
  }

  /// Refuses content that itself says it would expand beyond the limits, before anything is spent
  /// on who sent it.
  package static func screen(_ request: HTTPRequest, _ limits: HTTPLimits) throws(HTTPFault) {
    guard request.fields.contains("content-encoding"),
      GzipContent.admitsExcess(request.body, within: limits.expansion)
    else { return }
    throw tooLarge
  }

  /// The request with its content as it was before it was coded.
  package static func decoded(
    _ request: HTTPRequest, _ limits: HTTPLimits
  ) throws(HTTPFault) -> HTTPRequest {
    guard case .gzip = try ContentCoding(of: request) else { return request }
    var decoded = request
    do throws(GzipContent.Fault) {
      decoded.body = try GzipContent.expand(request.body, within: limits.expansion)
    } catch .tooLarge {
      throw tooLarge
    } catch {
      throw .badRequest("the content is not gzip")
    }
    decoded.fields.remove("content-encoding")
    return decoded
  }

  /// The answer to a request whose content cannot be read.
  package static func refusal(_ fault: HTTPFault) -> HTTPResponse {
    var response = ProblemDetails(fault).response
    // RFC 9110 §12.5.3: what would have been taken.
    if fault.status == 415 { response.fields.append("Accept-Encoding", "gzip") }
    return response
  }

  private static let tooLarge = HTTPFault(413, "the content expands beyond the limits")
}
