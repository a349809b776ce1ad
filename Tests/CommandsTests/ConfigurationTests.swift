import Commands
import HTTPCore
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
        blob_bytes_per_second: 65536, tls: { ca_file: 'ca.pem' }, bytes_per_second: 8192,
        limits: { requests_per_minute: 600, bytes_per_minute: null, records_total: 5, bytes_total: 6,
          blobs_total: 7, blob_bytes_total: 8 },
        window: ['12:00-13:00', '22:00-06:00'],
        pages: { directory: '/srv/www', url: 'https://a.example/b', id_code: '3604230001',
          check_every: '10m' } }
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
    expected.certificatesFile = "ca.pem"
    expected.siteLimits.requestsPerMinute = 600
    expected.siteLimits.quota = SiteQuota(records: 5, octets: 6, blobs: 7, blobOctets: 8)
    expected.bytesPerSecond = 8192
    expected.window = try SyncWindow(["12:00-13:00", "22:00-06:00"])
    expected.pages = PageSettings(
      directory: "/srv/www", url: try BaseURL("https://a.example/b"),
      identification: "3604230001", checkMilliseconds: 600_000)
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
    ("{listen: null}", "1:10"), ("{jitter: '2d'}", "1:10"),
    ("{window: '22-6'}", "1:10"), ("{window: []}", "1:10"), ("{bytes_per_second: 100}", "1:20"),
    ("{pages: {}}", "1:9"), ("{pages: {directory: '/'}}", "1:21"),
    ("{pages: {directory: 'a', url: 'ftp://a'}}", "1:31"),
    ("{pages: {directory: 'a', id_code: '<b>'}}", "1:35"),
    ("{pages: {directory: 'a', check_every: '0s'}}", "1:39"),
    ("[]", "1:1"), ("{", "1:2"),
  ])
  func `a wrong value is refused with its place`(_ text: String, _ place: String) {
    let refusal = #expect(throws: Refusal.self) { try read(text) }
    #expect(refusal?.reason == .configInvalid)
    #expect(refusal?.details.first?.hasPrefix(place + ": ") == true)
  }
}

@Suite struct `An object store in the configuration` {
  private func read(_ text: String) throws -> ObjectStoreConfiguration? {
    try Configuration("{blobs: \(text)}", path: "c.json5", language: .en).objectStore
  }

  private static let whole = """
    { keep_in: 'directory', s3: { endpoint: 'http://10.0.0.9:9000', bucket: 'city-blobs',
      region: 'cn-1', access_key_id: 'AK', secret_access_key: 'hush', prefix: 'a/b',
      path_style: false } }
    """

  @Test func `every key is read, and the secret shows nowhere`() throws {
    let store = try #require(try read(Self.whole))
    #expect(store.home == .directory && store.credentialsFile == nil)
    #expect(store.settings.endpoint.description == "http://10.0.0.9:9000")
    #expect(store.settings.bucket == "city-blobs" && store.settings.region == "cn-1")
    #expect(store.settings.accessKeyID == "AK" && store.settings.secretAccessKey.text == "hush")
    #expect(store.settings.prefix == "a/b" && !store.settings.usesPathStyle)
    var dumped = ""
    dump(try Configuration("{blobs: \(Self.whole)}", path: "c", language: .en), to: &dumped)
    #expect(!dumped.contains("hush") && !"\(store)".contains("hush"))
  }

  @Test(arguments: [
    "{}", "{s3: {}}", "{s3: {endpoint: 'http://h', bucket: 'abc'}}", "{keep_in: 'tape'}",
    "{s3: {endpoint: 'http://h', bucket: 'A', access_key_id: 'a', secret_access_key: 'hush'}}",
    "{s3: {endpoint: 'h', bucket: 'abc', access_key_id: 'a', secret_access_key: 'hush'}}",
    "{s3: {endpoint: 'http://h', bucket: 'abc', access_key_id: 'a'}}",
    "{s3: {endpoint: 'http://h', bucket: 'abc', credentials_file: 'f', secret_access_key: 'hush'}}",
    "{s3: {endpoint: 'http://h', bucket: 'abc', prefix: '/a', access_key_id: 'a'}}",
    "{s3: {endpoint: 'ftp://h', bucket: 'abc', access_key_id: 'a', secret_access_key: 'hush'}}",
    "{s3: {bukket: 'abc'}}",
  ])
  func `what is wrong is refused, and no secret is in the message`(_ text: String) {
    let refusal = #expect(throws: Refusal.self) { try read(text) }
    for language in Language.allCases {
      let message = refusal?.message(language) ?? "hush"
      #expect(!message.contains("hush") && !(refusal?.hint(language).contains("hush") ?? true))
    }
    let isKnown = [Reason.configInvalid, .configUnknownKey].contains(refusal?.reason)
    #expect(isKnown)
  }
}
