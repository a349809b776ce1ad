/// Decides what a node's loop does next. Pure: knows no clock, holds no thread.
struct SyncRhythm: Sendable {
  enum Step: Sendable, Equatable {
    /// A session with the upstream, now.
    case session
    /// A long poll at the upstream.
    case watch(milliseconds: Int64)
    case wait(milliseconds: Int64)
  }

  /// Whether the last session ended well: else only the back-off that the node keeps counts.
  private var isHealthy = true
  private var sessionFailures = 0
  private var sessionNotBefore = Int64.min
  private var watchFailures = 0
  private var watchNotBefore = Int64.min

  /// `due` is nil where there is nothing to sync with.
  func step(due: Int64?, now: Int64, hasNews: Bool, watches: Bool) -> Step {
    guard let due else { return .wait(milliseconds: SyncRhythm.waitMillisecondsMax) }
    // Where not even the back-off could be kept, the disk being full, it is due all the time.
    if due <= now, isWithin(sessionNotBefore, now) {
      return .wait(milliseconds: min(sessionNotBefore - now, SyncRhythm.waitMillisecondsMax))
    }
    if due <= now || (hasNews && isHealthy) { return .session }
    let delay = due - now
    guard watches, isHealthy else {
      return .wait(milliseconds: min(delay, SyncRhythm.waitMillisecondsMax))
    }
    if isWithin(watchNotBefore, now) {
      let pause = min(delay, watchNotBefore - now)
      return .wait(milliseconds: min(pause, SyncRhythm.waitMillisecondsMax))
    }
    return .watch(milliseconds: min(delay, SyncRhythm.watchMillisecondsMax))
  }

  /// A pause longer than any is one that the clock, since set back, began.
  private func isWithin(_ pauseEnd: Int64, _ now: Int64) -> Bool {
    pauseEnd > now && pauseEnd - now <= SyncRhythm.pauseMillisecondsMax
  }

  mutating func sessionEnded(well: Bool, now: Int64) {
    isHealthy = well
    sessionFailures = well ? 0 : sessionFailures + 1
    let doublings = Int64(min(sessionFailures - 1, SyncRhythm.pauseDoublingsMax))
    sessionNotBefore = well ? .min : now + SyncRhythm.failureMillisecondsMin << doublings
  }

  mutating func watchEnded(
    well: Bool, askedMilliseconds: Int64 = 0, now: Int64, chance: Double
  ) {
    watchFailures = well ? 0 : watchFailures + 1
    guard !well else { return }
    let doublings = Int64(min(watchFailures - 1, SyncRhythm.pauseDoublingsMax))
    let whole = SyncRhythm.pauseMillisecondsMin << doublings
    let pause = whole / 2 + Int64(Double(whole / 2) * chance)
    watchNotBefore = now + min(max(pause, askedMilliseconds), SyncRhythm.pauseMillisecondsMax)
  }

  /// The clock may be set meanwhile, and links are added: look again after this.
  static let waitMillisecondsMax: Int64 = 10_000
  static let watchMillisecondsMax: Int64 = 50_000
  static let failureMillisecondsMin: Int64 = 1000
  static let pauseMillisecondsMin: Int64 = 4000
  static let pauseDoublingsMax = 6
  static let pauseMillisecondsMax = pauseMillisecondsMin << Int64(pauseDoublingsMax)
}
