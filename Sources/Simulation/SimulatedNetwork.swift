import HTTPCore
import NodeCore
import Replication
import Storage

/// Carries signed requests between the nodes, whole and in order, or as badly as its dice say.
final class SimulatedNetwork: Network {
  /// What goes wrong with a request: one of a thousand each.
  struct Badness: Sendable {
    var lostPerMille = 0
    var spoiltPerMille = 0
    var dice = Dice(seed: 0)
  }

  struct Counts: Sendable {
    var refusedSignatures = 0
    var cutBlobs = 0
    var spoiltBlobs = 0
    var isUsed = false
  }

  private struct State {
    var endpoints: [String: (endpoint: SyncEndpoint, fault: FaultPlan)] = [:]
    var badness = Badness()
    var counts = Counts()
  }

  private let state = Lock(State())
  private let clock: VirtualClock

  init(clock: VirtualClock) { self.clock = clock }

  static func authority(_ code: SiteCode) -> String { "\(code.text.lowercased()).sim" }

  static func url(_ code: SiteCode) throws -> BaseURL { try BaseURL("http://\(authority(code))") }

  /// A process answers from now on, in place of whoever did.
  func serve(_ node: Node, _ fault: FaultPlan) {
    let endpoint = SyncEndpoint(node)
    state.withLock { $0.endpoints[Self.authority(node.site)] = (endpoint, fault) }
  }

  /// Nobody answers any more: nodes and their network hold each other.
  func shut() { state.withLock { $0.endpoints = [:] } }

  func set(_ badness: Badness) { state.withLock { $0.badness = badness } }

  func takeCounts() -> Counts {
    state.withLock { state in
      defer { state.counts = Counts() }
      return state.counts
    }
  }

  private final class Wire: Transport {
    let network: SimulatedNetwork
    let authority: String
    var octetsSent = 0
    var octetsReceived = 0

    init(_ network: SimulatedNetwork, _ authority: String) {
      (self.network, self.authority) = (network, authority)
    }

    func exchange(
      _ request: HTTPRequest, readMilliseconds: Int64?
    ) throws(TransportFault) -> HTTPResponse {
      octetsSent += request.body.count
      guard let response = network.answer(request, authority) else {
        throw .unreachable("no answer")
      }
      octetsReceived += response.body.count
      return response
    }
  }

  func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    Wire(self, url.authority)
  }

  func pause(milliseconds: Int) { clock.advance(Int64(milliseconds)) }

  private func answer(_ request: HTTPRequest, _ authority: String) -> HTTPResponse? {
    let isBlob = request.path.hasPrefix("/sync/v1/blobs/")
    let (server, losesRequest, losesAnswer, isSpoilt) = state.withLock { state in
      let losesRequest = state.badness.dice.chance(perMille: state.badness.lostPerMille)
      let losesAnswer = state.badness.dice.chance(perMille: state.badness.lostPerMille)
      let isSpoilt = state.badness.dice.chance(perMille: state.badness.spoiltPerMille)
      if isBlob, losesRequest || losesAnswer { state.counts.cutBlobs += 1 }
      return (state.endpoints[authority], losesRequest, losesAnswer, isSpoilt)
    }
    guard let server, !losesRequest, !server.fault.isDead,
      case .respond(var response) = server.endpoint.reply(
        to: request, path: request.path, mayHold: false),
      !losesAnswer, !server.fault.isDead
    else { return nil }
    clock.advance(1)
    if response.status == 401 { state.withLock { $0.counts.refusedSignatures += 1 } }
    if isSpoilt, isBlob, response.status == 206, !response.body.isEmpty {
      response.body[response.body.count / 2] ^= 1
      state.withLock { $0.counts.spoiltBlobs += 1 }
    }
    return response
  }
}
