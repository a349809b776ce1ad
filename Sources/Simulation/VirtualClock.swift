import Replication
import Storage

/// The time of the simulated world, and how far each site's own clock is off. Milliseconds UTC.
final class VirtualClock: Sendable {
  static let start: Int64 = 1_700_000_000_000

  private struct State {
    var now = VirtualClock.start
    var skew: [SiteCode: Int64] = [:]
  }

  private let state = Lock(State())

  var now: Int64 { state.withLock { $0.now } }

  func now(at site: SiteCode) -> Int64 { state.withLock { $0.now + ($0.skew[site] ?? 0) } }

  func advance(_ milliseconds: Int64) { state.withLock { $0.now += milliseconds } }

  func setSkew(_ milliseconds: Int64?, at site: SiteCode) {
    state.withLock { $0.skew[site] = milliseconds }
  }

  /// Sites whose clocks are wrong, sorted.
  var skewed: [SiteCode] { state.withLock { $0.skew.keys.sorted() } }
}
