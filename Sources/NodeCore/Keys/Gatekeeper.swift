import Bytes
import HTTPCore
import Replication
import Storage

/// Decides who is calling. Every refusal is the same answer, whatever was wrong.
struct Gatekeeper: Sendable {
  static let toleranceSeconds: Int64 = 300

  let keys: KeyRing
  let nonces = NonceMemory()
  /// What was created up to this second may be a replay: that in which this process began, or an
  /// earlier one where its clock was ahead then and has been corrected.
  private let startedSecond: Lock<Int64>

  init(keys: KeyRing, startedSecond: Int64) {
    self.keys = keys
    self.startedSecond = Lock(startedSecond)
  }

  struct Caller {
    let site: SiteCode
    let key: [UInt8]
    let algorithm: SignatureAlgorithm
  }

  /// The child that signed the request; nil where it is refused. `promotes`: whether a key that is
  /// used for the first time may be written down; where not, it is not known yet.
  func admit(
    _ request: HTTPRequest, nowMilliseconds: Int64, algorithm: SignatureAlgorithm,
    promotes: Bool = true
  ) -> Caller? {
    guard let signed = try? SignedRequest.parse(request), signed.algorithm == algorithm else {
      return nil
    }
    let site = SiteCode(signed.keyID)
    let held = site.map { keys.keys(ofChild: $0, now: nowMilliseconds) } ?? []
    // An unknown key costs as much as a known one.
    let known = held.isEmpty ? [KeyRing.Held(key: Gatekeeper.noKey, isNext: false)] : held
    let match = known.first { signed.verify(request, key: $0.key) }
    let now = nowMilliseconds / 1000
    let started = startedSecond.withLock { second in
      second = min(second, now)
      return second
    }
    guard !held.isEmpty, let match, let site, signed.created > started,
      signed.parameters.isCurrent(at: now, toleranceSeconds: Gatekeeper.toleranceSeconds)
    else { return nil }
    if request.method == .post || request.method == .put {
      let digest = DigestAlgorithm.sha256.digest(Array(signed.nonce.utf8))
      let until = signed.created + Gatekeeper.toleranceSeconds
      guard nonces.accept(digest.words.0, of: site, until: until, now: now) else { return nil }
    }
    if match.isNext {
      guard promotes else { return nil }
      // Where it cannot be kept now, the next request does it.
      try? keys.promote(site, now: nowMilliseconds)
    }
    return Caller(site: site, key: match.key, algorithm: algorithm)
  }

  private static let noKey = [UInt8](repeating: 0, count: 32)

  static let refusal = ProblemDetails(
    .reauth, status: 401, title: "the request is not signed as it must be"
  ).response
}
