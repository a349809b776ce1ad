import Bytes
import HTTPCore
import Replication
import Storage
import SyncProtocol

extension Node {
  /// Agrees with the upstream on another key, under the signature of the present one. The nonce is
  /// kept until the new key is: after a lost answer or a crash the same call finishes what was
  /// begun. It limits how long a key is used; whoever has the present key learns the next, so a key
  /// that is known to others is replaced by `rekey`.
  package func rotateKey(by act: AuditEvent? = nil) throws -> SiteCode {
    try withSession {
      let channel = try channel(over: network)
      let nonce = try keys.change { file in
        let nonce = file.rotation ?? Hex.encode(ports.random(EnrolRequest.nonceOctets))
        file.rotation = nonce
        return Hex.decode(nonce) ?? []
      }
      let response = try agree(nonce, over: channel)
      try store.write { transaction in
        var event = act ?? AuditEvent(.key, operation: "key rotate")
        event.subject = channel.site.text
        transaction.attribute(to: event, .always)
      }
      let key = KeyResponse.key(
        after: channel.key, nonce, response.nonce, of: site, at: channel.site)
      try keys.change { file in
        file.upstream = KeyFile.LinkKey(site: channel.site.text, key: Hex.encode(key))
        file.rotation = nil
      }
      // Its first use ends the time of the old one; where this is lost, the next session does it.
      _ = try self.channel(over: network).send(SyncCall(.link))
      return channel.site
    }
  }

  private func agree(_ nonce: [UInt8], over channel: SyncChannel) throws -> KeyResponse {
    let url = channel.url
    let request = url.request(
      .post, "/sync/v1/key", fields: ["Content-Type": SyncChannel.contentType],
      body: KeyRequest(nonce: nonce).body)
    switch channel.exchange(request) {
    case .failure(let failure): throw refusal(for: failure, url)
    case .success(let answer) where answer.status == 200: return try KeyResponse(answer.body)
    case .success(let answer):
      guard let problem = ProblemDetails(answer),
        let kind = SyncProblem(rawValue: problem.problemClass.rawValue)
      else { throw Refusal(.incompatible, url.description, "HTTP \(answer.status)") }
      throw refusal(for: .problem(kind, problem.detail ?? problem.title), url)
    }
  }
}
