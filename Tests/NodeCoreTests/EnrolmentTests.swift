import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct EnrolmentTests {
  func reason(_ body: () throws -> Void) -> Reason? {
    do {
      try body()
      return nil
    } catch {
      return (error as? Refusal)?.reason
    }
  }

  @Test(arguments: DigestAlgorithm.allCases)
  func `a token enrols a site, which then synchronizes`(_ algorithm: DigestAlgorithm) throws {
    let pair = try SignedPair(algorithm: algorithm)
    var edit = RecordEdit(.column(pair.county.site, path: "要闻"))
    edit.set(ColumnRecord.Cell.path, "要闻")
    try pair.county.store.write { try $0.write(edit) }
    try pair.enrol()
    #expect(pair.county.store.identity.algorithm == algorithm)
    let outcome = try pair.county.synchronize()
    #expect(outcome.report.isInStep && outcome.report.pushed == 1)
    #expect(outcome.octetsSent > 0 && outcome.octetsReceived > 0)
    let sites = try pair.county.store.read { _ in pair.county.library.directory.tree.sites }
    #expect(sites[pair.county.site]?.name == "站点360423")
    #expect(try pair.county.compareWithUpstream().isInStep)
  }

  @Test func `a wrong token, a used one and an expired one get the same refusal`() throws {
    let pair = try SignedPair()
    #expect(reason { _ = try pair.county.enrol(token: "aaaa") } == .tokenInvalid)
    let late = try pair.centre.issueToken(for: pair.county.site).token
    pair.clock.withLock { $0 += Node.tokenMilliseconds + 1 }
    #expect(reason { _ = try pair.county.enrol(token: late) } == .tokenInvalid)
    let token = try pair.centre.issueToken(for: pair.county.site).token
    _ = try pair.county.enrol(token: token)
    #expect(reason { _ = try pair.county.enrol(token: token) } == .tokenInvalid)
  }

  @Test func `after a lost answer the same token finishes the enrolment`() throws {
    let pair = try SignedPair()
    let token = try pair.centre.issueToken(for: pair.county.site).token
    pair.network.loseNextAnswer()
    #expect(reason { _ = try pair.county.enrol(token: token) } == .unreachable)
    _ = try pair.county.enrol(token: token)
    #expect(try pair.county.synchronize().report.isInStep)
  }

  @Test func `neither the token nor the key is in any request`() throws {
    let pair = try SignedPair()
    let token = try pair.centre.issueToken(for: pair.county.site).token
    _ = try pair.county.enrol(token: token)
    _ = try pair.county.synchronize()
    let key = try #require(pair.county.keys.upstream).key
    for request in pair.network.requests {
      let octets = request.serialized()
      for secret in [Array(token.utf8), key] {
        #expect(octets.firstRange(of: secret) == nil)
      }
    }
  }

  @Test func `a site on a new server enrols again and gets its own records back`() throws {
    let pair = try SignedPair()
    var edit = RecordEdit(.column(pair.county.site, path: "要闻"))
    edit.set(ColumnRecord.Cell.path, "要闻")
    try pair.county.store.write { try $0.write(edit) }
    try pair.enrol()
    _ = try pair.county.synchronize()
    let directory = pair.directory.appending(path: "new")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let fresh = try SignedPair.node(
      "360423", directory, pair.network, pair.clock, .sha256,
      upstream: try BaseURL("http://centre.test"), kind: .county, salt: "new")
    _ = try fresh.enrol(token: try pair.centre.issueToken(for: fresh.site).token)
    let report = try fresh.synchronize().report
    #expect(report.isInStep && report.setAside == 0)
    #expect(try fresh.store.read { try $0.record(edit.key) } != nil)
    #expect(reason { _ = try pair.county.synchronize() } == .wrongKey)
  }

  @Test func `a replayed push is refused and changes nothing`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.synchronize()
    let post = try #require(pair.network.requests.last { $0.method == .post })
    let replay = try #require(pair.network.answer(post, "centre.test"))
    #expect(replay.status == 401)
  }

  @Test func `a request with anything changed is refused`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.synchronize()
    let post = try #require(pair.network.requests.last { $0.method == .post })
    var changed = [post, post, post, post]
    changed[0].body[0] ^= 1
    changed[1].fields["Host"] = "other.test"
    changed[2].fields["Signature-Input"] = post.fields["signature-input"]?
      .replacingOccurrences(of: "360423", with: "360424")
    changed[3].fields["Content-Type"] = "text/plain"
    let refusals = try changed.map { try #require(pair.network.answer($0, "centre.test")) }
    #expect(refusals.allSatisfy { $0.status == 401 && $0.body == refusals[0].body })
  }

  @Test func `a key that the upstream does not know is named to the operator`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    try pair.centre.keys.change { $0.children[0].key = String(repeating: "0", count: 64) }
    #expect(reason { _ = try pair.county.synchronize() } == .wrongKey)
    let error = try pair.county.store.read { try $0.upstreamLink()?.lastError }
    #expect(error?.hasPrefix("reauth") == true)
  }

  @Test func `failed sessions back off and the time survives reopening`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    pair.network.loseNextAnswer()
    #expect(reason { _ = try pair.county.synchronize() } == .unreachable)
    let due = try #require(try pair.county.nextWake())
    #expect(due > pair.clock.withLock { $0 })
    let link = try pair.county.store.read { try $0.upstreamLink() }
    #expect(link?.failures == 1 && link?.unreachableSince != nil)
    _ = try pair.county.synchronize()
    #expect(try pair.county.store.read { try $0.upstreamLink()?.failures } == 0)
  }

  @Test func `a session noted by a clock that was ahead is due at once when it is right again`()
    throws
  {
    let pair = try SignedPair()
    try pair.enrol()
    let now = pair.clock.withLock { $0 }
    pair.clock.withLock { $0 += 315_360_000_000 }
    pair.network.loseNextAnswer()
    #expect(reason { _ = try pair.county.synchronize() } == .unreachable)
    #expect(try #require(try pair.county.nextWake()) > now + 315_360_000_000)
    pair.clock.withLock { $0 = now }
    #expect(try pair.county.nextWake() == now)
  }

  @Test func `a clock that is off is named with the seconds`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.synchronize()
    var unauthorized = ProblemDetails(.reauth, status: 401, title: "signature").response
    let seconds = pair.clock.withLock { $0 } / 1000
    unauthorized.fields.append("Date", HTTPDate.format(seconds - 3600))
    pair.network.answerNext(unauthorized, unauthorized)
    #expect(throws: Refusal(.clockSkew, "http://centre.test", "3600")) {
      _ = try pair.county.synchronize()
    }
  }

  @Test func `an address without a node is told as such`() throws {
    let pair = try SignedPair()
    pair.network.answerNext(.text(404, "not found"))
    #expect(reason { _ = try pair.county.enrol(token: "aaaa") } == .noNodeThere)
  }

  @Test func `a child that only polls counts as seen`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.synchronize()
    _ = try pair.county.synchronize()
    pair.clock.withLock { $0 += 7_200_000 }
    let count = pair.network.requests.count
    _ = try pair.county.synchronize()
    #expect(pair.network.requests.dropFirst(count).allSatisfy { $0.method == .get })
    let seen = try pair.centre.store.read { try $0.link(to: pair.county.site)?.seenAt }
    #expect(seen == pair.clock.withLock { $0 })
  }
}
