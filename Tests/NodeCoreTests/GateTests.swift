import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// What the serving end makes of signed requests whose content is coded, of another type, or more
/// than a site may send.
@Suite struct `The gate` {
  private let pair: SignedPair

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
    pair.clock.withLock { $0 += 2000 }
  }

  private func answer(
    _ endpoint: SyncEndpoint, _ change: (inout HTTPRequest) -> Void = { _ in },
    after: (inout HTTPRequest) -> Void = { _ in }
  ) throws -> HTTPResponse {
    let key = try #require(pair.county.keys.upstream?.key)
    var request = HTTPRequest(
      method: .post, target: "/sync/v1/pull",
      fields: ["Host": "centre.test", "Content-Type": "application/cbor-seq"], body: [0xA0])
    change(&request)
    let now = pair.clock.withLock { time in
      time += 1000
      return time / 1000
    }
    RequestSigner(keyID: "360423", key: key, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 60, nonce: "\(request.body.count)-\(now)")
    after(&request)
    guard
      case .respond(let response) = endpoint.reply(
        to: request, path: request.path, mayHold: false)
    else { throw Malformed("held", at: 0) }
    return response
  }

  @Test func `content of another type or coding is answered 415, to those who signed it`() throws {
    let endpoint = SyncEndpoint(pair.centre)
    let other = try answer(endpoint) { $0.fields["Content-Type"] = "text/plain" }
    #expect(other.status == 415)
    let coded = try answer(endpoint) { $0.fields["Content-Encoding"] = "br" }
    #expect(coded.status == 415)
    #expect(coded.fields["accept-encoding"] == "gzip")
    let forged = try answer(endpoint, after: { $0.fields["Content-Encoding"] = "gzip" })
    #expect(forged.status == 401)
  }

  @Test func `gzip content is read as what it was, and what is none is refused`() throws {
    let endpoint = SyncEndpoint(pair.centre)
    // A member with one stored block: the octet A0, which is a pull without a head.
    let member: [UInt8] = [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, 1, 0, 0xFE, 0xFF, 0xA0, 0x65, 0x4C, 0xD4, 0x04, 1, 0,
      0, 0,
    ]
    let plain = try answer(endpoint)
    let read = try answer(endpoint) {
      $0.fields["Content-Encoding"] = "gzip"
      $0.body = member
    }
    #expect(read.status == plain.status)
    #expect(read.body == plain.body)
    let damaged = try answer(endpoint) {
      $0.fields["Content-Encoding"] = "gzip"
      $0.body = member
      $0.body[member.count - 8] ^= 1
    }
    #expect(damaged.status == 400)
    #expect(damaged.body != plain.body)
  }

  @Test func `content that tells of an excess is answered 413 whoever sent it`() throws {
    let endpoint = SyncEndpoint(pair.centre)
    let bomb = [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0, count: 1000) + [0, 0, 0, 0x40]
    let request = HTTPRequest(
      method: .post, target: "/sync/v1/push",
      fields: ["Host": "centre.test", "Content-Encoding": "gzip"], body: bomb)
    guard
      case .respond(let response) = endpoint.reply(
        to: request, path: request.path, mayHold: false)
    else { return }
    #expect(response.status == 413)
  }

  @Test func `an upstream that asks for time is left alone for so long`() throws {
    _ = try pair.county.synchronize()
    let busy = ProblemDetails(.retryLater, status: 503, title: "busy", retryAfter: 1800).response
    pair.network.answerNext(busy, busy)
    #expect(throws: Refusal.self) { try pair.county.synchronize() }
    let now = pair.clock.withLock { $0 }
    #expect(try pair.county.nextWake() == now + 1_800_000)
    #expect(throws: Node.AskedToWait(milliseconds: 1_800_000)) {
      try pair.county.watch(seconds: 10)
    }
  }
}

@Suite struct `A site's allowance` {
  private let site = SiteCode("360423")
  private let other = SiteCode("360424")

  @Test func `a minute's worth at once, then evenly, and nobody pays for another`() throws {
    let (site, other) = (try #require(site), try #require(other))
    let allowance = SiteAllowance(SiteLimits(requestsPerMinute: 60))
    for _ in 0..<60 {
      #expect(allowance.waitSeconds(site, now: 0) == nil)
      allowance.charge(site, SiteAllowance.Cost(), now: 0)
    }
    #expect(allowance.waitSeconds(site, now: 0) == 1)
    #expect(allowance.waitSeconds(other, now: 0) == nil)
    #expect(allowance.waitSeconds(site, now: 1001) == nil)
    for _ in 0..<2 { allowance.charge(site, SiteAllowance.Cost(), now: 1001) }
    #expect(allowance.waitSeconds(site, now: 1001) == 1)
    // A clock set back takes nothing away and gives nothing.
    #expect(allowance.waitSeconds(site, now: -5000) == 1)
  }

  @Test func `who has overdrawn waits until it is made good`() throws {
    let site = try #require(site)
    let allowance = SiteAllowance(SiteLimits(bytesPerMinute: 1000, recordsPerMinute: 10))
    allowance.charge(site, SiteAllowance.Cost(bytes: 3000, records: 1), now: 0)
    #expect(allowance.waitSeconds(site, now: 0) == 121)
    #expect(allowance.waitSeconds(site, now: 119_000) == 2)
    #expect(allowance.waitSeconds(site, now: 120_001) == nil)
    allowance.charge(site, SiteAllowance.Cost(bytes: .max, records: .max), now: 120_001)
    #expect(allowance.waitSeconds(site, now: 120_001) == 3600)
  }
}
