import SiteGroup
import Testing

@Suite struct `Sync windows` {
  /// 2026-03-01T00:00:00Z.
  private let march = `Sync schedules`.march

  /// Hours after the beginning of March, UTC; the offset; whether it is open, hours to the next.
  @Test(
    arguments: [
      (["22:00-06:00"], 21.99, 0, false, 0.01), (["22:00-06:00"], 22.0, 0, true, 24.0),
      (["22:00-06:00"], 5.99, 0, true, 16.01), (["22:00-06:00"], 6.0, 0, false, 16.0),
      (["22:00-06:00"], 14.0, 480, true, 24.0), (["22:00-06:00"], 22.0, 480, false, 16.0),
      (["12:00-13:00", "22:00-24:00"], 12.5, 0, true, 9.5),
      (["12:00-13:00", "22:00-24:00"], 0.0, 0, false, 12.0),
      (["12:00-13:00", "22:00-24:00"], 23.5, 0, true, 12.5),
      (["00:00-24:00"], 3.0, 0, true, 21.0), (["08:00-07:59"], 7.99, 0, false, 0.01),
      (["22:00-06:00"], -1.0, 0, true, 23.0),
    ] as [([String], Double, Int, Bool, Double)])
  func `are open and open again at times of the node's own day`(
    _ texts: [String], _ hours: Double, _ offset: Int, _ isOpen: Bool, _ wait: Double
  ) throws {
    let window = try SyncWindow(texts)
    let time = march + Int64((hours * 3600).rounded()) * 1000
    #expect(window.isOpen(at: time, offsetMinutes: offset) == isOpen)
    let next = window.nextOpening(after: time, offsetMinutes: offset)
    #expect(next == time + Int64((wait * 3600).rounded()) * 1000)
    #expect(window.isOpen(at: next, offsetMinutes: offset))
  }

  @Test(
    arguments: [
      [], [""], ["22:00"], ["22:00-22:00"], ["22:00-25:00"], ["24:00-06:00"], ["22:60-06:00"],
      ["2:00-6:00"], ["22:00-06:00 "], ["22:00–06:00"], ["22:00-06:00", "x"], ["-1:00-06:00"],
    ])
  func `are refused where they are none`(_ texts: [String]) {
    #expect(throws: SyncScheduleFault.self) { try SyncWindow(texts) }
  }
}
