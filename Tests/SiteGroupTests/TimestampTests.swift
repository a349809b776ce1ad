import SiteGroup
import Testing

@Suite struct `Moments as text` {
  @Test(
    arguments: [
      ("2023-01-17T09:00:00+08:00", "2023-01-17T09:00:00+08:00"),
      ("2023-01-17 09:00", "2023-01-17T09:00:00+08:00"),
      ("2023-01-17", "2023-01-17T00:00:00+08:00"),
      ("2023-01-17T01:00:00Z", "2023-01-17T09:00:00+08:00"),
      ("2020-02-29T23:59:59.5-03:30", "2020-03-01T11:29:59.500+08:00"),
      ("2024-01-01T00:00:00.123456+0800", "2024-01-01T00:00:00.123+08:00"),
      ("1969-07-20", "1969-07-20T00:00:00+08:00"),
    ])
  func `are read with and without offset, and written with it`(_ text: String, _ shown: String) {
    let time = Timestamp.parse(text, offsetMinutes: 480)
    #expect(time.map { Timestamp.format($0, offsetMinutes: 480) } == shown)
  }

  @Test(
    arguments: [
      "", "2023", "2023-1-17", "2023-02-29", "2023-13-01", "2023-01-17T", "2023-01-17T25:00",
      "2023-01-17T09:00:00+8", "2023-01-17T09:00:00.+08:00", "昨天", "２０２３-01-17",
      "2023-01-17T09:00:00 +08:00x", "+023-01-17",
    ])
  func `that are none are refused`(_ text: String) {
    #expect(Timestamp.parse(text, offsetMinutes: 480) == nil)
  }

  @Test func `every day of four centuries reads back`() {
    var day = Timestamp.days(1800, 1, 1)
    let end = Timestamp.days(2200, 1, 1)
    while day < end {
      let (year, month, date) = Timestamp.civil(day)
      #expect(Timestamp.days(year, month, date) == day)
      day += 1
    }
    #expect(Timestamp.days(1970, 1, 1) == 0)
  }
}
