import Bytes

/// Signs responses: `"@status" "content-digest"`, with a body `"content-type"`, and the signature
/// of the request, so an answer cannot be given to another question. Created, keyid, alg.
package struct ResponseSigner: Sendable {
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

  /// `created` in seconds since 1970. A request without a signature is `missing`.
  package func sign(
    _ response: inout HTTPResponse, to request: HTTPRequest, created: Int64
  ) throws(SignatureFault) {
    response.fields["Content-Digest"] = ContentDigest.value(of: response.body, algorithm.digest)
    if !response.body.isEmpty && !response.fields.contains("content-type") {
      response.fields.append("Content-Type", "application/octet-stream")
    }
    let parameters = SignatureParameters(
      keyID: keyID, created: created, expires: nil, nonce: nil, algorithm: algorithm)
    let input = SignatureInput(
      components: ResponseComponents.of(response), parameters: parameters.fieldParameters)
    guard let base = input.base(of: .response(response, to: request)) else { throw .missing }
    let signature = algorithm.digest.hmac(key: key, base.octets)
    SignatureFields.set(base, signature, in: &response.fields)
  }
}

/// A response that says it is signed.
package struct SignedResponse: Sendable {
  package let parameters: SignatureParameters
  package let signature: [UInt8]
  private let input: SignatureInput

  package static func parse(_ response: HTTPResponse) throws(SignatureFault) -> SignedResponse {
    let fields = try SignatureFields(response.fields)
    let parameters = try SignatureParameters(fields.input.parameters)
    try fields.require(ResponseComponents.of(response))
    return SignedResponse(
      parameters: parameters, signature: fields.signature, input: fields.input)
  }

  /// Whether this answers that request, signed by this key. A response to HEAD has no body that
  /// its digest could be compared with.
  package func verify(
    _ response: HTTPResponse, to request: HTTPRequest, key: [UInt8]
  ) -> Bool {
    let algorithm = parameters.algorithm.digest
    guard let base = input.base(of: .response(response, to: request)),
      constantTimeEqual(algorithm.hmac(key: key, base.octets), signature)
    else { return false }
    if request.method == .head && response.body.isEmpty { return true }
    return ContentDigest.matches(response.fields, body: response.body, algorithm)
  }
}

private enum ResponseComponents {
  static func of(_ response: HTTPResponse) -> [SignatureInput.Component] {
    var components: [SignatureInput.Component] = [.init("@status"), .init("content-digest")]
    if !response.body.isEmpty { components.append(.init("content-type")) }
    components.append(.init("signature", ofRequest: true, key: SignatureFields.label))
    return components
  }
}
