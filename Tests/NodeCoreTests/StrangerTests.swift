import Bytes
import HTTPCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// Requests of those who have no key, or no longer: all are told the same, and nothing comes of it.
@Suite struct `A stranger` {
  private let group: Group
  private let client: RawClient
  private let clock: Lock<Int64>
  private let record: Record

  init() throws {
    group = try Group()
    let city = try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    try group.add("360424", under: "360400")
    try group.sync(["360423"], "360400")
    clock = try #require(group.clocks["360400"])
    client = try RawClient("360423", at: city, clock: clock)
    _ = try RawClient("360424", at: city, clock: clock)
    var edit = RecordEdit(.item(client.site, externalID: "x"))
    edit.set("title", "x")
    let stamp = Stamp(time: 1, author: client.site)
    record = try #require(Record.writing(edit, over: nil, as: stamp))
  }

  private func push() throws -> HTTPRequest {
    client.signed("/sync/v1/push", try client.pushBody([record]))
  }

  /// One wording, octet by octet, and nothing applied.
  private func expectRefused(_ request: HTTPRequest, _ what: String) throws {
    let before = try group.holdings("360400")
    let response = try client.answer(request)
    #expect(response.status == 401, "\(what)")
    #expect(response.body == Gatekeeper.refusal.body, "\(what)")
    #expect(response.fields == Gatekeeper.refusal.fields, "\(what)")
    #expect(try group.holdings("360400") == before, "\(what)")
  }

  private typealias Change = (inout HTTPRequest) -> Void

  /// Another text in the place of one in a field.
  private func field(_ name: String, _ old: String, _ new: String) -> Change {
    { request in
      let value = request.fields[name] ?? ""
      guard let found = Array(value.utf8).firstRange(of: Array(old.utf8)) else {
        Issue.record("\(old) is not in \(value)")
        return
      }
      let octets = Array(value.utf8)
      request.fields[name] = String(
        decoding: octets[..<found.lowerBound] + Array(new.utf8) + octets[found.upperBound...],
        as: UTF8.self)
    }
  }

  private var ofMessage: [(String, Change)] {
    [
      ("method", { $0.method = .put }),
      ("path", { $0.target = "/sync/v1/pull" }),
      ("query", { $0.target = "/sync/v1/push?x=1" }),
      ("authority", { $0.fields["Host"] = "other.test" }),
      ("port", { $0.fields["Host"] = "upstream.test:81" }),
      ("first octet", { $0.body[0] ^= 1 }),
      ("last octet", { $0.body[$0.body.count - 1] ^= 0x80 }),
      ("an octet more", { $0.body.append(0) }),
      ("an octet less", { $0.body.removeLast() }),
      ("no body", { $0.body = [] }),
      ("type", { $0.fields["Content-Type"] = "text/plain" }),
      ("no type", { $0.fields.remove("content-type") }),
      ("coding", { $0.fields["Content-Encoding"] = "gzip" }),
      ("no digest", { $0.fields.remove("content-digest") }),
      (
        "digest of another body",
        { $0.fields["Content-Digest"] = ContentDigest.value(of: [1], .sha256) }
      ),
      (
        "digest and body of another",
        {
          $0.body[0] ^= 1
          $0.fields["Content-Digest"] = ContentDigest.value(of: $0.body, .sha256)
        }
      ),
      (
        "digest by SM3", { $0.fields["Content-Digest"] = ContentDigest.value(of: $0.body, .sm3) }
      ),
    ]
  }

  private var ofSignature: [(String, Change)] {
    let input = "Signature-Input"
    return [
      ("no signature", { $0.fields.remove("signature") }),
      ("no input", { $0.fields.remove("signature-input") }),
      ("empty signature", { $0.fields["Signature"] = "sig1=::" }),
      ("not base64", { $0.fields["Signature"] = "sig1=:*:" }),
      ("a token", { $0.fields["Signature"] = "sig1=abc" }),
      ("short", { $0.fields["Signature"] = "sig1=:AAAA:" }),
      (
        "zeros",
        {
          let zeros = Base64.encode([UInt8](repeating: 0, count: 32))
          $0.fields["Signature"] = "sig1=:\(zeros):"
        }
      ),
      (
        "another label",
        { request in
          for name in ["Signature", "Signature-Input"] {
            field(name, "sig1=", "sig2=")(&request)
          }
        }
      ),
      (
        "a second label",
        { request in
          for name in ["Signature", "Signature-Input"] {
            let value = request.fields[name] ?? ""
            request.fields[name] = value + ", " + value.replacing("sig1=", with: "sig2=")
          }
        }
      ),
      (
        "a second field", { $0.fields.append("Signature", $0.fields["Signature"] ?? "") }
      ),
      ("another child's name", field(input, "360423", "360424")),
      ("an unknown name", field(input, "360423", "999999")),
      ("no name", field(input, "\"360423\"", "\"\"")),
      ("another algorithm", field(input, "hmac-sha256", "hmac-sm3")),
      ("an unknown algorithm", field(input, "hmac-sha256", "none")),
      ("no algorithm", field(input, ";alg=\"hmac-sha256\"", "")),
      ("created later", field(input, ";created=1", ";created=2")),
      ("created as text", field(input, ";created=", ";created=a")),
      ("no end", field(input, ";expires=", ";ends=")),
      ("another nonce", field(input, "raw-", "row-")),
      ("no nonce", field(input, ";nonce=", ";once=")),
      ("a component less", field(input, "\"@query\" ", "")),
      ("another order", field(input, "\"@method\" \"@authority\"", "\"@authority\" \"@method\"")),
      ("a component twice", field(input, "\"@method\"", "\"@method\" \"@method\"")),
      ("an unknown component", field(input, "\"@method\"", "\"@method\" \"@mood\"")),
      ("a component with a parameter", field(input, "\"@method\"", "\"@method\";req")),
      ("a field that is not there", field(input, "\"@method\"", "\"@method\" \"x-none\"")),
      ("a parameter more", field(input, ";nonce=", ";tag=\"x\";nonce=")),
    ]
  }

