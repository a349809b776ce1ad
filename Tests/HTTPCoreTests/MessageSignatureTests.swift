import Bytes
import Testing

@testable import HTTPCore

@Suite struct MessageSignatureTests {
  static let key = Array<UInt8>(0..<32)

  private func request(of vector: ProfileVector) throws -> HTTPRequest {
    var request = HTTPRequest(
      method: try #require(HTTPMethod(vector.method)),
      target: try #require(RequestTarget(vector.target)),
      fields: ["Host": vector.authority],
      body: try #require(Hex.decode(vector.bodyHex)))
    if let digest = vector.contentDigest {
      request.fields["Content-Type"] = "application/json"
      request.fields["Content-Digest"] = digest
      request.fields["Content-Length"] = String(request.body.count)
    }
    return request
  }

  @Test(arguments: SignatureVectors.profile)
  func `a request that another implementation signed is accepted`(_ vector: ProfileVector) throws {
    var request = try request(of: vector)
    request.fields["Signature-Input"] = vector.signatureInput
    request.fields["Signature"] = vector.signature
    let key = try #require(Hex.decode(SignatureVectors.profileKeyHex))
    let signed = try SignedRequest.parse(request)
    #expect(signed.keyID == "county-01")
    #expect(signed.created == 1_700_000_000)
    #expect(signed.expires == 1_700_000_060)
    #expect(signed.nonce == "AAECAwQFBgcICQoLDA0ODw")
    #expect(signed.algorithm == .hmacSHA256)
    #expect(signed.verify(request, key: key))
    #expect(!signed.verify(request, key: Self.key.reversed()))
    let base = try SignatureFields(request.fields).input.base(of: .request(request))
    #expect(base?.octets == Array(vector.base.joined(separator: "\n").utf8))
  }

  @Test(arguments: SignatureVectors.profile.filter { $0.bodyHex.isEmpty })
  func `signing gives the octets that another implementation gives`(
    _ vector: ProfileVector
  ) throws {
    var request = try request(of: vector)
    let signer = RequestSigner(keyID: "county-01", key: Self.key, algorithm: .hmacSHA256)
    signer.sign(
      &request, created: 1_700_000_000, expires: 1_700_000_060, nonce: "AAECAwQFBgcICQoLDA0ODw")
    #expect(request.fields["signature-input"] == vector.signatureInput)
    #expect(request.fields["signature"] == vector.signature)
  }

  @Test func `the HMAC example of RFC 9421 B.2.5 comes out`() throws {
    let key = try #require(
      Base64.decode(
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
      ))
    let request = HTTPRequest(
      method: .post, target: "/foo?param=Value&Pet=dog",
      fields: [
        "Host": "example.com", "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Signature-Input":
          #"sig-b25=("date" "@authority" "content-type");created=1618884473"#
          + #";keyid="test-shared-secret""#,
      ], body: Array(#"{"hello": "world"}"#.utf8))
    let dictionary = StructuredFieldParser.dictionary("signature-input", in: request.fields)
    let member = try #require(dictionary?["sig-b25"])
    let input = try #require(SignatureInput(member))
    let base = try #require(input.base(of: .request(request)))
    #expect(
      String(decoding: base.octets, as: UTF8.self) == """
        "date": Tue, 20 Apr 2021 02:07:55 GMT
        "@authority": example.com
        "content-type": application/json
        "@signature-params": ("date" "@authority" "content-type");created=1618884473\
        ;keyid="test-shared-secret"
        """)
    let signature = Base64.encode(DigestAlgorithm.sha256.hmac(key: key, base.octets))
    #expect(signature == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=")
  }

  @Test(arguments: [
    (#"{"hello": "world"}"#, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
    ("", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
  ])
  func `Content-Digest is that of RFC 9530`(_ body: String, _ value: String) {
    #expect(ContentDigest.value(of: Array(body.utf8), .sha256) == value)
    let both: HTTPFields = ["Content-Digest": "md5=:WZDPaVk=:, \(value)"]
    #expect(ContentDigest.matches(both, body: Array(body.utf8), .sha256))
    #expect(!ContentDigest.matches(both, body: Array("other".utf8), .sha256))
    #expect(!ContentDigest.matches(both, body: Array(body.utf8), .sm3))
    #expect(!ContentDigest.matches([:], body: [], .sha256))
  }

  /// RFC 9421 B.2 has the digest by SHA-512.
  @Test func `SHA-512 counts instead of SHA-256, and every digest that is known must be right`() {
    let body = Array(#"{"hello": "world"}"#.utf8)
    let sha512 =
      "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHW"
      + "XvJwew==:"
    let sha256 = ContentDigest.value(of: body, .sha256)
    let sm3 = ContentDigest.value(of: body, .sm3)
    func matches(_ value: String, _ algorithm: DigestAlgorithm = .sha256) -> Bool {
      ContentDigest.matches(["Content-Digest": value], body: body, algorithm)
    }
    for value in [sha512, "\(sha512), \(sha256)", "\(sha256), \(sm3)", "unknown=1, \(sha512)"] {
      #expect(matches(value), "\(value)")
    }
    let wrong = ContentDigest.value(of: [], .sha256)
    for value in [
      "\(sha512), \(wrong)", "\(sha256), sha-512=:AAAA:", "\(sha256), sha-512=1",
      "sha-512=(:AAAA:)", "md5=:AAAA:", sm3, "",
    ] { #expect(!matches(value), "\(value)") }
    // Where SM3 is asked for, no other takes its place.
    #expect(matches(sm3, .sm3) && matches("\(sm3), \(sha512)", .sm3))
    #expect(!matches(sha512, .sm3) && !matches("\(sm3), \(wrong)", .sm3))
  }

  private func signedPost(_ algorithm: SignatureAlgorithm) -> HTTPRequest {
    var request = HTTPRequest(
      method: .post, target: "/sync/v1/push?x=1",
      fields: ["Host": "centre.example:8700", "Content-Type": "application/cbor-seq"],
      body: [1, 2, 3])
    RequestSigner(keyID: "360423", key: Self.key, algorithm: algorithm)
      .sign(&request, created: 1_000, expires: 1_300, nonce: "n1")
    return request
  }

  @Test(arguments: SignatureAlgorithm.allCases)
  func `no signed part of a request can be changed`(_ algorithm: SignatureAlgorithm) throws {
    let original = signedPost(algorithm)
    #expect(try SignedRequest.parse(original).verify(original, key: Self.key))
    let changes: [(String, (inout HTTPRequest) -> Void)] = [
      ("method", { $0.method = .put }),
      ("authority", { $0.fields["Host"] = "other.example:8700" }),
      ("path", { $0.target = "/sync/v1/pull?x=1" }),
      ("query", { $0.target = "/sync/v1/push?x=2" }),
      ("no query", { $0.target = "/sync/v1/push" }),
      ("body", { $0.body = [1, 2, 4] }),
      (
        "body and digest",
        {
          $0.body = [9]
          $0.fields["Content-Digest"] = ContentDigest.value(of: [9], algorithm.digest)
        }
      ),
      ("no body", { $0.body = [] }),
      ("type", { $0.fields["Content-Type"] = "text/plain" }),
      ("second type", { $0.fields.append("Content-Type", "text/plain") }),
      (
        "created",
        {
          let input = $0.fields["Signature-Input"] ?? ""
          $0.fields["Signature-Input"] =
            String(input.split(separator: ";created=1000")[0])
            + ";created=1001" + String(input.split(separator: ";created=1000")[1])
        }
      ),
    ]
    for (what, change) in changes {
      var request = original
      change(&request)
      let isAccepted = (try? SignedRequest.parse(request))?.verify(request, key: Self.key)
      #expect(isAccepted != true, "\(what)")
    }
  }

  @Test func `SM3 signs the digest too`() throws {
    let request = signedPost(.hmacSM3)
    #expect(request.fields["content-digest"]?.hasPrefix("sm3=:") == true)
    #expect(request.fields["signature-input"]?.contains(#"alg="hmac-sm3""#) == true)
    #expect(try SignedRequest.parse(request).algorithm == .hmacSM3)
  }

  @Test(arguments: [
    ("", "sig1=:AA==:", SignatureFault.malformed),
    (#"sig2=("@method")"#, "sig2=:AA==:", .label),
    (#"sig1=("@method"), sig2=("@method")"#, "sig1=:AA==:", .label),
    (#"sig1=("@method"), sig1=("@method")"#, "sig1=:AA==:", .malformed),
    (
      #"sig1=("@method" "@method");created=1;keyid="a";alg="hmac-sha256""#, "sig1=:AA==:",
      .malformed
    ),
    (#"sig1=("@method";sf);created=1;keyid="a";alg="hmac-sha256""#, "sig1=:AA==:", .malformed),
    (#"sig1=("@method");created=1;keyid="a";alg="rsa-v1_5-sha256""#, "sig1=:AA==:", .algorithm),
    (#"sig1=("@method");created=1;keyid="a""#, "sig1=:AA==:", .algorithm),
    (#"sig1=("@method");keyid="a";alg="hmac-sha256""#, "sig1=:AA==:", .parameter("created")),
    (#"sig1=("@method");created=1.5;keyid="a";alg="hmac-sha256""#, "sig1=:AA==:", .malformed),
    (#"sig1=("@method");created=1;alg="hmac-sha256""#, "sig1=:AA==:", .parameter("keyid")),
    (
      #"sig1=("@method");created=1;keyid="a";alg="hmac-sha256";nonce="n""#, "sig1=:AA==:",
      .parameter("expires")
    ),
    (
      #"sig1=("@method");created=1;keyid="a";alg="hmac-sha256";expires=2"#, "sig1=:AA==:",
      .parameter("nonce")
    ),
    (
      #"sig1=("@method" "@authority" "@path");created=1;keyid="a";alg="hmac-sha256";expires=2"#
        + #";nonce="n""#, "sig1=:AA==:", .uncovered("@query")
    ),
    (
      #"sig1=("@method" "@authority" "@path" "@query");created=1;keyid="a";alg="hmac-sha256""#
        + #";expires=2;nonce="n""#, "sig1=:AA==:", .uncovered("content-digest")
    ),
    (#"sig1=("@method")"#, "sig1=AA", .malformed),
    (#"sig1=("@method")"#, "sig1=:A:", .malformed),
  ])
  func `a signature of another form is refused`(
    _ input: String, _ signature: String, _ fault: SignatureFault
  ) {
    var request = HTTPRequest(method: .post, target: "/", fields: ["Host": "a"], body: [1])
    request.fields["Signature-Input"] = input
    request.fields["Signature"] = signature
    #expect(throws: fault == .malformed && input.isEmpty ? .label : fault) {
      try SignedRequest.parse(request)
    }
  }

  @Test func `a request without signature is missing one`() {
    let request = HTTPRequest(method: .get, target: "/", fields: ["Host": "a"])
    #expect(throws: SignatureFault.missing) { try SignedRequest.parse(request) }
  }

  @Test(arguments: SignatureAlgorithm.allCases)
  func `a response answers only the request that it was signed for`(
    _ algorithm: SignatureAlgorithm
  ) throws {
    let request = signedPost(algorithm)
    var other = request
    RequestSigner(keyID: "360423", key: Self.key, algorithm: algorithm)
      .sign(&other, created: 1_000, expires: 1_300, nonce: "n2")
    var response = HTTPResponse(
      status: 200, contentType: "application/cbor-seq", body: [4, 5])
    try ResponseSigner(keyID: "360423", key: Self.key, algorithm: algorithm)
      .sign(&response, to: request, created: 1_001)
    let signed = try SignedResponse.parse(response)
    #expect(signed.verify(response, to: request, key: Self.key))
    #expect(!signed.verify(response, to: other, key: Self.key))
    #expect(!signed.verify(response, to: request, key: [0]))
    for change: (inout HTTPResponse) -> Void in [
      { $0.status = 201 }, { $0.body = [4] }, { $0.body = [] },
      { $0.fields["Content-Type"] = "a/b" }, { $0.fields["Content-Digest"] = "sha-256=:AA==:" },
    ] {
      var changed = response
      change(&changed)
      let isAccepted = (try? SignedResponse.parse(changed))?
        .verify(changed, to: request, key: Self.key)
      #expect(isAccepted != true)
    }
  }

  @Test func `a response without content is signed too`() throws {
    let request = signedPost(.hmacSHA256)
    var response = HTTPResponse(status: 304)
    try ResponseSigner(keyID: "k", key: Self.key, algorithm: .hmacSHA256)
      .sign(&response, to: request, created: 1)
    #expect(try SignedResponse.parse(response).verify(response, to: request, key: Self.key))
  }

  @Test(
    arguments: [
      (1_000, true), (1_300, true), (1_301, false), (700, true), (699, false),
      (Int64.min, false), (Int64.max, false),
    ] as [(Int64, Bool)])
  func `a signature holds five minutes to both sides`(_ now: Int64, _ isCurrent: Bool) {
    let parameters = SignatureParameters(
      keyID: "k", created: 1_000, expires: 2_000, nonce: "n", algorithm: .hmacSHA256)
    #expect(parameters.isCurrent(at: now, toleranceSeconds: 300) == isCurrent)
  }

  @Test func `a signature does not outlive its expiry`() {
    let parameters = SignatureParameters(
      keyID: "k", created: 1_000, expires: 1_060, nonce: "n", algorithm: .hmacSHA256)
    #expect(parameters.isCurrent(at: 1_060, toleranceSeconds: 300))
    #expect(!parameters.isCurrent(at: 1_061, toleranceSeconds: 300))
  }
}
