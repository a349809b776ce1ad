import Bytes

/// The signature algorithms of this profile: `hmac-sha256` of RFC 9421 §3.3.3, and the same with
/// SM3 where 国密 is required.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
  case hmacSHA256 = "hmac-sha256"
  case hmacSM3 = "hmac-sm3"

  package init(_ digest: DigestAlgorithm) {
    switch digest {
    case .sha256: self = .hmacSHA256
    case .sm3: self = .hmacSM3
    }
  }

  /// Also that of Content-Digest beside it.
  package var digest: DigestAlgorithm {
    switch self {
    case .hmacSHA256: .sha256
    case .hmacSM3: .sm3
    }
  }
}

/// Why a message does not count as signed. To its sender every one of them is the same refusal.
package enum SignatureFault: Error, Equatable, Sendable {
  case missing
  case malformed
  /// Another label than `sig1`, or more than one.
  case label
  case algorithm
  /// A parameter of the profile is missing: its name.
  case parameter(String)
  /// A component that must be covered is not: its name.
  case uncovered(String)
}

/// What a signature says of itself.
package struct SignatureParameters: Sendable, Equatable {
  package let keyID: String
  /// Seconds since 1970.
  package let created: Int64
  package let expires: Int64?
  package let nonce: String?
  package let algorithm: SignatureAlgorithm

  package init(
    keyID: String, created: Int64, expires: Int64?, nonce: String?,
    algorithm: SignatureAlgorithm
  ) {
    self.keyID = keyID
    self.created = created
    self.expires = expires
    self.nonce = nonce
    self.algorithm = algorithm
  }

  /// Whether `created` is near the present and `expires` not over. All in seconds.
  package func isCurrent(at now: Int64, toleranceSeconds: Int64) -> Bool {
    let (age, overflow) = now.subtractingReportingOverflow(created)
    return !overflow && age.magnitude <= toleranceSeconds.magnitude && now <= expires ?? now
  }

  init(_ parameters: FieldParameters) throws(SignatureFault) {
    guard case .string(let name) = parameters["alg"],
      let algorithm = SignatureAlgorithm(rawValue: name)
    else { throw .algorithm }
    guard case .integer(let created) = parameters["created"] else { throw .parameter("created") }
    guard case .string(let keyID) = parameters["keyid"] else { throw .parameter("keyid") }
    var expires: Int64?
    switch parameters["expires"] {
    case nil: break
    case .integer(let seconds): expires = seconds
    default: throw .parameter("expires")
    }
    var nonce: String?
    switch parameters["nonce"] {
    case nil: break
    case .string(let text): nonce = text
    default: throw .parameter("nonce")
    }
    self.init(
      keyID: keyID, created: created, expires: expires, nonce: nonce, algorithm: algorithm)
  }

  var fieldParameters: FieldParameters {
    var parameters = FieldParameters()
    parameters.append("created", .integer(created))
    parameters.append("keyid", .string(keyID))
    parameters.append("alg", .string(algorithm.rawValue))
    if let expires { parameters.append("expires", .integer(expires)) }
    if let nonce { parameters.append("nonce", .string(nonce)) }
    return parameters
  }
}

/// The two fields of one signature under the label `sig1`.
struct SignatureFields {
  static let label = "sig1"

  let input: SignatureInput
  let signature: [UInt8]

  init(_ fields: HTTPFields) throws(SignatureFault) {
    guard fields.contains("signature-input"), fields.contains("signature") else {
      throw .missing
    }
    guard let inputs = StructuredFieldParser.dictionary("signature-input", in: fields),
      let signatures = StructuredFieldParser.dictionary("signature", in: fields)
    else { throw .malformed }
    guard inputs.members.count == 1, signatures.members.count == 1,
      let member = inputs[Self.label], let signature = signatures[Self.label]
    else { throw .label }
    guard let input = SignatureInput(member), case .item(let item) = signature,
      case .octets(let octets) = item.value, item.parameters.pairs.isEmpty
    else { throw .malformed }
    self.input = input
    self.signature = octets
  }

  /// Sets both fields, in place of earlier ones.
  static func set(
    _ base: SignatureInput.Base, _ signature: [UInt8], in fields: inout HTTPFields
  ) {
    fields.set("Signature-Input") { output in
      output.append(label)
      output.append(.equals)
      output.append(contentsOf: base.member)
    }
    fields.set("Signature") { output in
      output.append(label)
      output.append(.equals)
      BareItem.octets(signature).write(to: &output)
    }
  }

  func require(_ components: [SignatureInput.Component]) throws(SignatureFault) {
    for component in components where !input.components.contains(component) {
      throw .uncovered(component.name)
    }
  }
}
