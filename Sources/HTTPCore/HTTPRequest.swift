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
    var output = serializedHead(contentCount: Int64(body.count), reserving: body.count)
    output.append(contentsOf: body)
    return output
  }

  /// The octets before the content, where that comes piece by piece.
  package func serializedHead(contentCount: Int64, reserving: Int = 0) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512 + reserving)
    output.append(contentsOf: "\(method.name) \(target.raw) HTTP/1.1\r\n".utf8)
    fields.write(to: &output, skipping: ["content-length", "transfer-encoding"])
    if contentCount > 0 || method == .post || method == .put {
      output.append(contentsOf: "Content-Length: \(contentCount)\r\n".utf8)
    }
    output.append(contentsOf: "\r\n".utf8)
    return output
  }
}

/// Content that is read as it is sent, for what is too large to be held.
package struct HTTPContent {
  package let count: Int64
  /// The next octets from an offset on; none, or a fault, ends the exchange.
  package let read: (Int64) throws -> [UInt8]

  package init(count: Int64, read: @escaping (Int64) throws -> [UInt8]) {
    self.count = count
    self.read = read
  }
}
