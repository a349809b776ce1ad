import Bytes
import Dispatch
import HTTPCore
import Replication
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// Keys that follow one another, and tokens that are good once.
@Suite struct `Keys of a link` {
  private let pair: SignedPair

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.synchronize()
  }

  private func key() throws -> [UInt8] { try #require(pair.county.keys.upstream?.key) }

  /// What a poll that is signed with this key is answered.
  private func status(_ key: [UInt8]) throws -> Int {
    var request = HTTPRequest(
      method: .get, target: "/sync/v1/link", fields: ["Host": "centre.test"])
    let now = pair.clock.withLock { time in
      time += 1000
      return time / 1000
    }
    RequestSigner(keyID: "360423", key: key, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 60, nonce: "\(now)")
    return try #require(pair.network.answer(request, "centre.test")).status
  }

  private func outcome(_ body: () throws -> Void) -> Reason? {
    do {
      try body()
      return nil
    } catch {
      return (error as? Refusal)?.reason
    }
  }

  @Test func `a new key holds at once, the old one ten minutes more`() throws {
    let old = try key()
    #expect(try pair.county.rotateKey() == pair.centre.site)
    let new = try key()
    #expect(new != old)
    #expect(pair.centre.keys.key(ofChild: pair.county.site) == new)
    #expect(try status(old) == 200 && status(new) == 200)
    pair.clock.withLock { $0 += KeyRing.overlapMilliseconds - 10_000 }
    #expect(try status(old) == 200)
    pair.clock.withLock { $0 += 20_000 }
    #expect(try status(old) == 401 && status(new) == 200)
    #expect(try pair.county.synchronize().report.isInStep)
  }

  @Test func `after a lost answer the old key holds, and the same change is finished`() throws {
    let old = try key()
    pair.network.loseNextAnswer()
    #expect(outcome { _ = try pair.county.rotateKey() } == .unreachable)
    #expect(try key() == old)
    pair.clock.withLock { $0 += 86_400_000 }
    #expect(try pair.county.synchronize().report.isInStep)
    _ = try pair.county.rotateKey()
    #expect(try key() != old && status(key()) == 200)
    #expect(try pair.county.synchronize().report.isInStep)
  }

  @Test func `a key that is passing away agrees on no other`() throws {
    let old = try key()
    _ = try pair.county.rotateKey()
    let new = try key()
    let link = KeyFile.LinkKey(site: "360400", key: Hex.encode(old))
    try pair.county.keys.change { $0.upstream = link }
    #expect(outcome { _ = try pair.county.rotateKey() } != nil)
    #expect(pair.centre.keys.key(ofChild: pair.county.site) == new)
    #expect(pair.centre.keys.read { $0.children[0].next } == nil)
  }

  @Test func `both ends tell the audit, and neither the key`() throws {
    _ = try pair.county.rotateKey()
    for node in [pair.centre, pair.county] {
      var told = 0
      try node.store.read { snapshot in
        try snapshot.auditEntries(newestFirst: true) { entry, _ in
          if entry.event.kind == .key, entry.event.operation == "key rotate" { told += 1 }
          return true
        }
      }
      #expect(told == 1, "\(node.site)")
    }
    let new = try key()
    #expect(pair.network.requests.allSatisfy { $0.serialized().firstRange(of: new) == nil })
  }

  @Test func `of fifty uses of a token at once one succeeds`() throws {
    let pair = try SignedPair()
    let token = try pair.centre.issueToken(for: pair.county.site).token
    let secret = DigestAlgorithm.sha256.digest(Array(token.utf8)).bytes
    let endpoint = SyncEndpoint(pair.centre)
    let site = pair.county.site
    let statuses = Lock<[Int]>([])
    DispatchQueue.concurrentPerform(iterations: 50) { number in
      let enrol = EnrolRequest(
        code: site, name: "x", kind: "county",
        nonce: [UInt8](repeating: UInt8(number), count: EnrolRequest.nonceOctets), secret: secret)
      let request = HTTPRequest(
        method: .post, target: "/sync/v1/enrol",
        fields: ["Host": "centre.test", "Content-Type": "application/cbor-seq"], body: enrol.body)
      if case .respond(let response) = endpoint.reply(
        to: request, path: request.path, mayHold: false)
      {
        statuses.withLock { $0.append(response.status) }
      }
    }
    #expect(statuses.withLock { $0.sorted() } == [200] + [Int](repeating: 401, count: 49))
  }
}
