import HTTPCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// Polls of a child in step, as the loop's thread is asked about them before a worker is.
@Suite struct `A poll that finds nothing new` {
  private let pair: SignedPair
  private let endpoint: SyncEndpoint

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
    pair.clock.withLock { $0 += 2000 }
    endpoint = SyncEndpoint(pair.centre)
    pair.clock.withLock { $0 += 2000 }
    _ = try pair.county.synchronize()
  }

  private func poll(_ etag: String?, wait: Int? = nil, key: [UInt8]? = nil) throws -> HTTPRequest {
    let own = try #require(pair.county.keys.upstream?.key)
    var request = HTTPRequest(
      method: .get,
      target: wait.map {
        RequestTarget(segments: ["sync", "v1", "link"], query: [("wait", String($0))])
      } ?? "/sync/v1/link", fields: ["Host": "centre.test"])
    if let etag { request.fields.append("If-None-Match", etag) }
    let now = pair.clock.withLock { $0 / 1000 }
    RequestSigner(keyID: "360423", key: key ?? own, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 60, nonce: "n")
    return request
  }

  private func answer(_ request: HTTPRequest) throws -> HTTPResponse {
    let reply = endpoint.reply(to: request, path: request.path, mayHold: false)
    guard case .respond(let response) = reply else {
      Issue.record("no answer at once")
      return HTTPResponse(status: 0)
    }
    return response
  }

  private func ready(_ request: HTTPRequest, mayHold: Bool = false) -> SyncEndpoint.Reply? {
    endpoint.readyReply(to: request, path: request.path, mayHold: mayHold)
  }

  /// What the centre calls the present state; asked once, so that it is in memory.
  private func known() throws -> String {
    let etag = try #require(try answer(try poll(nil)).fields["etag"])
    #expect(try answer(try poll(etag)).status == 304)
    return etag
  }

  @Test func `is answered from memory as it was by the store, signed`() throws {
    let etag = try known()
    let request = try poll(etag)
    guard case .respond(let response)? = ready(request) else {
      Issue.record("the store is asked")
      return
    }
    let key = try #require(pair.county.keys.upstream?.key)
    #expect(response.status == 304 && response.fields["etag"] == etag)
    #expect(try SignedResponse.parse(response).verify(response, to: request, key: key))
    guard case .hold(let topic, let milliseconds)? = ready(try poll(etag, wait: 20), mayHold: true)
    else {
      Issue.record("it is not held")
      return
    }
    #expect(topic == "link/360423" && milliseconds == 20_000)
  }

  @Test func `is left to the store where anything is another, or nobody has asked yet`() throws {
    let fresh = try #require(try answer(try poll(nil)).fields["etag"])
    #expect(ready(try poll(fresh)) == nil)
    let etag = try known()
    #expect(ready(try poll(nil)) == nil)
    #expect(ready(try poll("\"another\"")) == nil)
    #expect(ready(try poll(etag, key: [UInt8](repeating: 7, count: 32))) == nil)
    var post = try poll(etag)
    post.method = .post
    #expect(ready(post) == nil)
    #expect(ready(try poll(etag)) != nil)
  }

  @Test func `is left to the store once that has changed, or a minute has gone by`() throws {
    let etag = try known()
    try pair.centre.store.write(quietly: true) { _ in }
    #expect(ready(try poll(etag)) != nil)
    try pair.centre.store.write { transaction in
      var edit = RecordEdit(.column(pair.centre.site, path: "要闻"))
      edit.set(ColumnRecord.Cell.path, "要闻")
      try transaction.write(edit)
    }
    #expect(ready(try poll(etag)) == nil)
    #expect(try answer(try poll(etag)).status == 200)
    let next = try known()
    pair.clock.withLock { $0 += 59_000 }
    #expect(ready(try poll(next)) != nil)
    pair.clock.withLock { $0 += 2_000 }
    #expect(ready(try poll(next)) == nil)
  }

  @Test func `is not heard from a child that has been suspended, nor with a key that is void`()
    throws
  {
    let etag = try known()
    try pair.centre.store.write { transaction in
      try transaction.write(
        SiteRecord.register(
          pair.county.site, name: "x", kind: .county, state: .suspended, by: pair.centre.site))
    }
    #expect(ready(try poll(etag)) == nil)
    #expect(try answer(try poll(etag)).status == 403)
    try pair.centre.keys.change { $0.children.removeAll() }
    #expect(ready(try poll(etag)) == nil)
  }
}

@Suite struct `The pace of a site` {
  private let site = SiteCode("360423")
  private let other = SiteCode("360424")

  @Test func `a thousand at once, a thousand a second, and nobody waits for another`() throws {
    let pace = SitePace()
    let (site, other) = (try #require(site), try #require(other))
    for _ in 0..<1_000 { #expect(pace.delay(site, now: 0) == 0) }
    #expect(pace.delay(site, now: 0) == 1)
    #expect(pace.delay(site, now: 0) == 2)
    #expect(pace.delay(other, now: 0) == 0)
    #expect(pace.delay(site, now: 3) == 0)
    for _ in 0..<500 { _ = pace.delay(site, now: 3) }
    #expect(pace.delay(site, now: 1_003) == 0)
  }

  @Test func `who never heeds it waits a second at most, and a clock set back gives nothing back`()
    throws
  {
    let pace = SitePace()
    let site = try #require(site)
    let longest = (0..<10_000).map { _ in pace.delay(site, now: 0) }.max()
    #expect(longest == 1_000)
    #expect(pace.delay(site, now: -5_000) == 1_000)
  }
}
