import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol

/// The client's end of the protocol over HTTP: signs calls, checks that answers are the upstream's.
struct SyncChannel {
  static let contentType = "application/cbor-seq"

  let url: BaseURL
  let site: SiteCode
  let key: [UInt8]
  let algorithm: SignatureAlgorithm
  let transport: any Transport
  let network: any Network
  let node: Node
  /// The call that went out behind the last one, as it was signed.
  private let foreseen = Lock<(call: SyncCall, request: HTTPRequest)?>(nil)

  init(
    url: BaseURL, site: SiteCode, key: [UInt8], algorithm: SignatureAlgorithm,
    transport: any Transport, network: any Network, node: Node
  ) {
    (self.url, self.site, self.key, self.algorithm) = (url, site, key, algorithm)
    (self.transport, self.network, self.node) = (transport, network, node)
  }

  /// Sends one call; signs anew once, a second later, where the upstream asks for that. `next` is
  /// asked while the answer comes in, until it says what the next call will be.
  func send(
    _ call: SyncCall, foreseeing next: ((ArraySlice<UInt8>) -> SyncCall?)? = nil
  ) -> Result<SyncReply, SyncSession.Failure> {
    let first = attempt(call, next)
    guard case .success(.problem(.reauth, _, _)) = first else { return first }
    network.pause(milliseconds: 1100)
    return attempt(call)
  }

  private func attempt(
    _ call: SyncCall, _ next: ((ArraySlice<UInt8>) -> SyncCall?)? = nil
  ) -> Result<SyncReply, SyncSession.Failure> {
    let request = takeForeseen(call) ?? signed(call)
    let response: HTTPResponse
    do {
      let waits = call.waitSeconds > 0 ? Int64(call.waitSeconds + 15) * 1000 : nil
      response = try exchange(
        request, tellsOfLine: !call.endpoint.isRead, readMilliseconds: waits,
        foreseeing: next.map { next in { next($0).map { foresee($0) } } })
    } catch {
      return .failure(.unreachable(error.words))
    }
    let isSigned = isSigned(response, to: request)
    switch response.status {
    case 200 where isSigned:
      return .success(.ok(body: response.body, etag: response.fields["etag"]))
    case 304 where isSigned: return .success(.notModified)
    case 401: return .success(.problem(.reauth, detail: clockAdvice(response)))
    default: return problem(response, isSigned: isSigned)
    }
  }

  private func foresee(_ call: SyncCall) -> HTTPRequest {
    let request = signed(call)
    foreseen.withLock { $0 = (call, request) }
    return request
  }

  private func takeForeseen(_ call: SyncCall) -> HTTPRequest? {
    foreseen.withLock { foreseen in
      defer { foreseen = nil }
      return foreseen?.call == call ? foreseen?.request : nil
    }
  }

  /// `tellsOfLine`: whether what it takes is the line's doing, or somebody waits.
  func exchange(
    _ request: HTTPRequest, tellsOfLine: Bool, readMilliseconds: Int64? = nil,
    foreseeing next: Foresight? = nil
  ) throws(TransportFault) -> HTTPResponse {
    let start = node.ports.now()
    do throws(TransportFault) {
      let response =
        if let next {
          try transport.exchange(request, foreseeing: next)
        } else {
          try transport.exchange(request, readMilliseconds: readMilliseconds)
        }
      let took = node.ports.now() - start
      if tellsOfLine, response.status < 400 {
        node.portions.withLock {
          $0.note(up: request.body.count, down: response.body.count, milliseconds: took)
        }
      }
      return response
    } catch {
      if tellsOfLine, error != .interrupted { node.portions.withLock { $0.noteLost() } }
      throw error
    }
  }

  private func problem(
    _ response: HTTPResponse, isSigned: Bool
  ) -> Result<SyncReply, SyncSession.Failure> {
    guard let details = ProblemDetails(response) else {
      return .failure(
        .unreachable("\(url) does not sign its answers with the key of this link"))
    }
    // Whoever stands between may say that it is busy, and nothing else.
    let said = SyncProblem(rawValue: details.problemClass.rawValue) ?? .retryLater
    let problem = isSigned ? said : .retryLater
    let detail = details.detail ?? details.title
    if !isSigned && said != .retryLater {
      return .failure(.unreachable("\(url): \(response.status) \(detail)"))
    }
    return .success(
      .problem(problem, detail: detail, retryAfterSeconds: details.retryAfter))
  }

  private func signed(_ call: SyncCall) -> HTTPRequest {
    var query: [(name: String, value: String)] = []
    if call.waitSeconds > 0 { query.append(("wait", String(call.waitSeconds))) }
    let target = RequestTarget(
      segments: ["sync", "v1", call.endpoint.rawValue], query: query)
    var request = url.request(call.endpoint.isRead ? .get : .post, target, body: call.body)
    if !call.body.isEmpty { request.fields.append("Content-Type", SyncChannel.contentType) }
    if let etag = call.etag { request.fields.append("If-None-Match", etag) }
    sign(&request)
    return request
  }

  func sign(_ request: inout HTTPRequest) {
    let now = node.ports.now() / 1000
    RequestSigner(keyID: node.site.text, key: key, algorithm: algorithm).sign(
      &request, created: now, expires: now + Gatekeeper.toleranceSeconds,
      nonce: Hex.encode(node.ports.random(12)))
  }

  func isSigned(_ response: HTTPResponse, to request: HTTPRequest) -> Bool {
    guard let signed = try? SignedResponse.parse(response),
      signed.parameters.keyID == site.text, signed.parameters.algorithm == algorithm
    else { return false }
    return signed.verify(response, to: request, key: key)
  }

  /// The answer's Date shows a clock that is off.
  func clockAdvice(_ response: HTTPResponse) -> String {
    guard let date = response.fields["date"].flatMap({ HTTPDate.parse($0) }) else { return "" }
    let ahead = node.ports.now() / 1000 - date
    return abs(ahead) > Gatekeeper.toleranceSeconds ? "clock \(ahead)" : ""
  }
}

extension TransportFault {
  var words: String {
    switch self {
    case .unreachable(let what): what
    case .interrupted: "interrupted"
    }
  }
}
