import HTTPCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

@testable import NodeCore

/// What a session does not need again: an answer, a ticket, being told of itself.
@Suite struct `A session behind a watch` {
  private let pair: SignedPair
  private let told = Lock(0)

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
    pair.clock.withLock { $0 += 4000 }
    _ = try pair.county.synchronize()
    let (told, upstream) = (told, pair.centre.site)
    pair.county.store.onGrowth { peers in
      if peers.contains(upstream) { told.withLock { $0 += 1 } }
    }
  }

  private func column(of node: Node, _ path: String) throws {
    var edit = RecordEdit(.column(node.site, path: path))
    edit.set(ColumnRecord.Cell.path, path)
    try node.store.write { try $0.write(edit) }
  }

  private func link() throws -> LinkState {
    try #require(try pair.county.store.read { try $0.upstreamLink() })
  }

  /// Paths of what is asked meanwhile.
  private func askedInSession() throws -> [String] {
    let before = pair.network.requests.count
    let report = try pair.county.synchronize().report
    #expect(report.isInStep)
    return pair.network.requests.dropFirst(before).map(\.path)
  }

  @Test func `does not ask what the watch was told`() throws {
    try column(of: pair.centre, "a")
    #expect(try pair.county.watch(seconds: 1))
    #expect(try askedInSession() == ["/sync/v1/pull", "/sync/v1/pull"])
    #expect(try askedInSession() == ["/sync/v1/link"])
  }

  @Test func `asks anew where that is old, or was asked about something else`() throws {
    try column(of: pair.centre, "a")
    #expect(try pair.county.watch(seconds: 1))
    pair.clock.withLock { $0 += 60_000 }
    #expect(try askedInSession().first == "/sync/v1/link")
    try column(of: pair.centre, "b")
    #expect(try pair.county.watch(seconds: 1))
    try pair.county.store.write { transaction in
      if let link = try transaction.upstreamLink() {
        try transaction.change(link.id) { $0.etag = nil }
      }
    }
    #expect(try askedInSession().first == "/sync/v1/link")
  }

  @Test func `uses the numbers that the one before left, each once`() throws {
    try column(of: pair.centre, "a")
    _ = try pair.county.synchronize()
    let left = try #require(pair.county.spareNumbers.withLock { $0 })
    #expect(try left.upperBound == link().requests)
    try column(of: pair.centre, "b")
    let run = try #require(try SyncRun(pair.county))
    guard case .send(let poll) = try run.begin(),
      case .send(let pull) = try run.receive(
        try pair.centre.answer(poll, from: pair.county.site))
    else {
      Issue.record("nothing is pulled")
      return
    }
    #expect(try PullRequest(pull.body).head.number == left.lowerBound)
    #expect(try link().requests == left.upperBound)
    // The one that was cut off has taken them.
    #expect(pair.county.spareNumbers.withLock { $0 } == nil)
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try link().requests > left.upperBound)
  }

  @Test func `leaves alone what was left before something else was sent`() throws {
    try column(of: pair.centre, "a")
    _ = try pair.county.synchronize()
    let left = try #require(pair.county.spareNumbers.withLock { $0 })
    try column(of: pair.centre, "b")
    _ = try pair.county.synchronize()
    pair.county.spareNumbers.withLock { $0 = left }
    try column(of: pair.centre, "c")
    #expect(try pair.county.synchronize().report.isInStep)
  }

  @Test func `rings for nobody by what it does itself`() throws {
    try column(of: pair.centre, "a")
    #expect(try pair.county.synchronize().report.pulled > 0)
    #expect(told.withLock { $0 } == 0)
    try column(of: pair.county, "own")
    #expect(told.withLock { $0 } == 1)
    #expect(try pair.county.synchronize().report.pushed > 0)
    #expect(told.withLock { $0 } == 1)
  }

  @Test func `rings where it leaves something that it caused`() throws {
    try column(of: pair.centre, "a")
    #expect(try pair.county.synchronize(.pullOnly).report.pulled > 0)
    _ = try pair.county.synchronize()
    let before = told.withLock { $0 }
    try column(of: pair.county, "own")
    #expect(try pair.county.synchronize(.pushOnly).report.pushed > 0)
    #expect(told.withLock { $0 } == before + 2)
  }
}
