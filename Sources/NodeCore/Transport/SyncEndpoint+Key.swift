import HTTPCore
import Replication
import Storage
import SyncProtocol

extension SyncEndpoint {
  /// `POST /sync/v1/key`.
  func key(_ request: HTTPRequest) -> Reply {
    guard request.method == .post else { return .respond(SyncEndpoint.notAllowed("POST")) }
    return admitting(request, "key") { caller, now in
      let response: HTTPResponse
      do throws(HTTPFault) {
        let content = try SyncEndpoint.content(of: request)
        allowance.charge(caller.site, SiteAllowance.Cost(bytes: Int64(content.count)), now: now)
        response = KeyDesk(node: node).answer(content, from: caller)
      } catch {
        response = ContentCoding.refusal(error)
      }
      return .respond(sign(response, to: request, caller))
    }
  }
}
