import Bytes

/// Signs requests: `"@method" "@authority" "@path" "@query"`, and with a body
/// `"content-digest" "content-type"`, with a content coding `"content-encoding"`; created, keyid,
/// alg, expires, nonce.
package struct RequestSigner: Sendable {
  package let keyID: String
  package let algorithm: SignatureAlgorithm
  private let key: [UInt8]

  /// `keyID` is printable ASCII.
  package init(keyID: String, key: [UInt8], algorithm: SignatureAlgorithm) {
    precondition(keyID.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a key id is ASCII")
    self.keyID = keyID
    self.key = key
    self.algorithm = algorithm
  }

  /// Host must be set. Earlier signatures are replaced. Times in seconds since 1970; `nonce` is
  /// printable ASCII.
  package func sign(
    _ request: inout HTTPRequest, created: Int64, expires: Int64, nonce: String
  ) {
    var components = RequestComponents.always
    if request.body.isEmpty {
      request.fields.remove("content-digest")
    } else {
      request.fields["Content-Digest"] = ContentDigest.value(of: request.body, algorithm.digest)
      if !request.fields.contains("content-type") {
        request.fields.append("Content-Type", "application/octet-stream")
      }
      components += RequestComponents.ofBody
    }
    if request.fields.contains("content-encoding") { components += RequestComponents.ofCoding }
    let parameters = SignatureParameters(
      keyID: keyID, created: created, expires: expires, nonce: nonce, algorithm: algorithm)
    let input = SignatureInput(
      components: components, parameters: parameters.fieldParameters)
    guard let base = input.base(of: .request(request)) else {
      preconditionFailure("every component was just set")
    }
    let signature = algorithm.digest.hmac(key: key, base.octets)
    SignatureFields.set(base, signature, in: &request.fields)
  }
}

/// A request that says it is signed. The key is looked up by `parameters.keyID` between `parse`
/// and `verify`.
package struct SignedRequest: Sendable {
  package let parameters: SignatureParameters
  package let signature: [UInt8]
  private let input: SignatureInput

  package var keyID: String { parameters.keyID }

  /// The key that a request names, unproven and found in a hurry; nil where none is readable.
  package static func claimedKeyID(_ request: HTTPRequest) -> String? {
    guard let value = request.fields.first("signature-input") else { return nil }
    let mark: StaticString = ";keyid=\""
    return value.withUnsafeBufferPointer { value in
      for place in value.indices where value[place] == .semicolon {
        let rest = value[place...]
        let isMark = mark.withUTF8Buffer { rest.starts(with: $0) }
        guard isMark else { continue }
        let name = rest.dropFirst(mark.utf8CodeUnitCount).prefix { $0 != .quote }
        guard !name.isEmpty, name.count <= 64 else { return nil }
        return String(decoding: name, as: UTF8.self)
      }
      return nil
    }
  }
  package var created: Int64 { parameters.created }
  package var expires: Int64 { parameters.expires ?? 0 }
  package var nonce: String { parameters.nonce ?? "" }
  package var algorithm: SignatureAlgorithm { parameters.algorithm }

  /// Checks the form: one label, all parameters, all that must be covered. More may be.
  package static func parse(_ request: HTTPRequest) throws(SignatureFault) -> SignedRequest {
    let fields = try SignatureFields(request.fields)
    let parameters = try SignatureParameters(fields.input.parameters)
    if parameters.expires == nil { throw .parameter("expires") }
    if parameters.nonce == nil { throw .parameter("nonce") }
    try fields.require(RequestComponents.always)
    if !request.body.isEmpty { try fields.require(RequestComponents.ofBody) }
    if request.fields.contains("content-encoding") {
      try fields.require(RequestComponents.ofCoding)
    }
    return SignedRequest(
      parameters: parameters, signature: fields.signature, input: fields.input)
  }

  /// Whether the signature is of this key, and the body the one that was signed. In constant time
  /// as regards the signature.
  package func verify(_ request: HTTPRequest, key: [UInt8]) -> Bool {
    guard let base = input.base(of: .request(request)),
      constantTimeEqual(algorithm.digest.hmac(key: key, base.octets), signature)
    else { return false }
    if request.body.isEmpty && !request.fields.contains("content-digest") { return true }
    return ContentDigest.matches(request.fields, body: request.body, algorithm.digest)
  }
}

private enum RequestComponents {
  static let always: [SignatureInput.Component] = [
    .init("@method"), .init("@authority"), .init("@path"), .init("@query"),
  ]
  static let ofBody: [SignatureInput.Component] = [.init("content-digest"), .init("content-type")]
  /// What is to be expanded is told by whoever signed, by nobody between.
  static let ofCoding: [SignatureInput.Component] = [.init("content-encoding")]
}
