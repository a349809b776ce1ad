import Bytes
import HTTPCore
import Library
import Replication
import SiteGroup
import Storage
import SyncProtocol

extension Node {
  /// How long a token may be redeemed.
  package static let tokenMilliseconds: Int64 = 24 * 3_600_000

  /// A new single-use token for a site below; an unknown code becomes a site of the registry.
  package func issueToken(
    for child: SiteCode, by act: AuditEvent? = nil
  ) throws -> (token: String, expiresAt: Int64) {
    guard child != site else { throw Refusal(.badValue, "CODE", child.text, "another site's code") }
    if let parent = try store.read({ _ in library.directory.tree.parent(of: child) }),
      parent != site
    {
      throw Refusal(.notOwner, child.text, parent.text)
    }
    if try store.read({ _ in library.directory.tree.sites[child]?.state }) == .retired {
      throw Refusal(.siteRetired, child.text)
    }
    let token = Base32.encode(ports.random(20))
    let expiresAt = ports.now() + Node.tokenMilliseconds
    // Told first: a token that nobody knows of must not be.
    try store.write { transaction in
      transaction.attribute(
        to: act ?? AuditEvent(.key, operation: "site token", subject: child.text), .always)
      if library.directory.tree.sites[child] == nil {
        try transaction.write(
          SiteRecord.register(child, name: nil, kind: nil, state: .expected, by: site))
      }
    }
    try keys.change { file in
      file.tokens.removeAll { $0.expiresAt < ports.now() }
      file.tokens.append(
        KeyFile.Token(
          site: child.text, secret: Hex.encode(Node.secret(of: token)), expiresAt: expiresAt,
          used: nil))
    }
    return (token, expiresAt)
  }

  /// A new token for a child that has a key; earlier tokens of it are void. The present key holds
  /// until the token is redeemed, or is void `now`.
  package func rekey(
    _ child: SiteCode, isNow: Bool, by act: AuditEvent? = nil
  ) throws -> (token: String, expiresAt: Int64) {
    try keys.change { file in
      file.tokens.removeAll { $0.site == child.text }
      if isNow { file.children.removeAll { $0.site == child.text } }
    }
    // Who waits here with the old key has waited long enough.
    if isNow { store.announce([child]) }
    return try issueToken(for: child, by: act)
  }

  private static func secret(of token: String) -> [UInt8] {
    DigestAlgorithm.sha256.digest(Array(token.utf8)).bytes
  }

  /// Redeems a token at the upstream; answers the upstream's code. The nonce is kept, so that after
  /// a lost reply or a crash the same call finishes what was begun.
  package func enrol(token: String, by act: AuditEvent? = nil) throws -> SiteCode {
    guard let url = settings.upstream else { throw Refusal(.noUpstream) }
    let normalized = token.utf8.filter { $0 > 0x20 }.map {
      $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0)
    }
    let secret = Node.secret(of: String(decoding: normalized, as: UTF8.self))
    let attempt = try keys.change { file in
      if let attempt = file.attempt, attempt.secret == Hex.encode(secret) { return attempt }
      let attempt = KeyFile.Attempt(
        secret: Hex.encode(secret), nonce: Hex.encode(ports.random(EnrolRequest.nonceOctets)))
      file.attempt = attempt
      return attempt
    }
    let profile = try profile()
    let request = EnrolRequest(
      code: site, name: profile.name, kind: profile.kind.rawValue,
      nonce: Hex.decode(attempt.nonce) ?? [], secret: secret)
    let response = try redeem(request, at: url, secret)
    try adopt(response.algorithm)
    try keys.change { file in
      file.upstream = KeyFile.LinkKey(
        site: response.code.text, key: Hex.encode(response.key(secret, to: request)))
      file.attempt = nil
      file.rotation = nil
    }
    try store.write { transaction in
      var event = act ?? AuditEvent(.key, operation: "enrol")
      event.subject = response.code.text
      transaction.attribute(to: event, .always)
      let known = try transaction.upstreamLink()
      if known == nil { try join(response.code, in: transaction) }
      if let known {
        try transaction.change(known.id) { link in
          (link.failures, link.dueAt, link.lastError) = (0, nil, nil)
        }
      }
    }
    return response.code
  }

  private func redeem(
    _ request: EnrolRequest, at url: BaseURL, _ secret: [UInt8]
  ) throws -> EnrolResponse {
    let http = url.request(
      .post, "/sync/v1/enrol", fields: ["Content-Type": SyncChannel.contentType],
      body: request.body)
    let answer: HTTPResponse
    do {
      answer = try network.transport(to: url).exchange(http, readMilliseconds: nil)
    } catch {
      throw Refusal(.unreachable, url.description, error.words)
    }
    guard answer.status == 200 else {
      if answer.status == 404 { throw Refusal(.noNodeThere, url.description) }
      switch ProblemDetails(answer)?.problemClass {
      case .reauth: throw Refusal(.tokenInvalid, site.text)
      case .retryLater: throw Refusal(.retryLater, url.description)
      default: throw Refusal(.incompatible, url.description, "HTTP \(answer.status)")
      }
    }
    let response = try EnrolResponse(answer.body)
    guard response.isProved(by: secret, to: request) else {
      throw Refusal(.tokenInvalid, site.text)
    }
    if let known = try store.read({ try $0.upstreamLink() }), known.peer != response.code {
      throw Refusal(.alreadyEnrolled, known.peer.text)
    }
    return response
  }

  /// The digest algorithm of the tree is learnt here.
  private func adopt(_ name: String) throws {
    guard let algorithm = DigestAlgorithm(name: name) else {
      throw Refusal(.incompatible, name)
    }
    if algorithm != store.identity.algorithm { try store.adopt(algorithm) }
  }
}
