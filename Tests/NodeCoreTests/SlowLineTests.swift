import Foundation
import NodeCore
import Storage
import SyncProtocol
import Testing

/// A city and a county that reads its column, over a line of 1 Mbit/s and 200 ms. Time is what the
/// line takes.
@Suite struct `On a slow line` {
  private let group: BlobGroup
  private let line: Line

  /// What went, and when; what is to happen while something is under way.
  ///
  /// `@unchecked Sendable`: a test and its sessions are one thread.
  private final class Line: @unchecked Sendable {
    var bytesPerSecond = 125_000
    /// Octets up and down of each exchange.
    var exchanges: [(up: Int, down: Int)] = []
    var happens: (after: Int, body: () -> Void)?
    let clock: Lock<Int64>

    init(_ clock: Lock<Int64>) { self.clock = clock }

    var now: Int64 { clock.withLock { $0 } }
    var largest: Int { exchanges.map { max($0.up, $0.down) }.max() ?? 0 }

    func carry(_ up: Int, _ down: Int) {
      exchanges.append((up, down))
      clock.withLock { $0 += Int64(200 + (up + down) * 1000 / bytesPerSecond) }
      guard let (after, body) = happens, exchanges.count >= after else { return }
      happens = nil
      body()
    }
  }

  init() throws {
    group = try BlobGroup([("360400", nil), ("360423", "360400")])
    for code in ["360400", "360423"] { try group.run(code, "column", "add", "通知") }
    try group.run("360400", "column", "grant", "通知", "360423", "--share")
    line = Line(group.clock)
    let line = line
    group.wire.set { $0.carries = { line.carry($0, $1) } }
  }

  /// Items of about 2 KB when compressed.
  private func bulk(_ code: String, _ count: Int) throws {
    var state: UInt64 = 88_172_645_463_325_252
    var lines = ""
    for number in 0..<count {
      var body = ""
      for _ in 0..<2600 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        body.unicodeScalars.append(Unicode.Scalar(UInt8(0x30 + state % 64)))
      }
      body = body.filter { !"<>\\&".contains($0) }
      lines +=
        "{\"external_id\":\"\(code)-\(number)\",\"column\":\"通知\",\"title\":\"\(number)\","
        + "\"body\":\"<p>\(body)</p>\",\"published_at\":\"2023-11-14\"}\n"
    }
    let file = group.directory.appending(path: "\(code).jsonl")
    try Data(lines.utf8).write(to: file)
    #expect(try group.run(code, "item", "import", file.path)["added"].int == count)
  }

  private func notice(_ code: String) throws -> String {
    try group.run(
      code, "item", "add", "--column", "通知", "--title", "x", "--body", "<p>x</p>",
      "--published-at", "2023-11-14", "--publish")["id"].string
  }

  private func isWithdrawn(_ item: String, at code: String) throws -> Bool {
    try group.run(code, "item", "show", item)["state"] == "withdrawn"
  }

  /// Withdraws the item while the so-manieth exchange is under way, and looks after each other
  /// whether the other end knows. Milliseconds until it did.
  private func delay(
    of item: String, from code: String, to other: String, after exchanges: Int,
    during body: () throws -> Void
  ) throws -> Int64 {
    var (begun, known) = (Int64(0), Int64?.none)
    func look() {
      if (try? isWithdrawn(item, at: other)) == true {
        known = line.now
      } else {
        line.happens = (line.exchanges.count + 1, look)
      }
    }
    line.happens = (
      line.exchanges.count + exchanges,
      {
        begun = line.now
        _ = try? group.run(code, "item", "withdraw", item, "--reason", "x")
        look()
      }
    )
    try body()
    line.happens = nil
    return try #require(known, "it came with the last exchange, or not at all") - begun
  }

  /// A page that is under way, one message more, and some round trips.
  private let patience = SyncLimits.portionMilliseconds * 2 + 1000

  @Test(arguments: ["360400", "360423"], ["360400", "360423"])
  func `an order overtakes bulk, from whichever side either comes`(
    bulkFrom origin: String, from code: String
  ) throws {
    let item = try notice(code)
    try group.sync("360423")
    try bulk(origin, 1600)
    let other = code == "360400" ? "360423" : "360400"
    let took = try delay(of: item, from: code, to: other, after: 8) {
      let isInStep = try group.sync("360423")["in_step"] == true
      #expect(isInStep)
    }
    #expect(took <= patience, "after \(took) ms")
    #expect(line.largest < 280_000)
  }

  @Test func `orders go between the parts of an attachment, which stay small`() throws {
    let (above, below) = (try notice("360400"), try notice("360423"))
    try group.sync("360423")
    let up = try group.publish(
      "360423", "up", in: "通知", attaching: try group.file("up", octets: 3 << 20))
    let down = try group.publish(
      "360400", "down", in: "通知", attaching: try group.file("down", octets: 3 << 20, seed: 2))
    let county = try group.node("360423")
    _ = try county.synchronize()
    var (begun, longest, parts) = (line.now, Int64(0), 0)
    let report = try county.exchangeBlobs(mayGoOn: {
      longest = max(longest, line.now - begun)
      parts += 1
      if parts == 9 {
        _ = try? group.run("360423", "item", "withdraw", below, "--reason", "x")
        _ = try? group.run("360400", "item", "withdraw", above, "--reason", "x")
        let start = line.now
        _ = try? county.synchronize()
        #expect(line.now - start < 2500)
      }
      begun = line.now
      return true
    })
    #expect(report.pushed == 1 && report.fetched == 1)
    #expect(try isWithdrawn(below, at: "360400") && isWithdrawn(above, at: "360423"))
    #expect(try group.shows("360400", up) && group.shows("360423", down))
    #expect(longest <= SyncLimits.portionMilliseconds + 500)
  }

  @Test func `pages grow back once the line is fast again`() throws {
    try bulk("360400", 400)
    try group.sync("360423")
    #expect(line.largest < 280_000)
    (line.bytesPerSecond, line.exchanges) = (1_000_000_000, [])
    try bulk("360423", 2000)
    try group.sync("360423")
    #expect(line.largest > 1_500_000)
  }

  @Test func `a page of orders takes only a little of the others along`() throws {
    try group.sync("360423")
    try bulk("360423", 300)
    let item = try notice("360423")
    try group.run("360423", "item", "withdraw", item, "--reason", "x")
    line.exchanges = []
    try group.sync("360423")
    let pushes = line.exchanges.map(\.up).filter { $0 > 3000 }
    #expect((pushes.first ?? 0) < SyncLimits.portionBytesFirst / 8 + 5000)
    #expect((pushes.max() ?? 0) > SyncLimits.portionBytesFirst - 5000)
  }
}
