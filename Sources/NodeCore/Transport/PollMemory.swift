import Replication
import Storage

/// What children that were in step were last told: a poll that asks the same again is answered from
/// memory, without the store. It holds until the store changes, and no longer than a minute, so
/// that who polls is still noted as seen.
final class PollMemory: Sendable {
  static let holdsMilliseconds: Int64 = 60_000

  private struct Answer {
    /// In octets: strings are equal that are not the same.
    let etag: [UInt8]
    let revision: Int
    let until: Int64
  }

  private let answers: Lock<[SiteCode: Answer]> = Lock([:])

  /// The child was told that its ETag is the present one. `revision`: the store's, read before it
  /// was asked.
  func note(_ site: SiteCode, _ etag: String, revision: Int, now: Int64) {
    let answer = Answer(
      etag: Array(etag.utf8), revision: revision, until: now + Self.holdsMilliseconds)
    answers.withLock { $0[site] = answer }
  }

  /// Whether the child would be told so again.
  func holds(_ site: SiteCode, _ etag: String, revision: Int, now: Int64) -> Bool {
    guard let answer = answers.withLock({ $0[site] }) else { return false }
    // A clock that was set back must not make it last.
    let left = answer.until - now
    return answer.revision == revision && left > 0 && left <= Self.holdsMilliseconds
      && answer.etag == Array(etag.utf8)
  }
}
