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
