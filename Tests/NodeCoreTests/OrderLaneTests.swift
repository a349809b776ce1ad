import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

@Suite struct `Orders go before all else` {
  private let group: Group
  private let city: Node
  private let county: Node

  init() throws {
    group = try Group()
    city = try group.add("360400", kind: .central)
    county = try group.add("360423", under: "360400")
    _ = try group.sync("360423", "360400")
  }

  /// Columns of the city: they go to every county, and are no orders.
  private func columns(_ count: Int) throws {
    try city.store.write { transaction in
      for number in 0..<count {
        var edit = RecordEdit(.column(city.site, path: "c\(number)"))
        edit.set(ColumnRecord.Cell.path, "c\(number)")
        try transaction.write(edit)
      }
    }
  }

  private func count(_ kind: RecordKind, at node: Node) throws -> Int {
    var count = 0
    try node.store.read { try $0.records { if $0.record.key.kind == kind { count += 1 } } }
    return count
  }

  private func register(_ code: String) throws {
    let site = try #require(SiteCode(code))
    _ = try city.store.write {
      try $0.write(
        SiteRecord.register(site, name: code, kind: .county, state: .expected, by: city.site))
    }
  }

  private func withdraw(_ key: RecordKey) throws {
    var edit = RecordEdit(key)
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.withdrawn.rawValue))
    try group.write("360423", edit)
  }

  private func isWithdrawn(_ key: RecordKey, at code: String) throws -> Bool {
    let life = try group.record(code, key).map { ItemRecord($0.record).life?.rung }
    return life == LifeRung.withdrawn.rawValue
  }

  @Test func `a withdrawal is on the first page of a push, whatever was written before`() throws {
    let old = try #require(try group.publish("360423", 0..<1).first)
    _ = try group.sync("360423", "360400")
    try group.publish("360423", 1..<60)
    try withdraw(old)
    var pushes = 0
    let session = try group.measured("360423", "360400", pageBytes: 200, meanwhile: { call in
      guard call.endpoint == .push else { return }
      pushes += 1
      let hasCome = try isWithdrawn(old, at: "360400")
      #expect(hasCome)
    })
    #expect(pushes > 6 && session.report.isInStep && session.report.pushed == 60)
    #expect(try count(.item, at: city) == 60)
  }

  @Test func `the registry is on the first page of a pull, and nothing comes twice`() throws {
    try columns(60)
    try register("360424")
    let before = try count(.site, at: county)
    var pulls = 0
    let session = try group.measured("360423", "360400", pageBytes: 300, meanwhile: { call in
      guard call.endpoint == .pull else { return }
      pulls += 1
    })
    let first = try #require(session.pages.first)
    #expect(first.orders ?? 0 > first.cursor)
    #expect(session.pages.reduce(0) { $0 + $1.items.count } == 61 && pulls > 5)
    #expect(try count(.site, at: county) == before + 1)
    #expect(session.report.isInStep && session.report.pulled == 61)
  }

  @Test func `an answer that is lost brings its orders again, and no more`() throws {
    try columns(30)
    try register("360424")
    let cut = try group.measured("360423", "360400", pageBytes: 300, cut: { $0.endpoint == .pull })
    #expect(cut.report.pulled == 0)
    let session = try group.measured("360423", "360400", pageBytes: 300)
    #expect(session.report.isInStep && session.report.pulled == 31)
    #expect(session.pages.reduce(0) { $0 + $1.items.count } == 31)
  }

  @Test func `while the window is closed orders go both ways and the rest waits`() throws {
    let old = try #require(try group.publish("360423", 0..<1).first)
    _ = try group.sync("360423", "360400")
    try columns(40)
    try register("360424")
    try group.publish("360423", 1..<30)
    try withdraw(old)
    let (sites, items) = (try count(.site, at: county), try count(.item, at: city))
    let held = try group.measured("360423", "360400", holds: { true })
    #expect(held.report.ending == .held)
    #expect(held.report.pushed == 1 && held.report.pulled == 1)
    #expect(try isWithdrawn(old, at: "360400"))
    #expect(try count(.site, at: county) == sites + 1)
    #expect(try count(.item, at: city) == items && count(.column, at: county) == 0)
    let link = try #require(try county.store.read { try $0.upstreamLink() })
    #expect(link.held == 40 && link.isInStep == false && link.lastError == nil)
    #expect(try county.store.read { try $0.pendingUpwardCount(link, .others) } == 29)
    // Nothing new: one poll, answered 304; then a new order alone.
    let idle = try group.measured("360423", "360400", holds: { true })
    #expect(idle.calls.count == 1 && idle.report.ending == .held)
    try register("360425")
    let again = try group.measured("360423", "360400", holds: { true })
    #expect(again.report.pulled == 1 && again.report.ending == .held)
    let open = try group.measured("360423", "360400")
    #expect(open.report.isInStep && open.report.pushed == 29 && open.report.pulled == 40)
    #expect(try county.store.read { try $0.upstreamLink() }?.held == nil)
  }

  @Test func `a window that closes in mid-session lets the session end`() throws {
    try columns(60)
    let isClosed = Lock(false)
    let session = try group.measured(
      "360423", "360400", pageBytes: 300,
      meanwhile: { if $0.endpoint == .pull { isClosed.withLock { $0 = true } } },
      holds: { isClosed.withLock { $0 } })
    #expect(session.report.ending == .held)
    let came = try count(.column, at: county)
    #expect(came > 0 && came < 60)
    #expect(try group.measured("360423", "360400").report.isInStep)
    #expect(try count(.column, at: county) == 60)
  }

  @Test func `with nothing to hold back, a closed window leaves both in step`() throws {
    try register("360424")
    let session = try group.measured("360423", "360400", holds: { true })
    #expect(session.report.isInStep && session.report.pulled == 1)
    let idle = try group.measured("360423", "360400", holds: { true })
    #expect(idle.calls.count == 1 && idle.report.isInStep)
  }

  @Test func `orders from above do not wait for a long push`() throws {
    try group.publish("360423", 0..<60)
    let before = try count(.site, at: county)
    var (pushes, seenAfter) = (0, Int?.none)
    let session = try group.measured("360423", "360400", pageBytes: 200, meanwhile: { call in
      if call.endpoint == .push {
        pushes += 1
        if pushes == 1 { try register("360424") }
      }
      if seenAfter == nil, try count(.site, at: county) > before { seenAfter = pushes }
    })
    #expect(session.report.isInStep && pushes > 6)
    // One page was answered before there was an order, and the next one had gone out then.
    #expect((seenAfter ?? 60) <= 3)
  }

  @Test func `a client that knows of no orders gets the stream in its order`() throws {
    try columns(5)
    try register("360424")
    let run = try #require(try SyncRun(county))
    guard case .send(let poll) = try run.begin(),
      case .send(var call) = try run.receive(try city.answer(poll, from: county.site))
    else {
      Issue.record("no pull")
      return
    }
    var request = try PullRequest(call.body)
    (request.orders, request.pageBytes) = (nil, 1)
    call.body = request.body
    guard case .ok(let body, _) = try city.answer(call, from: county.site) else {
      Issue.record("no answer")
      return
    }
    let page = try PullResponse(body)
    #expect(page.orders == nil && page.held == nil && page.items.count == 1)
    let key = page.items.first.flatMap { item -> RecordKind? in
      guard case .whole(let dictionary, let bytes) = item else { return nil }
      return (try? RecordCodec().inflated(bytes, dictionary: dictionary)).flatMap {
        try? Record(canonical: $0).key.kind
      }
    }
    #expect(key == .column)
  }
}
