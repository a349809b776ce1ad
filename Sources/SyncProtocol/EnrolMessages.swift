import Bytes
import Replication

/// `POST /sync/v1/enrol`: 0 version · 30 code · 31 name · 32 kind · 33 nonce (16 octets) ·
/// 34 proof.
///
/// The token never travels. With S = SHA-256(token):
///
///     proof          HMAC(S, [“sitegroup enrol 1 client”, code, name, kind, nonce])
///     answer's proof HMAC(S, [“sitegroup enrol 1 server”, code, server's code, server's name,
///                             server's kind, digest algorithm, nonce, server's nonce])
///     key            HKDF(S, nonce ‖ server's nonce, [“sitegroup key 1”, code, server's code])
///
/// always with SHA-256; lists are CBOR arrays of texts and byte strings.
package struct EnrolRequest: Sendable, Equatable {
  package let code: SiteCode
  package let name: String
  package let kind: String
  package let nonce: [UInt8]
  package let proof: [UInt8]

  package static let nonceOctets = 16

  package init(code: SiteCode, name: String, kind: String, nonce: [UInt8], secret: [UInt8]) {
    self.code = code
    self.name = name
    self.kind = kind
    self.nonce = nonce
    proof = EnrolRequest.proof(code, name, kind, nonce, secret)
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    try fields.checkVersion()
    guard let code = SiteCode(try fields.text(30)) else { throw Malformed("not a code", at: 0) }
    self.code = code
    name = try fields.text(31)
    kind = try fields.text(32)
    nonce = try fields.octets(33)
    proof = try fields.octets(34)
    guard nonce.count == EnrolRequest.nonceOctets, name.utf8.count <= 200 else {
      throw Malformed("nonce or name has another length", at: 0)
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(30, code.text)
    fields.set(31, name)
    fields.set(32, kind)
    fields.set(33, nonce)
    fields.set(34, proof)
    return fields.message
  }

  package func isProved(by secret: [UInt8]) -> Bool {
    constantTimeEqual(proof, EnrolRequest.proof(code, name, kind, nonce, secret))
  }

  private static func proof(
    _ code: SiteCode, _ name: String, _ kind: String, _ nonce: [UInt8], _ secret: [UInt8]
  ) -> [UInt8] {
    let said: [CBORValue] = [
      .string("sitegroup enrol 1 client"), .string(code.text), .string(name), .string(kind),
      .octets(nonce),
    ]
    return DigestAlgorithm.sha256.hmac(key: secret, CBORValue.array(said).canonical)
  }
}

/// The answer: 0 version · 5 time · 35 server's code · 36 its name · 37 its kind · 38 digest
/// algorithm of the tree · 39 nonce (16 octets) · 40 proof.
package struct EnrolResponse: Sendable, Equatable {
  package let code: SiteCode
  package let name: String
  package let kind: String
  package let algorithm: String
  package let nonce: [UInt8]
  package let time: Int64
  package let proof: [UInt8]

  package init(
    to request: EnrolRequest, code: SiteCode, name: String, kind: String, algorithm: String,
    nonce: [UInt8], time: Int64, secret: [UInt8]
  ) {
    self.code = code
    self.name = name
    self.kind = kind
    self.algorithm = algorithm
    self.nonce = nonce
    self.time = time
    proof = EnrolResponse.proof(request, code, name, kind, algorithm, nonce, secret)
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    guard let code = SiteCode(try fields.text(35)) else { throw Malformed("not a code", at: 0) }
    self.code = code
    name = try fields.text(36)
    kind = try fields.text(37)
    algorithm = try fields.text(38)
    nonce = try fields.nonce(39)
    time = try fields.integer(5)
    proof = try fields.octets(40)
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(5, time)
    fields.set(35, code.text)
    fields.set(36, name)
    fields.set(37, kind)
    fields.set(38, algorithm)
    fields.set(39, nonce)
    fields.set(40, proof)
    return fields.message
  }

  package func isProved(by secret: [UInt8], to request: EnrolRequest) -> Bool {
    constantTimeEqual(
      proof, EnrolResponse.proof(request, code, name, kind, algorithm, nonce, secret))
  }

  /// The key of the link, which never travels.
  package func key(_ secret: [UInt8], to request: EnrolRequest) -> [UInt8] {
    let info: [CBORValue] = [
      .string("sitegroup key 1"), .string(request.code.text), .string(code.text),
    ]
    return DigestAlgorithm.sha256.hkdf(
      secret: secret, salt: request.nonce + nonce, info: CBORValue.array(info).canonical,
      count: 32)
  }

  private static func proof(
    _ request: EnrolRequest, _ code: SiteCode, _ name: String, _ kind: String,
    _ algorithm: String, _ nonce: [UInt8], _ secret: [UInt8]
  ) -> [UInt8] {
    let said: [CBORValue] = [
      .string("sitegroup enrol 1 server"), .string(request.code.text), .string(code.text),
      .string(name), .string(kind), .string(algorithm), .octets(request.nonce), .octets(nonce),
    ]
    return DigestAlgorithm.sha256.hmac(key: secret, CBORValue.array(said).canonical)
  }
}
