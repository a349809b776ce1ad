import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Carries requests to endpoints in this process, and remembers them.
final class WireNetwork: Network {
  private let state = Lock(State())

  struct State {
    var endpoints: [String: SyncEndpoint] = [:]
    var requests: [HTTPRequest] = []
    var losesNextAnswer = false
    /// Answers of something that stands in front of the endpoints.
    var nextAnswers: [HTTPResponse] = []
    var pauses = 0
  }

  final class Wire: Transport {
    let network: WireNetwork
    let authority: String
    var octetsSent = 0
    var octetsReceived = 0

    init(_ network: WireNetwork, _ authority: String) {
      self.network = network
      self.authority = authority
    }

    func exchange(
      _ request: HTTPRequest, readMilliseconds: Int64?
    ) throws(TransportFault) -> HTTPResponse {
      octetsSent += request.serialized().count
      guard let response = network.answer(request, authority) else {
        throw .unreachable("no answer")
      }
      octetsReceived += response.serialized().count
      return response
    }
  }

  func serve(_ authority: String, _ node: Node) {
    let endpoint = SyncEndpoint(node)
    state.withLock { $0.endpoints[authority] = endpoint }
  }

  func loseNextAnswer() { state.withLock { $0.losesNextAnswer = true } }
  func answerNext(_ answers: HTTPResponse...) { state.withLock { $0.nextAnswers = answers } }
  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  func answer(_ request: HTTPRequest, _ authority: String) -> HTTPResponse? {
    let (endpoint, instead) = state.withLock { state in
      state.requests.append(request)
      let instead = state.nextAnswers.isEmpty ? nil : state.nextAnswers.removeFirst()
      return (state.endpoints[authority], instead)
    }
    if let instead { return instead }
    guard let endpoint,
      case .respond(let response) = endpoint.reply(to: request, path: request.path, mayHold: false)
    else { return nil }
    let isLost = state.withLock { state in
      defer { state.losesNextAnswer = false }
      return state.losesNextAnswer
    }
    return isLost ? nil : response
  }

  func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    Wire(self, url.authority)
  }

  func pause(milliseconds: Int) { state.withLock { $0.pauses += 1 } }
}

/// A centre and a county that talk through the whole HTTP layer, without sockets.
struct SignedPair {
  let directory: URL
  let network = WireNetwork()
  let clock = Lock(Int64(1_700_000_000_000))
  let centre: Node
  let county: Node

  init(algorithm: DigestAlgorithm = .sha256) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let url = try BaseURL("http://centre.test")
    centre = try SignedPair.node(
      "360400", directory, network, clock, algorithm, upstream: nil, kind: .central)
    clock.withLock { $0 += 2000 }
    county = try SignedPair.node(
      "360423", directory, network, clock, .sha256, upstream: url, kind: .county)
    network.serve("centre.test", centre)
    clock.withLock { $0 += 2000 }
  }

  static func node(
    _ code: String, _ directory: URL, _ network: WireNetwork, _ clock: Lock<Int64>,
    _ algorithm: DigestAlgorithm, upstream: BaseURL?, kind: SiteKind, salt: String = ""
  ) throws -> Node {
    let site = try #require(SiteCode(code))
    let number = Lock(UInt64(0))
    let ports = StorePorts(
      now: { clock.withLock { $0 } },
      random: { count in
        let value = number.withLock { number -> UInt64 in
          number += 1
          return number
        }
        return Array(
          DigestAlgorithm.sha256.digest(Array("\(code)/\(salt)\(value)".utf8)).bytes.prefix(count))
      })
    let store = try Store(
      path: directory.appending(path: "\(code).db").path,
      creating: StoreIdentity(site: site, algorithm: algorithm), ports: ports, isDurable: false)
    let node = try Node(
      store: store, settings: NodeSettings(upstream: upstream), network: network)
    try node.begin(as: NodeProfile(name: "站点\(code)", kind: kind), isRoot: upstream == nil)
    return node
  }

  func enrol() throws {
    _ = try county.enrol(token: try centre.issueToken(for: county.site).token)
  }
}

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
}
