import HTTPCore
import Replication
import Storage
import SyncProtocol

extension SyncEndpoint {
  /// `POST /sync/v1/key`.
  func key(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == .post else { return SyncEndpoint.notAllowed("POST") }
    guard
      let caller = gatekeeper.admit(
        request, nowMilliseconds: node.ports.now(),
        algorithm: SignatureAlgorithm(node.store.identity.algorithm))
    else {
      node.noteRefusedRequest(request, "key")
      return Gatekeeper.refusal
    }
    let now = node.ports.now()
    if let barred = barred(caller, "key", now) { return sign(barred, to: request, caller) }
    do throws(HTTPFault) {
      let content = try SyncEndpoint.content(of: request)
      allowance.charge(caller.site, SiteAllowance.Cost(bytes: Int64(content.count)), now: now)
      return sign(KeyDesk(node: node).answer(content, from: caller), to: request, caller)
    } catch {
      return sign(ContentCoding.refusal(error), to: request, caller)
    }
  }
}
