import Bytes
import HTTPCore
import Testing

/// The published facts of Signature Version 4: its test suite, and the examples of the object
/// store's own documentation.
@Suite struct `Signatures for object stores` {
  private static let empty = DigestAlgorithm.sha256.digest([UInt8]())

  /// 2015-08-30T12:36:00Z, the moment of the suite.
  private func suite(_ request: HTTPRequest) -> String? {
    let signer = AWSSigner(
      accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
      region: "us-east-1", service: "service")
    var request = request
    signer.sign(
      &request, contentDigest: DigestAlgorithm.sha256.digest(request.body),
      seconds: 1_440_938_160)
    #expect(request.fields["x-amz-date"] == "20150830T123600Z")
    return request.fields["authorization"]?.split(separator: "=").last.map(String.init)
  }

  @Test(arguments: [
    ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
      "/?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    ),
  ])
  func `the suite's plain requests are signed as published`(
    _ target: String, _ signature: String
  ) throws {
    let request = HTTPRequest(
      method: .get, target: try #require(RequestTarget(target)),
      fields: ["Host": "example.amazonaws.com"])
    #expect(suite(request) == signature)
  }

  @Test func `the suite's fields are trimmed, collapsed and joined`() {
    let trimmed = HTTPRequest(
      method: .get, target: "/",
      fields: [
        "Host": "example.amazonaws.com", "My-Header1": " value1", "My-Header2": " \"a   b   c\"",
      ])
    #expect(
      suite(trimmed) == "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")
    let doubled = HTTPRequest(
      method: .get, target: "/",
      fields: [
        "Host": "example.amazonaws.com", "My-Header1": "value2", "My-Header1": "value2",
        "My-Header1": "value1",
      ])
    #expect(
      suite(doubled) == "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea")
  }

  @Test func `the suite's form is signed with its content`() {
    let request = HTTPRequest(
      method: .post, target: "/",
      fields: [
        "Content-Type": "application/x-www-form-urlencoded", "Host": "example.amazonaws.com",
      ], body: Array("Param1=value1".utf8))
    #expect(
      suite(request) == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
  }

  /// 2013-05-24T00:00:00Z, the moment of the documentation's examples.
  private func example(
    _ method: HTTPMethod, _ target: RequestTarget, _ fields: HTTPFields = [:],
    digest: Digest = empty
  ) -> String? {
    let signer = AWSSigner(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE",
      secret: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), region: "us-east-1")
    var request = HTTPRequest(method: method, target: target, fields: fields)
    request.fields.append("Host", "examplebucket.s3.amazonaws.com")
    request.fields.append("x-amz-content-sha256", digest.description)
    signer.sign(&request, contentDigest: digest, seconds: 1_369_353_600)
    return request.fields["authorization"]?.split(separator: "=").last.map(String.init)
  }

  @Test func `reading a range of an object`() {
    #expect(
      example(.get, "/test.txt", ["Range": "bytes=0-9"])
        == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
  }

  @Test func `listing a bucket, and a query without a value`() {
    #expect(
      example(.get, "/?max-keys=2&prefix=J")
        == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    #expect(
      example(.get, "/?lifecycle")
        == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
  }

  @Test func `writing an object whose name needs escapes`() {
    #expect(
      example(
        .put, "/test%24file.text",
        ["Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"],
        digest: DigestAlgorithm.sha256.digest(Array("Welcome to Amazon S3.".utf8)))
        == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test func `a secret shows in no description`() {
    let secret = Secret("hidden-words")
    let signer = AWSSigner(accessKeyID: "a", secret: secret, region: "r")
    var dumped = ""
    dump(signer, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\(signer)", dumped] {
      #expect(!text.contains("hidden"))
    }
  }
}
