import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// What a process remembers of a time at which it, or its peer, was another.
@Suite struct CorrectedClockTests {
  private static let tenYears: Int64 = 315_000_000_000

  @Test func `a server that began with its clock ahead hears its children once it is right`() throws
  {
    let pair = try SignedPair()
    try pair.enrol()
    pair.clock.withLock { $0 += Self.tenYears }
    pair.network.serve("centre.test", pair.centre)
    pair.clock.withLock { $0 += 2_000 }
    #expect(try pair.county.synchronize().report.isInStep)
    pair.clock.withLock { $0 -= Self.tenYears }
    _ = try? pair.county.synchronize()
    pair.clock.withLock { $0 += 2_000 }
    #expect(try pair.county.synchronize().report.isInStep)
  }

  @Test(arguments: [([], 0), ([0, 1], 1), ([0, 1, 2, 7], 2)] as [([Int64], Int64)])
  func `an upstream gets the best dictionary that it announced, also where it has no news`(
    _ announced: [Int64], _ best: Int64
  ) throws {
    let group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    let county = try #require(group.nodes["360423"])
    let centre = try #require(group.nodes["360400"])

    /// A session with an upstream of an older program; answers the dictionaries that it was sent.
    func session() throws -> (used: [Int64], polls: [Bool]) {
      let run = try #require(try SyncRun(county))
      var (used, polls): ([Int64], [Bool]) = ([], [])
      var action = try run.begin()
      while case .send(let call) = action {
        if call.endpoint == .push {
          used += try PushRequest(call.body).items.compactMap { item in
            if case .whole(let dictionary, _) = item { dictionary } else { nil }
          }
        }
        var reply = try centre.answer(call, from: county.site)
        if call.endpoint == .link {
          polls.append(reply == .notModified)
          if case .ok(let body, let etag) = reply {
            var description = try LinkDescription(body)
            description.dictionaries = announced
            reply = .ok(body: description.body, etag: etag)
          }
        }
        action = try run.receive(reply)
      }
      return (used, polls)
    }

    _ = try session()
    try group.publish("360423", 0..<3)
    let later = try session()
    #expect(later.polls == [true])
    #expect(later.used == [best, best, best])
  }
}
