import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// Whoever holds a child's key and writes requests of his own: pushes any octets, asks for any
/// stream. Counts as the next session of the child's real node.
final class RawClient {
  let upstream: Node
  let site: SiteCode
  private let key: [UInt8]
  private let clock: Lock<Int64>
  private var endpoint: SyncEndpoint
  private var nonce = 0

  init(_ code: String, at upstream: Node, clock: Lock<Int64>) throws {
    let site = try #require(SiteCode(code))
    (self.upstream, self.site, self.clock) = (upstream, site, clock)
    key = DigestAlgorithm.sha256.digest(Array(code.utf8)).bytes
    endpoint = SyncEndpoint(upstream)
    let link = KeyFile.LinkKey(site: code, key: Hex.encode(key))
    try upstream.keys.change { $0.children.append(link) }
  }

  /// A request as the protocol wants it; `change` before it is signed.
  func signed(
    _ target: RequestTarget, _ body: [UInt8], _ change: (inout HTTPRequest) -> Void = { _ in }
  ) -> HTTPRequest {
    var request = HTTPRequest(
      method: body.isEmpty ? .get : .post, target: target, fields: ["Host": "upstream.test"],
      body: body)
    if !body.isEmpty { request.fields["Content-Type"] = "application/cbor-seq" }
    change(&request)
    let now = clock.withLock { time in
      time += 2000
      return time / 1000
    }
    nonce += 1
    RequestSigner(keyID: site.text, key: key, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 60, nonce: "raw-\(nonce)")
    return request
  }

  /// The upstream's process ends, another begins.
  func restart() { endpoint = SyncEndpoint(upstream) }

  /// What a push of these records would send.
  func pushBody(_ records: [Record]) throws -> [UInt8] {
    let codec = RecordCodec()
    let items = records.map {
      StreamItem.whole(dictionary: 0, bytes: codec.deflated($0.bytes, dictionary: 0))
    }
    return PushRequest(head: try head(), items: items).body
  }

  func answer(_ request: HTTPRequest) throws -> HTTPResponse {
    guard
      case .respond(let response) = endpoint.reply(
        to: request, path: request.path, mayHold: false)
    else { throw Malformed("held", at: 0) }
    return response
  }

  private func head() throws -> SessionHead {
    let link = try #require(try upstream.store.read { try $0.link(to: site) })
    return SessionHead(
      epoch: link.peerEpoch ?? [0, 0, 0, 0, 0, 0, 0, 1],
      knownEpoch: try upstream.store.read { try $0.epoch() }, last: link.ticket,
      next: link.ticket ?? [9, 9, 9, 9, 9, 9, 9, 9], time: clock.withLock { $0 },
      number: link.requests + 1)
  }

  func push(_ records: [Record]) throws -> PushResponse {
    let response = try answer(signed("/sync/v1/push", pushBody(records)))
    try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    return try PushResponse(response.body)
  }

  /// Keys of everything that the upstream would send now.
  func pulled() throws -> Set<RecordKey> {
    let request = PullRequest(
      head: try head(), cursor: 0, pageBytes: 1 << 20, dictionaries: [0, 1],
      fingerprint: Fingerprint(), isPending: false, wants: [], asides: [])
    let response = try answer(signed("/sync/v1/pull", request.body))
    try #require(response.status == 200)
    let codec = RecordCodec()
    var keys: Set<RecordKey> = []
    for item in try PullResponse(response.body).items {
      switch item {
      case .whole(let dictionary, let bytes):
        keys.insert(try Record(canonical: codec.inflated(bytes, dictionary: dictionary)).key)
      case .patch(let key, _): keys.insert(key)
      case .left: break
      }
    }
    return keys
  }
}
