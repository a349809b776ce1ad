import Replication
import Storage

/// Remembers, as 8-octet hashes, the nonces of requests with effects for as long as a signature
/// holds; bounded per key. Not kept over a restart: what was created up to the second of the start
/// is refused instead.
final class NonceMemory: Sendable {
  private struct Seen {
    var hashes: Set<UInt64> = []
    /// In the order of arrival, with the second after which each is forgotten.
    var queue: [(hash: UInt64, until: Int64)] = []
  }

  static let noncesMax = 20_000

  private let seen: Lock<[SiteCode: Seen]> = Lock([:])

  /// False where the nonce was seen, or the key has used too many.
  func accept(_ hash: UInt64, of site: SiteCode, until: Int64, now: Int64) -> Bool {
    seen.withLock { seen in
      var mine = seen[site] ?? Seen()
      // Far ahead are those of a clock that has been corrected since: no signature of theirs holds.
      let latest = now + 2 * Gatekeeper.toleranceSeconds
      let expired = mine.queue.prefix { $0.until < now || $0.until > latest }.count
      if expired > 0 {
        for one in mine.queue.prefix(expired) { mine.hashes.remove(one.hash) }
        mine.queue.removeFirst(expired)
      }
      let isNew = !mine.hashes.contains(hash) && mine.queue.count < NonceMemory.noncesMax
      if isNew {
        mine.hashes.insert(hash)
        mine.queue.append((hash, until))
      }
      seen[site] = mine
      return isNew
    }
  }
}
