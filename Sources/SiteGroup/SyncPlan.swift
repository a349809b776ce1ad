/// When a link is due again. Pure: the caller gives time and chance, and keeps the result durably,
/// so that a restart neither forgets a back-off nor starts a storm.
package struct SyncPlan: Sendable, Equatable {
  package let schedule: SyncSchedule
  package let jitterMilliseconds: Int64
  package let offsetMinutes: Int

  package init(schedule: SyncSchedule, jitterMilliseconds: Int64, offsetMinutes: Int) {
    self.schedule = schedule
    self.jitterMilliseconds = jitterMilliseconds
    self.offsetMinutes = offsetMinutes
  }

  /// After a session that ended well: the schedule's next time and up to the jitter. `chance` is
  /// in 0..<1.
  package func due(after now: Int64, chance: Double) -> Int64 {
    let next = schedule.next(after: now, offsetMinutes: offsetMinutes)
    return (next ?? now + SyncPlan.backOffMillisecondsMax)
      + Int64(Double(jitterMilliseconds) * chance)
  }

  /// After so many failures in a row (from 1): five seconds, doubled each time up to fifteen
  /// minutes, of which a random half; never later than the schedule, never sooner than the peer
  /// asked.
  package func retry(
    after now: Int64, failures: Int64, askedMilliseconds: Int64 = 0, chance: Double
  ) -> Int64 {
    let doublings = min(max(failures - 1, 0), 20)
    let whole = min(SyncPlan.backOffMillisecondsMin << doublings, SyncPlan.backOffMillisecondsMax)
    let delay = whole / 2 + Int64(Double(whole / 2) * chance)
    let asked = min(max(askedMilliseconds, 0), SyncPlan.askedMillisecondsMax)
    return now + max(asked, min(delay, due(after: now, chance: chance) - now))
  }

  static let backOffMillisecondsMin: Int64 = 5000
  static let backOffMillisecondsMax: Int64 = 15 * 60_000
  /// The longest that a peer is left alone because it asked for that.
  package static let askedMillisecondsMax: Int64 = 3_600_000
}