  @Test func `a request with anything changed is told what every other is, and has no effect`()
    throws
  {
    let changes = ofMessage + ofSignature
    #expect(changes.count >= 30)
    for (what, change) in changes {
      // Method and path lead elsewhere, and there too.
      var request = try push()
      change(&request)
      if what == "method" { continue }
      try expectRefused(request, what)
    }
    #expect(try client.answer(try push()).status == 200)
  }

  @Test func `signed with its key, a label more or a component of no use is refused as well`()
    throws
  {
    for name in ["\"@mood\"", "\"@method\";req", "\"@request-target\";sf"] {
      var request = try push()
      field("Signature-Input", "\"@method\"", "\"@method\" \(name)")(&request)
      try expectRefused(request, name)
    }
  }

  @Test func `what was heard once is not heard again, nor after a restart`() throws {
    let heard = try push()
    #expect(try client.answer(heard).status == 200)
    try expectRefused(heard, "a replay")
    // Recorded on the way, and never arrived.
    let kept = try push()
    client.restart()
    try expectRefused(heard, "a replay after the restart")
    try expectRefused(kept, "a request from before the restart")
    #expect(try client.answer(try push()).status == 200)
  }

  @Test(arguments: [-301, -86_400, 301, 86_400, 315_360_000] as [Int64])
  func `a clock that is off is refused with the same words`(_ seconds: Int64) throws {
    clock.withLock { $0 += 400_000_000_000 }
    client.restart()
    clock.withLock { $0 += 500_000 }
    clock.withLock { $0 += seconds * 1000 }
    let request = try push()
    clock.withLock { $0 -= seconds * 1000 }
    try expectRefused(request, "\(seconds) s")
  }

  @Test func `a suspended site is not heard until it is resumed, a retired one never`() throws {
    #expect(try client.answer(try push()).status == 200)
    let poll: RequestTarget = "/sync/v1/link?wait=60"
    #expect(try client.answer(client.signed(poll, [])).status == 200)
    try group.run("360400", "site", "suspend", "360423")
    let said = try client.answer(try push())
    #expect(said.status == 403)
    #expect(ProblemDetails(said)?.code == "site_suspended")
    #expect(try client.answer(client.signed(poll, [])).status == 403)
    // Without the key it is not even told that.
    var forged = try push()
    forged.body[0] ^= 1
    try expectRefused(forged, "a stranger about a suspended site")
    try group.run("360400", "site", "resume", "360423")
    #expect(try client.answer(try push()).status == 200)
    try group.run("360400", "site", "retire", "360423")
    try expectRefused(try push(), "retired")
    #expect(try group.refusal("360400", "site", "resume", "360423") == .siteRetired)
    #expect(try group.refusal("360400", "site", "token", "360423") == .siteRetired)
  }

  @Test func `who waits is woken when it is suspended, or its key is void`() throws {
    let woken = Lock<[SiteCode]>([])
    let city = client.upstream
    city.store.onGrowth { sites in woken.withLock { $0 += sites } }
    for words in [
      ["site", "suspend", "360423"], ["site", "rekey", "360424", "--now"],
      ["site", "retire", "360424"],
    ] {
      woken.withLock { $0 = [] }
      try group.run("360400", words: words)
      #expect(woken.withLock { $0.map(\.text) }.contains(words[2]), "\(words)")
    }
  }

  @Test func `only a child of one's own is suspended`() throws {
    #expect(try group.refusal("360423", "site", "suspend", "360400") != nil)
    #expect(try group.refusal("360400", "site", "suspend", "360400") == .notBelow)
    #expect(try group.refusal("360400", "site", "suspend", "999999") == .notBelow)
  }
}
