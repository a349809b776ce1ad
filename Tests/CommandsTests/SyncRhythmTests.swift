@testable import Commands
import Testing

@Suite struct `The rhythm of a node's loop` {
  private var rhythm = SyncRhythm()

  @Test func `without an upstream there is nothing to do but look again`() {
    let step = rhythm.step(due: nil, now: 0, hasNews: true, watches: true)
    #expect(step == .wait(milliseconds: 10_000))
  }

  @Test func `a due link syncs; another watches or waits`() {
    #expect(rhythm.step(due: 5, now: 5, hasNews: false, watches: true) == .session)
    #expect(
      rhythm.step(due: 3005, now: 5, hasNews: false, watches: true)
        == .watch(milliseconds: 3000))
    #expect(
      rhythm.step(due: .max, now: 5, hasNews: false, watches: true)
        == .watch(milliseconds: 50_000))
    #expect(
      rhythm.step(due: 3005, now: 5, hasNews: false, watches: false)
        == .wait(milliseconds: 3000))
    #expect(
      rhythm.step(due: 900_005, now: 5, hasNews: false, watches: false)
        == .wait(milliseconds: 10_000))
  }

  @Test mutating func `news syncs at once, but never past a back-off`() {
    #expect(rhythm.step(due: 9000, now: 5, hasNews: true, watches: true) == .session)
    rhythm.sessionEnded(well: false, now: 1000)
    #expect(
      rhythm.step(due: 9000, now: 1000, hasNews: true, watches: true)
        == .wait(milliseconds: 8000))
    #expect(rhythm.step(due: 9000, now: 9000, hasNews: true, watches: true) == .session)
    rhythm.sessionEnded(well: true, now: 9000)
    #expect(
      rhythm.step(due: 19_000, now: 9000, hasNews: false, watches: true)
        == .watch(milliseconds: 10_000))
  }

  @Test mutating func `a session that cannot even keep its back-off is not tried all the time`() {
    for pause in [1000, 2000, 4000] as [Int64] {
      rhythm.sessionEnded(well: false, now: 10)
      #expect(
        rhythm.step(due: 5, now: 10, hasNews: true, watches: true) == .wait(milliseconds: pause))
      #expect(rhythm.step(due: 5, now: 10 + pause, hasNews: false, watches: true) == .session)
    }
    // A clock that was ahead began the pause.
    rhythm.sessionEnded(well: false, now: 1 << 40)
    #expect(rhythm.step(due: 5, now: 10, hasNews: false, watches: true) == .session)
    rhythm.sessionEnded(well: true, now: 10)
    #expect(rhythm.step(due: 5, now: 10, hasNews: false, watches: true) == .session)
  }

  @Test mutating func `a failed watch pauses, longer each time, and syncs go on`() {
    rhythm.watchEnded(well: false, now: 0, chance: 0)
    #expect(
      rhythm.step(due: 60_000, now: 0, hasNews: false, watches: true)
        == .wait(milliseconds: 2000))
    #expect(rhythm.step(due: 60_000, now: 0, hasNews: true, watches: true) == .session)
    rhythm.watchEnded(well: false, now: 2000, chance: 0.5)
    #expect(
      rhythm.step(due: 60_000, now: 2000, hasNews: false, watches: true)
        == .wait(milliseconds: 6000))
    rhythm.watchEnded(well: true, now: 8000, chance: 0)
    #expect(
      rhythm.step(due: 60_000, now: 8000, hasNews: false, watches: true)
        == .watch(milliseconds: 50_000))
  }

  @Test mutating func `a pause that a clock began which was ahead does not outlast it`() {
    let ahead: Int64 = 315_360_000_000
    rhythm.watchEnded(well: false, now: ahead, chance: 0)
    #expect(
      rhythm.step(due: ahead + 60_000, now: ahead, hasNews: false, watches: true)
        == .wait(milliseconds: 2000))
    #expect(
      rhythm.step(due: 60_000, now: 0, hasNews: false, watches: true)
        == .watch(milliseconds: 50_000))
  }
}
