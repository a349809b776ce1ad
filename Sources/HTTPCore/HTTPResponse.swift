/// A whole response.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var fields: HTTPFields
  package var body: [UInt8]

  package init(status: Int, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  package init(status: Int, contentType: String, body: [UInt8]) {
    self.init(status: status, fields: ["Content-Type": contentType], body: body)
  }

  /// Plain text in UTF-8.
  package static func text(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// RFC 9110 §6.4.1: these have no content whatever the request.
  static func hasNoContent(_ status: Int) -> Bool {
    status < 200 || status == 204 || status == 304
  }

  /// The octets of the response, for one write: a second waits 44 ms for a delayed ACK.
  /// `headOnly` answers HEAD: the length is told, the body not sent; a Content-Length of the
  /// caller then stands. `closing` announces that the connection ends; `date` is for a response
  /// that has none.
  package func serialized(
    headOnly: Bool = false, closing: Bool = false, date: String? = nil
  ) -> [UInt8] {
    let bodyless = headOnly || Self.hasNoContent(status)
    var output: [UInt8] = []
    output.reserveCapacity(512 + (bodyless ? 0 : body.count))
    output.append("HTTP/1.1 ")
    output.append(String(status))
    output.append(.space)
    output.append(Self.reason(status))
    output.append("\r\n")
    let keepsLength = headOnly && fields.contains("content-length")
    fields.write(
      to: &output,
      skipping: keepsLength
        ? ["transfer-encoding", "connection"]
        : ["content-length", "transfer-encoding", "connection"])
    if !Self.hasNoContent(status) && !keepsLength {
      output.append("Content-Length: ")
      output.append(String(body.count))
      output.append("\r\n")
    }
    if let date, !fields.contains("date") {
      output.append("Date: ")
      output.append(date)
      output.append("\r\n")
    }
    if closing { output.append("Connection: close\r\n") }
    output.append("\r\n")
    if !bodyless { output.append(contentsOf: body) }
    return output
  }

  /// The reason phrase of RFC 9110 §15; empty for an unknown status.
  package static func reason(_ status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: ""
    }
  }
}
