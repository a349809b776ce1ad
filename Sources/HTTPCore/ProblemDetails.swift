import FoundationEssentials

/// An error that a program can act on: `application/problem+json`, RFC 9457. The class alone
/// decides what the client does; all else is for people.
package struct ProblemDetails: Error, Sendable, Equatable {
  package enum Class: String, Sendable, CaseIterable, Codable {
    /// Try again, not before Retry-After.
    case retryLater = "retry_later"
    /// Sign anew, once.
    case reauth
    /// The cursor or base is of another history: begin again from what both know.
    case rebaseRequired = "rebase_required"
    /// This item will not be taken as it is; the others go on.
    case itemRejected = "item_rejected"
    /// The two programs do not understand each other.
    case incompatible
    /// Nothing goes on before a person has looked.
    case operatorNeeded = "operator_needed"
  }

  package static let contentType = "application/problem+json"

  package var problemClass: Class
  package var status: Int
  package var title: String
  package var detail: String?
  /// The reason's name in the table of reasons.
  package var code: String?
  /// Seconds; travels as Retry-After too.
  package var retryAfter: Int?

  package init(
    _ problemClass: Class, status: Int, title: String, detail: String? = nil,
    code: String? = nil, retryAfter: Int? = nil
  ) {
    self.problemClass = problemClass
    self.status = status
    self.title = title
    self.detail = detail
    self.code = code
    self.retryAfter = retryAfter
  }

  /// The problem that an answer tells; nil where the answer is no error. An error without readable
  /// details (of a proxy, say) is classed by its status.
  package init?(_ response: HTTPResponse) {
    guard response.status >= 400 else { return nil }
    let retryAfter = response.fields.octets(of: "retry-after").flatMap { decimalNumber($0[...]) }
    if let type = response.fields["content-type"], type.hasPrefix(Self.contentType),
      let wire = try? JSONDecoder().decode(Wire.self, from: Data(response.body)),
      let problemClass = Class(rawValue: wire.problemClass)
    {
      self.init(
        problemClass, status: response.status, title: wire.title ?? "", detail: wire.detail,
        code: wire.code, retryAfter: wire.retryAfter ?? retryAfter)
    } else {
      self.init(
        Self.class(ofStatus: response.status), status: response.status,
        title: HTTPResponse.reason(response.status), retryAfter: retryAfter)
    }
  }

  /// What a status means where nothing else tells.
  package static func `class`(ofStatus status: Int) -> Class {
    switch status {
    case 401: .reauth
    case 408, 425, 429, 500, 502, 503, 504: .retryLater
    case 400, 404, 405, 406, 411, 414, 415, 417, 426, 431, 501, 505: .incompatible
    default: .operatorNeeded
    }
  }

  package var response: HTTPResponse {
    let wire = Wire(
      problemClass: problemClass.rawValue, title: title, status: status, detail: detail,
      code: code, retryAfter: retryAfter)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = (try? encoder.encode(wire)).map(Array.init) ?? []
    var response = HTTPResponse(status: status, contentType: Self.contentType, body: body)
    if let retryAfter { response.fields["Retry-After"] = String(retryAfter) }
    return response
  }

  private struct Wire: Codable {
    var problemClass: String
    var title: String?
    var status: Int?
    var detail: String?
    var code: String?
    var retryAfter: Int?

    enum CodingKeys: String, CodingKey {
      case problemClass = "class"
      case title, status, detail, code
      case retryAfter = "retry_after"
    }
  }
}

extension ProblemDetails {
  /// What a server answers to a message that it cannot read.
  package init(_ fault: HTTPFault) {
    self.init(
      Self.class(ofStatus: fault.status), status: fault.status,
      title: HTTPResponse.reason(fault.status), detail: fault.what)
  }
}
