import Bytes
import HTTPCore

private let key = Array("a key of both ends".utf8)

private func signed(_ input: inout FuzzInput) -> (HTTPRequest, SignatureAlgorithm) {
  let algorithm: SignatureAlgorithm = input.flag() ? .hmacSM3 : .hmacSHA256
  let method: HTTPMethod = [.get, .post, .put][input.below(3)]
  let segments = (0..<input.below(3)).map { _ in String(decoding: input.piece(), as: UTF8.self) }
  let query = input.flag() ? [(name: "q", value: String(decoding: input.piece(), as: UTF8.self))] : []
  var request = HTTPRequest(
    method: method, target: RequestTarget(segments: segments, query: query),
    fields: ["Host": "centre.example:8700"], body: input.piece())
  RequestSigner(keyID: "360423", key: key, algorithm: algorithm)
    .sign(&request, created: 1_700_000_000, expires: 1_700_000_300, nonce: "n1")
  return (request, algorithm)
}

private func verifies(_ request: HTTPRequest, _ key: [UInt8]) -> Bool {
  guard let signed = try? SignedRequest.parse(request) else { return false }
  _ = signed.parameters.isCurrent(at: 1_700_000_000, toleranceSeconds: 300)
  return signed.verify(request, key: key)
}

private func verifies(_ response: HTTPResponse, to request: HTTPRequest) -> Bool {
  guard let signed = try? SignedResponse.parse(response) else { return false }
  return signed.verify(response, to: request, key: key)
}

/// What comes out of a parser again, as the other end reads it.
private func received(_ request: HTTPRequest) -> HTTPRequest? {
  var parser = RequestParser()
  parser.feed(request.serialized())
  guard case .request(let received) = parser.next() else { return nil }
  return received.request
}

/// Changes one part that every signature covers; false where nothing has become another.
private func damage(_ request: inout HTTPRequest, _ input: inout FuzzInput) -> Bool {
  let before = request
  switch input.below(request.body.isEmpty ? 4 : 5) {
  case 0: request.method = request.method == .get ? .post : .get
  case 1: request.target = RequestTarget(segments: [String(decoding: input.piece(), as: UTF8.self)])
  case 2: request.fields["Host"] = "other.example"
  case 3: request.body = input.piece()
  default: request.fields["Content-Digest"] = String(decoding: input.piece(), as: UTF8.self)
  }
  return request != before
}

extension FuzzTarget {
  /// Signatures of whole messages: what is signed verifies, what is changed does not.
  static let signature = FuzzTarget(
    name: "signature",
    seeds: { (0..<8).map { [UInt8]([$0 & 1, $0 % 3, 1, 2, 0x61, 0x2F, 0, 3, 1, 2, 3, $0, 2, 1, 1]) } },
    words: ["sig1=", "sha-256=", "sm3=", "360423"],
    run: { octets in
      var input = FuzzInput(octets)
      var (request, algorithm) = signed(&input)
      claim(verifies(request, key), "what is signed verifies")
      claim(received(request).map { verifies($0, key) } == true, "…also behind a parser")
      claim(!verifies(request, [0] + key), "another key does not verify")
      var response = HTTPResponse(status: 200 + input.below(300), body: input.piece())
      do throws(SignatureFault) {
        try ResponseSigner(keyID: "360400", key: key, algorithm: algorithm)
          .sign(&response, to: request, created: 1_700_000_000)
      } catch {
        claim(false, "an answer to a signed request can be signed")
      }
      claim(verifies(response, to: request), "a signed answer verifies")
      let original = request
      if damage(&request, &input) {
        claim(!verifies(request, key), "a changed request does not verify")
      }
      response.body.append(1)
      claim(!verifies(response, to: original), "a changed answer does not verify")
    })

  /// Signature and digest fields as anyone may write them, and what else is read from fields.
  static let fields = FuzzTarget(
    name: "fields",
    seeds: {
      [
        "sig1=(\"@method\" \"@authority\" \"@path\" \"@query\");created=1;keyid=\"a\";"
          + "alg=\"hmac-sha256\";expires=2;nonce=\"n\"\nsig1=:AAAA:\nsha-256=:AAAA:\nhttp://a:1/b",
        "sig1=(\"@status\" \"content-digest\" \"signature\";req;key=\"sig1\");created=-1;"
          + "keyid=\"\\\"\";alg=\"hmac-sm3\"\nsig1=:AAAA:\nsm3=:AAAA:, a=?1;b\nhttps://[::1]/",
        "a=1, b=(1 2);c, d=tok/en:x;e=?0, f\nSun, 06 Nov 1994 08:49:37 GMT\n\nhttp://u@h",
      ].map { Array($0.utf8) }
    },
    words: [
      "sig1=", "(\"", "\" \"", "\");created=", ";keyid=\"", ";alg=\"hmac-sha256\"", ";expires=",
      ";nonce=\"", "=:", ":", "@method", "@authority", "@path", "@query", "@status", ";req",
      ";key=\"", "999999999999999", "-999999999999999", "?1", "%E4%B8%AD", "http://", "https://",
    ],
    run: { octets in
      let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      func line(_ place: Int) -> String { place < lines.count ? lines[place] : "" }
      let names = ["Signature-Input", "Signature", "Content-Digest", "Retry-After"]
      var request = HTTPRequest(method: .get, target: "/a?b", fields: ["Host": "a"])
      for (place, name) in names.enumerated() { request.fields.append(name, line(place)) }
      claim(!verifies(request, key), "nobody signs without the key")
      var response = HTTPResponse(status: 503, fields: request.fields, body: octets)
      claim(!verifies(response, to: request), "nobody signs an answer without the key")
      for algorithm in DigestAlgorithm.allCases {
        claim(
          !ContentDigest.matches(request.fields, body: octets, algorithm),
          "no input names its own digest")
      }
      response.fields["Content-Type"] = ProblemDetails.contentType
      if let problem = ProblemDetails(response), let again = ProblemDetails(problem.response) {
        claim(again == problem, "a problem that is sent reads the same")
      }
      checkTexts(line(3))
    })
}

private func checkTexts(_ text: String) {
  if let url = try? BaseURL(text) {
    let again = try? BaseURL(url.description)
    claim(again == url, "a base URL that is shown reads the same")
    let request = url.request(.get, "/x?y")
    claim(received(request)?.target.raw == url.prefix + "/x?y", "a base URL stands before a target")
  }
  if let target = RequestTarget(text) {
    if let segments = target.segments, target.query == nil, target.raw != "*" {
      let again = RequestTarget(segments: segments)
      claim(
        again.segments?.elementsEqual(segments) { $0.utf8.elementsEqual($1.utf8) } == true,
        "segments read the same again")
    }
    _ = target.queryItems
  }
  claim(
    PercentCoding.decode(PercentCoding.encode(text))?.utf8.elementsEqual(text.utf8) == true,
    "any text survives percent coding")
  if let time = HTTPDate.parse(text) {
    claim(HTTPDate.parse(HTTPDate.format(time)) == time, "a date that is shown reads the same")
  }
  let once = Authority.normalized(text)
  claim(once.utf8.count <= text.utf8.count, "an authority only shrinks")
}
