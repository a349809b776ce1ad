import Bytes
import HTTPCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// The parent's end of an enrolment: takes a single-use token's proof, gives the child its place.
struct EnrolmentDesk {
  private let node: Node

  init(_ node: Node) { self.node = node }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    do {
      let enrol = try EnrolRequest(try SyncEndpoint.content(of: request))
      guard let kind = SiteKind(rawValue: enrol.kind) else {
        throw Malformed("an unknown kind of site", at: 0)
      }
      guard let body = try admit(enrol, kind) else {
        node.noteRefusal(
          AuditEvent(.refusal, operation: "enrol", result: Reason.tokenInvalid.rawValue))
        return Gatekeeper.refusal
      }
      return HTTPResponse(status: 200, contentType: SyncChannel.contentType, body: body)
    } catch let fault as HTTPFault {
      return ContentCoding.refusal(fault)
    } catch let error as Malformed {
      return ProblemDetails(
        .incompatible, status: 400, title: "not an enrolment", detail: error.what
      ).response
    } catch {
      return ProblemDetails(
        .retryLater, status: 503, title: "the enrolment could not be kept", retryAfter: 30
      ).response
    }
  }

  /// Nil where no token proves it. The keys are on the disk before the child is in the registry, so
  /// that a child that asks again after a crash or a lost reply gets the same answer.
  private func admit(_ request: EnrolRequest, _ kind: SiteKind) throws -> [UInt8]? {
    guard request.code != node.site else { return nil }
    guard let (body, isFirstUse) = try redeem(request) else { return nil }
    let profile = NodeProfile(name: request.name, kind: kind)
    try node.store.write { transaction in
      transaction.attribute(
        to: AuditEvent(.key, site: request.code.text, operation: "enrol"),
        isFirstUse ? .always : .onRecords)
      try node.admit(request.code, as: profile, in: transaction)
    }
    return body
  }

  private func redeem(
    _ request: EnrolRequest
  ) throws -> (body: [UInt8], isFirstUse: Bool)? {
    let now = node.ports.now()
    let profile = try node.profile()
    let nonce = Hex.encode(request.nonce)
    return try node.keys.change { file in
      file.tokens.removeAll { $0.expiresAt < now }
      for place in file.tokens.indices where file.tokens[place].site == request.code.text {
        if let use = file.tokens[place].used {
          guard use.clientNonce == nonce, let proof = Hex.decode(use.requestProof),
            constantTimeEqual(proof, request.proof)
          else { continue }
          return Hex.decode(use.answer).map { ($0, false) }
        }
        guard let secret = file.tokens[place].secret.flatMap({ Hex.decode($0) }),
          request.isProved(by: secret)
        else { continue }
        let response = EnrolResponse(
          to: request, code: node.site, name: profile.name, kind: profile.kind.rawValue,
          algorithm: node.store.identity.algorithm.name,
          nonce: node.ports.random(EnrolRequest.nonceOctets), time: now, secret: secret)
        file.tokens[place].secret = nil
        file.tokens[place].used = KeyFile.Token.Use(
          clientNonce: nonce, requestProof: Hex.encode(request.proof),
          answer: Hex.encode(response.body))
        file.children.removeAll { $0.site == request.code.text }
        file.children.append(
          KeyFile.LinkKey(
            site: request.code.text, key: Hex.encode(response.key(secret, to: request))))
        return (response.body, true)
      }
      return nil
    }
  }
}
