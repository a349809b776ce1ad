import Replication
import Storage

/// Slows a child down that asks far more often than any session does, so that a node gone wild
/// leaves the others their time also where nobody has set an allowance. Nothing is refused: the
/// answer goes out later, and the connection waits without a thread.
final class SitePace: Sendable {
  /// Requests that do work, of one child; polls that find nothing new are not counted.
  static let requestsPerSecond: Int64 = 1_000
  /// What may come at once.
  static let requestsAtOnce: Int64 = 1_000
  private static let delayMillisecondsMax: Int64 = 1_000

  /// How much has been used of what may come at once, in thousandths of a request: a millisecond
  /// gives back as many as may come in a second.
  private struct Account {
    var used: Int64 = 0
    var at: Int64
  }

  private let accounts: Lock<[SiteCode: Account]> = Lock([:])

  /// Counts one request; how many milliseconds its answer is to wait.
  func delay(_ site: SiteCode, now: Int64) -> Int {
    let used = accounts.withLock { accounts in
      var account = accounts[site] ?? Account(at: now)
      // A clock set back gives nothing back.
      let passed = min(max(0, now - account.at), 1 << 20)
      account.used = max(0, account.used - passed * Self.requestsPerSecond) + 1_000
      account.at = now
      // Who never heeds it must not owe more and more.
      let most = Self.requestsAtOnce * 1_000 + Self.delayMillisecondsMax * Self.requestsPerSecond
      account.used = min(account.used, most)
      accounts[site] = account
      return account.used
    }
    let owed = used - Self.requestsAtOnce * 1_000
    return owed <= 0 ? 0 : Int((owed + Self.requestsPerSecond - 1) / Self.requestsPerSecond)
  }
}
