import Commands
import NodeCore
import SiteGroup
import Testing

@Suite struct `Configuration files` {
  private func read(_ text: String) throws -> Configuration {
    try Configuration(text, path: "c.json5", language: .en)
  }

  @Test func `an empty object leaves everything as it is by default`() throws {
    #expect(try read("{}") == Configuration())
  }

  @Test func `every key is read`() throws {
    let configuration = try read(
      """
      { listen: '[::1]:9000', upstream: 'http://10.0.0.1:8700', schedule: '*/5 * * * *',
        jitter: '5s', watch: false, time_zone: '-03:30', repost: 'manual',
        blob_bytes_per_second: 65536 }
      """)
    var expected = Configuration()
    expected.listen = "[::1]:9000"
    expected.upstream = "http://10.0.0.1:8700"
    expected.schedule = try SyncSchedule("*/5 * * * *")
    expected.jitterMilliseconds = 5000
    expected.watch = false
    expected.timeZoneMinutes = -210
    expected.repost = .manual
    expected.blobBytesPerSecond = 65_536
    #expect(configuration == expected)
  }

  @Test func `an unknown key is refused with its place and the nearest known one`() {
    #expect(throws: Refusal(.configUnknownKey, "shedule", "c.json5:2:2", "schedule")) {
      try read("{\n shedule: '5m'}")
    }
  }

  @Test(arguments: [
    ("{schedule: 'often'}", "1:12"), ("{schedule: 5}", "1:12"), ("{watch: 'yes'}", "1:9"),
    ("{time_zone: '8'}", "1:13"), ("{time_zone: '+08:60'}", "1:13"), ("{repost: 'no'}", "1:10"),
    ("{listen: null}", "1:10"), ("{jitter: '2d'}", "1:10"), ("[]", "1:1"), ("{", "1:2"),
  ])
  func `a wrong value is refused with its place`(_ text: String, _ place: String) {
    let refusal = #expect(throws: Refusal.self) { try read(text) }
    #expect(refusal?.reason == .configInvalid)
    #expect(refusal?.details.first?.hasPrefix(place + ": ") == true)
  }
}
