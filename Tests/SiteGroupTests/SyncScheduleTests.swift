import SiteGroup
import Testing

@Suite struct `Sync schedules` {
  /// 2026-03-01T00:00:00Z, a Sunday.
  static let march: Int64 = 1_772_323_200_000

  @Test(
    arguments: [
      ("90s", 90_000), ("15m", 900_000), ("1h30m", 5_400_000), ("1d", 86_400_000),
      ("1m500ms", 60_500),
    ] as [(String, Int64)])
  func `an interval counts from the last time`(_ text: String, _ milliseconds: Int64) throws {
    let schedule = try SyncSchedule(text)
    #expect(schedule.next(after: 7, offsetMinutes: 480) == 7 + milliseconds)
  }

  /// Minutes after the beginning of March at the offset.
  @Test(
    arguments: [
      ("* * * * *", 0, 1),
      ("*/15 * * * *", 0, 15),
      ("0 8 * * *", 0, 8 * 60),
      ("0 8 * * *", 480, 24 * 60),
      ("30 7 * * *", 480, 23 * 60 + 30),
      ("0 0 1 * *", 0, 31 * 1440),
      ("0 9 * * mon-fri", 0, 1440 + 9 * 60),
      ("0 9 * * 7", 0, 9 * 60),
      ("5,10-12 0 * * *", 0, 5),
      ("0 0 15 * fri", 0, 5 * 1440),
      ("0 0 */2 * mon", 0, 8 * 1440),
      ("59 23 31 dec *", 0, 306 * 1440 - 1),
      ("7/20 * * * *", 0, 7),
    ] as [(String, Int, Int64)])
  func `cron fields are matched at the offset`(
    _ text: String, _ offset: Int, _ minutes: Int64
  ) throws {
    let schedule = try SyncSchedule(text)
    let next = schedule.next(after: Self.march, offsetMinutes: offset)
    #expect(next == Self.march + minutes * 60_000)
  }

  @Test func `the leap day comes every four years, but not in 2100`() throws {
    let schedule = try SyncSchedule("0 0 29 2 *")
    let first = try #require(schedule.next(after: Self.march, offsetMinutes: 0))
    #expect(first == 1_835_395_200_000)
    // From 2096-02-29 on.
    let later = schedule.next(after: 3_981_312_000_000, offsetMinutes: 0)
    #expect(later == 4_233_686_400_000)
  }

  @Test func `a matching minute is never given twice`() throws {
    let schedule = try SyncSchedule("*/5 * * * *")
    var time = Self.march - 1
    for step in 0..<20 {
      time = try #require(schedule.next(after: time, offsetMinutes: 480))
      #expect(time == Self.march + Int64(step) * 300_000)
    }
  }

  @Test(arguments: [
    "", "15", "m", "0s", "1m1h", "1m1m", "-5m", "1.5h", "99999999999d", "60d", "５m", "* * * *",
    "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
    "*/0 * * * *", "5-1 * * * *", "a * * * *", "1,,2 * * * *", "0 0 30 2 *", "0 0 31 4,6 *",
    "1-2-3 * * * *", "*/2/2 * * * *", "+5 * * * *",
  ])
  func `what is no schedule is refused`(_ text: String) {
    #expect(throws: SyncScheduleFault.self) { try SyncSchedule(text) }
  }
}

@Suite struct `Sync plans` {
  private let plan = SyncPlan(
    schedule: .every(milliseconds: 3_600_000), jitterMilliseconds: 30_000, offsetMinutes: 480)

  @Test func `success waits for the schedule and a random part of the jitter`() {
    #expect(plan.due(after: 1000, chance: 0) == 3_601_000)
    #expect(plan.due(after: 1000, chance: 0.5) == 3_616_000)
  }

  @Test(arguments: [(1, 2500), (2, 5000), (3, 10_000), (9, 450_000), (4_000_000_000, 450_000)])
  func `failures back off to a bound`(_ failures: Int64, _ delay: Int64) {
    #expect(plan.retry(after: 7, failures: failures, chance: 0) == 7 + delay)
    #expect(plan.retry(after: 7, failures: failures, chance: 0.99) < 7 + 2 * delay)
  }

  @Test func `a back-off is never later than the schedule, nor sooner than the peer asked`() {
    let often = SyncPlan(
      schedule: .every(milliseconds: 10_000), jitterMilliseconds: 0, offsetMinutes: 0)
    #expect(often.retry(after: 0, failures: 9, chance: 0.9) == 10_000)
    #expect(plan.retry(after: 0, failures: 1, askedMilliseconds: 60_000, chance: 0) == 60_000)
    #expect(plan.retry(after: 0, failures: 1, askedMilliseconds: .max, chance: 0) == 3_600_000)
  }
}
