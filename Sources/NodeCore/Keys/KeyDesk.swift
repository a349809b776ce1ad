import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol

/// The parent's end of a change of keys. The next key holds beside the present one from here on;
/// once it has been used, the earlier holds for `KeyRing.overlapMilliseconds` and then is void.
struct KeyDesk {
  let node: Node

  /// Only the present key agrees on another: one that is passing away would outlive itself.
  func answer(_ body: [UInt8], from caller: Gatekeeper.Caller) -> HTTPResponse {
    do {
      let request = try KeyRequest(body)
      guard let nonce = try agree(request, caller) else { return Gatekeeper.refusal }
      return HTTPResponse(
        status: 200, contentType: SyncChannel.contentType,
        body: KeyResponse(time: node.ports.now(), nonce: nonce).body)
    } catch let error as Malformed {
      return ProblemDetails(
        .incompatible, status: 400, title: "not a change of keys", detail: error.what
      ).response
    } catch {
      return ProblemDetails(
        .retryLater, status: 503, title: "the key could not be kept", retryAfter: 30
      ).response
    }
  }

  /// The server's nonce; the same for the client's same nonce, whose answer may have been lost.
  private func agree(_ request: KeyRequest, _ caller: Gatekeeper.Caller) throws -> [UInt8]? {
    let clientNonce = Hex.encode(request.nonce)
    let known = node.keys.read { file in
      file.children.first { $0.site == caller.site.text }?.next
    }
    if let known, known.clientNonce == clientNonce { return Hex.decode(known.serverNonce) }
    try node.store.write { transaction in
      transaction.attribute(
        to: AuditEvent(.key, site: caller.site.text, operation: "key rotate"), .always)
    }
    let nonce = node.ports.random(EnrolRequest.nonceOctets)
    return try node.keys.change { file in
      guard let place = file.children.firstIndex(where: { $0.site == caller.site.text }),
        file.children[place].key == Hex.encode(caller.key)
      else { return nil }
      let key = KeyResponse.key(
        after: caller.key, request.nonce, nonce, of: caller.site, at: node.site)
      file.children[place].next = KeyFile.LinkKey.Next(
        key: Hex.encode(key), clientNonce: clientNonce, serverNonce: Hex.encode(nonce))
      return nonce
    }
  }
}
