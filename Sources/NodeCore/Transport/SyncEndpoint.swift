import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol

/// The serving end over HTTP: `/sync/v1/…` and `/healthz` of one node.
package struct SyncEndpoint: Sendable {
  package enum Reply: Sendable {
    case respond(HTTPResponse)
    /// The same, after so long: the caller asks too often.
    case respondLater(HTTPResponse, milliseconds: Int)
    /// Ask again when the topic is woken, or the time is over.
    case hold(topic: String, milliseconds: Int)
  }

  let node: Node
  let gatekeeper: Gatekeeper
  let allowance: SiteAllowance
  let polls = PollMemory()
  let pace = SitePace()

  package init(_ node: Node) {
    self.node = node
    gatekeeper = Gatekeeper(keys: node.keys, startedSecond: node.ports.now() / 1000)
    allowance = SiteAllowance(node.settings.siteLimits)
  }

  /// `path` is the request's path below the node's own prefix. `mayHold`: whether the caller can
  /// still wait.
  package func reply(to request: HTTPRequest, path: String, mayHold: Bool) -> Reply {
    if let refusal = SyncEndpoint.screened(request) { return .respond(refusal) }
    switch path {
    case "/healthz":
      return .respond(
        request.method == .get || request.method == .head
          ? .text(200, "ok\n") : SyncEndpoint.notAllowed("GET, HEAD"))
    case "/sync/v1/enrol":
      return .respond(
        request.method == .post ? EnrolmentDesk(node).answer(request) : Self.notAllowed("POST"))
    case "/sync/v1/key": return key(request)
    case _ where path.utf8.elementsEqual(BlobDesk.path.utf8)
      || path.utf8.starts(with: "\(BlobDesk.path)/".utf8):
      return blobs(request, path)
    default:
      guard let endpoint = SyncEndpoint.endpoint(path) else {
        return .respond(
          ProblemDetails(.incompatible, status: 404, title: "no such path").response)
      }
      return reply(to: request, endpoint, mayHold: mayHold)
    }
  }

  private static func endpoint(_ path: String) -> SyncCall.Endpoint? {
    SyncCall.Endpoint.allCases.first { "/sync/v1/" + $0.rawValue == path }
  }

  static func notAllowed(_ methods: String) -> HTTPResponse {
    var response = ProblemDetails(
      .incompatible, status: 405, title: "the method is not allowed here"
    ).response
    response.fields.append("Allow", methods)
    return response
  }

  /// Answers a caller who is known and may be heard now; everybody else is refused.
  func admitting(
    _ request: HTTPRequest, _ operation: String, _ answer: (Gatekeeper.Caller, Int64) -> Reply
  ) -> Reply {
    let now = node.ports.now()
    guard
      let caller = gatekeeper.admit(
        request, nowMilliseconds: now,
        algorithm: SignatureAlgorithm(node.store.identity.algorithm))
    else {
      node.noteRefusedRequest(request, operation)
      return .respond(Gatekeeper.refusal)
    }
    if let barred = barred(caller, operation, now) {
      return .respond(sign(barred, to: request, caller))
    }
    let reply = answer(caller, now)
    guard case .respond(let response) = reply else { return reply }
    let delay = pace.delay(caller.site, now: now)
    return delay == 0 ? reply : .respondLater(response, milliseconds: delay)
  }

  private func blobs(_ request: HTTPRequest, _ path: String) -> Reply {
    admitting(request, "blobs") { caller, now in
      if request.fields.contains("content-encoding") {
        // Chunks are placed by their octets.
        let fault = HTTPFault(415, "a chunk of a blob with a content coding")
        return .respond(sign(ContentCoding.refusal(fault), to: request, caller))
      }
      let response = BlobDesk(node: node, peer: caller.site).answer(request, path)
      let bytes = Int64(request.body.count + response.body.count)
      allowance.charge(caller.site, SiteAllowance.Cost(bytes: bytes), now: now)
      return .respond(sign(response, to: request, caller))
    }
  }

  private func reply(
    to request: HTTPRequest, _ endpoint: SyncCall.Endpoint, mayHold: Bool
  ) -> Reply {
    let method: HTTPMethod = endpoint.isRead ? .get : .post
    guard request.method == method else { return .respond(Self.notAllowed(method.name)) }
    return admitting(request, endpoint.rawValue) { caller, now in
      answer(request, endpoint, caller, now, mayHold: mayHold)
    }
  }

  private func answer(
    _ request: HTTPRequest, _ endpoint: SyncCall.Endpoint, _ caller: Gatekeeper.Caller,
    _ now: Int64, mayHold: Bool
  ) -> Reply {
    let content: [UInt8]
    do throws(HTTPFault) {
      content = try SyncEndpoint.content(of: request)
    } catch {
      return .respond(sign(ContentCoding.refusal(error), to: request, caller))
    }
    let waitSeconds = SyncEndpoint.waitSeconds(request)
    let call = SyncCall(
      endpoint, body: content, etag: EntityTags.known(request), waitSeconds: waitSeconds)
    let reply: SyncReply
    let revision = node.store.revision
    do {
      reply = try node.answer(call, from: caller.site)
    } catch {
      reply = SyncEndpoint.problem(error, at: node.site)
    }
    if reply == .notModified {
      if let etag = call.etag { polls.note(caller.site, etag, revision: revision, now: now) }
      if mayHold, waitSeconds > 0 { return hold(caller.site, seconds: waitSeconds) }
    }
    let response = SyncEndpoint.response(reply, etag: call.etag)
    charge(caller.site, call, response, now)
    return .respond(sign(response, to: request, caller))
  }

  private func hold(_ site: SiteCode, seconds: Int) -> Reply {
    .hold(topic: "link/\(site)", milliseconds: seconds * 1000)
  }

  /// The reply to a poll that finds what it found before; nil for everything else. Waits for
  /// nothing.
  package func readyReply(to request: HTTPRequest, path: String, mayHold: Bool) -> Reply? {
    guard request.method == .get, path.utf8.elementsEqual("/sync/v1/link".utf8),
      request.body.isEmpty, let etag = EntityTags.known(request),
      let site = SignedRequest.claimedKeyID(request).flatMap({ SiteCode($0) })
    else { return nil }
    let now = node.ports.now()
    guard polls.holds(site, etag, revision: node.store.revision, now: now),
      SyncEndpoint.screened(request) == nil,
      let caller = gatekeeper.admit(
        request, nowMilliseconds: now,
        algorithm: SignatureAlgorithm(node.store.identity.algorithm), promotes: false),
      caller.site == site, allowance.waitSeconds(site, now: now) == nil
    else { return nil }
    let waitSeconds = SyncEndpoint.waitSeconds(request)
    if mayHold, waitSeconds > 0 { return hold(site, seconds: waitSeconds) }
    let response = SyncEndpoint.response(.notModified, etag: etag)
    allowance.charge(site, SiteAllowance.Cost(), now: now)
    return .respond(sign(response, to: request, caller))
  }

  /// What a known caller is told instead of an answer: by its standing, or for now. Nobody is heard
  /// whose standing cannot be read.
  func barred(
    _ caller: Gatekeeper.Caller, _ operation: String, _ now: Int64
  ) -> HTTPResponse? {
    let details: ProblemDetails?
    do {
      details = try node.exclusion(of: caller.site)
        ?? allowance.waitSeconds(caller.site, now: now).map(SyncEndpoint.tooMuch)
    } catch {
      return SyncEndpoint.response(SyncEndpoint.problem(error, at: node.site), etag: nil)
    }
    guard let details else { return nil }
    node.noteRefused(operation, of: caller.site, details.code ?? String(details.status))
    return details.response
  }

  private func charge(
    _ site: SiteCode, _ call: SyncCall, _ response: HTTPResponse, _ now: Int64
  ) {
    var cost = SiteAllowance.Cost(bytes: Int64(call.body.count + response.body.count))
    if allowance.countsRecords, call.endpoint == .push {
      cost.records = Int64((try? PushRequest(call.body))?.items.count ?? 0)
    }
    allowance.charge(site, cost, now: now)
  }

  /// The site has used up its allowance.
  static func tooMuch(_ seconds: Int) -> ProblemDetails {
    ProblemDetails(
      .retryLater, status: 429, title: "the site's allowance of this minute is used up",
      code: "site_limit", retryAfter: seconds)
  }

  private static func waitSeconds(_ request: HTTPRequest) -> Int {
    guard request.query != nil,
      let text = request.target.queryItems?.first(where: { $0.name == "wait" })?.value,
      text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let seconds = Int(text)
    else { return 0 }
    return min(seconds, SyncLimits.waitSecondsMax)
  }

  static func problem(_ error: any Error, at site: SiteCode) -> SyncReply {
    let refusal = Refusal.of(error, directory: site.text)
    // A disk that fails is for the operator of this node: the caller's can do nothing but wait.
    let passing: [Reason] = [.diskFull, .storeBusy, .ioError, .readOnly]
    return .problem(
      passing.contains(refusal.reason) ? .retryLater : .operatorNeeded,
      detail: refusal.message(.en), retryAfterSeconds: 30)
  }

  static func response(_ reply: SyncReply, etag: String?) -> HTTPResponse {
    switch reply {
    case .ok(let body, let etag):
      var response = HTTPResponse(
        status: 200, contentType: SyncChannel.contentType, body: body)
      if let etag { response.fields.append("ETag", etag) }
      return response
    case .notModified:
      var response = HTTPResponse(status: 304)
      if let etag { response.fields.append("ETag", etag) }
      return response
    case .problem(let problem, let detail, let retryAfter):
      let (kind, status): (ProblemDetails.Class, Int) =
        switch problem {
        case .retryLater: (.retryLater, 503)
        case .reauth: (.reauth, 401)
        case .rebaseRequired: (.rebaseRequired, 409)
        case .itemRejected: (.itemRejected, 422)
        case .incompatible: (.incompatible, 400)
        case .operatorNeeded: (.operatorNeeded, 403)
        }
      return ProblemDetails(
        kind, status: status, title: HTTPResponse.reason(status), detail: detail,
        retryAfter: retryAfter
      ).response
    }
  }

  func sign(
    _ response: consuming HTTPResponse, to request: HTTPRequest, _ caller: Gatekeeper.Caller
  ) -> HTTPResponse {
    let signer = ResponseSigner(
      keyID: node.site.text, key: caller.key, algorithm: caller.algorithm)
    do {
      try signer.sign(&response, to: request, created: node.ports.now() / 1000)
    } catch {
      return Gatekeeper.refusal
    }
    return response
  }
}
