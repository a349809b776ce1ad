import Replication
import Storage

/// What one child may ask for in a minute, and have in all; nil is not bounded.
package struct SiteLimits: Sendable, Equatable {
  package var requestsPerMinute: Int64?
  /// Octets of content, both ways.
  package var bytesPerMinute: Int64?
  /// Records pushed.
  package var recordsPerMinute: Int64?
  /// What it may have here in all.
  package var quota: SiteQuota

  package init(
    requestsPerMinute: Int64? = nil, bytesPerMinute: Int64? = nil, recordsPerMinute: Int64? = nil,
    quota: SiteQuota = SiteQuota()
  ) {
    self.requestsPerMinute = requestsPerMinute
    self.bytesPerMinute = bytesPerMinute
    self.recordsPerMinute = recordsPerMinute
    self.quota = quota
  }

  /// No bound may be greater: the accounts' arithmetic stays within 64 bits.
  package static let perMinuteMax: Int64 = 1 << 40

  fileprivate var all: [Int64?] { [requestsPerMinute, bytesPerMinute, recordsPerMinute] }
}

/// What each child has used of its allowance, in memory. A minute's worth may be used at once; it
/// comes back evenly. What a request costs is known only behind it, so an account may be overdrawn:
/// then the child waits until it is not.
final class SiteAllowance: Sendable {
  struct Cost {
    var requests: Int64 = 1
    var bytes: Int64 = 0
    var records: Int64 = 0

    fileprivate var all: [Int64] { [requests, bytes, records] }
  }

  let limits: SiteLimits
  private let accounts: Lock<[SiteCode: Account]> = Lock([:])

  private struct Account {
    /// By resource, sixty thousandths of one: a millisecond gives back its limit in these.
    var used: [Int64] = [0, 0, 0]
    var at: Int64
  }

  private static let units: Int64 = 60_000
  private static let costMax: Int64 = 1 << 42
  private static let pauseMillisecondsMax: Int64 = 3_600_000

  init(_ limits: SiteLimits) {
    precondition(limits.all.allSatisfy { ($0 ?? 1) > 0 && ($0 ?? 1) <= SiteLimits.perMinuteMax })
    self.limits = limits
  }

  /// Whether records are counted: they must be read for that.
  var countsRecords: Bool { limits.recordsPerMinute != nil }

  /// In how many seconds the site may come again; nil where it may go on now.
  func waitSeconds(_ site: SiteCode, now: Int64) -> Int? {
    guard isBounded else { return nil }
    let account = accounts.withLock { accounts in
      let account = refilled(accounts[site], now)
      accounts[site] = account
      return account
    }
    let waits = zip(limits.all, account.used).compactMap { limit, used -> Int64? in
      guard let limit, used >= limit * Self.units else { return nil }
      let milliseconds = (used - limit * Self.units) / limit
      return milliseconds / 1000 + 1
    }
    return waits.max().map { Int(min($0, Self.pauseMillisecondsMax / 1000)) }
  }

  func charge(_ site: SiteCode, _ cost: Cost, now: Int64) {
    guard isBounded else { return }
    accounts.withLock { accounts in
      var account = refilled(accounts[site], now)
      for (place, one) in cost.all.enumerated() where limits.all[place] != nil {
        let most = SiteLimits.perMinuteMax * 2 * Self.units
        account.used[place] = min(most, account.used[place] + min(one, Self.costMax) * Self.units)
      }
      accounts[site] = account
    }
  }

  private var isBounded: Bool { limits.all.contains { $0 != nil } }

  private func refilled(_ account: Account?, _ now: Int64) -> Account {
    guard var account else { return Account(at: now) }
    // A clock set back gives nothing back.
    let passed = min(max(0, now - account.at), Self.pauseMillisecondsMax)
    for (place, limit) in limits.all.enumerated() {
      account.used[place] = max(0, account.used[place] - passed * (limit ?? 0))
    }
    account.at = now
    return account
  }
}
