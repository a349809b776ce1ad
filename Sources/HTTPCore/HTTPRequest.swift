/// A whole request. Where it came in absolute-form, `target` is its origin-form and the Host
/// field its authority (RFC 9112 §3.2.2).
package struct HTTPRequest: Sendable, Equatable {
  package var method: HTTPMethod
  package var target: RequestTarget
  package var fields: HTTPFields
  package var body: [UInt8]

  package init(
    method: HTTPMethod, target: RequestTarget, fields: HTTPFields = HTTPFields(),
    body: [UInt8] = []
  ) {
    self.method = method
    self.target = target
    self.fields = fields
    self.body = body
  }

  package var path: String { target.path }
  package var query: String? { target.query }

  /// Host in lower case, without the port where it is 80; empty without Host.
  package var authority: String { Authority.normalized(fields["host"] ?? "") }

  /// The octets of the request, for one write. Content-Length is set where there is a body or the
  /// method usually has one; framing fields of the caller are not sent.
  package func serialized() -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512 + body.count)
    output.append(contentsOf: "\(method.name) \(target.raw) HTTP/1.1\r\n".utf8)
    fields.write(to: &output, skipping: ["content-length", "transfer-encoding"])
    if !body.isEmpty || method == .post || method == .put {
      output.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8)
    }
    output.append(contentsOf: "\r\n".utf8)
    output.append(contentsOf: body)
    return output
  }
}
