import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

@Suite struct `A page that is asked for before the last one is applied` {
  private let group: Group
  private let city: Node
  private let county: Node

  init() throws {
    group = try Group()
    city = try group.add("360400", kind: .central)
    county = try group.add("360423", under: "360400")
    _ = try group.sync("360423", "360400")
    try city.store.write { transaction in
      for number in 0..<Self.columnsCount {
        var edit = RecordEdit(.column(city.site, path: "c\(number)"))
        edit.set(ColumnRecord.Cell.path, "c\(number)")
        try transaction.write(edit)
      }
    }
  }

  private static let columnsCount = 40

  private struct Session {
    var report = SyncReport()
    var items = 0
    var ahead = 0
    /// From the beginning of an answer.
    var foreseen = 0
    var reconciled = false
  }

  /// A session that asks ahead whenever it can. `dies` before what it applies with so many pages
  /// asked for ahead.
  private func session(
    pageBytes: Int = 400, dyingAfter dies: Int = .max, meanwhile: (Int) throws -> Void = { _ in },
    beginning: ((PullResponse) -> PullResponse)? = nil
  ) throws -> Session? {
    let run = try #require(try SyncRun(county))
    run.pageBytes = pageBytes
    var session = Session()
    var early: (call: SyncCall, reply: SyncReply)?
    var action = try run.begin()
    while case .send(let call) = action {
      let reply = try early?.call == call ? early?.reply : city.answer(call, from: county.site)
      early = nil
      guard let reply else { return nil }
      if call.endpoint == .reconcile { session.reconciled = true }
      let isPull = call.endpoint == .pull
      var foreseen: (call: SyncCall, reply: SyncReply)?
      if isPull, case .ok(let body, _) = reply {
        let page = try PullResponse(body)
        session.items += page.items.count
        let seen = beginning.map { $0(page).body.prefix(PullResponse.beginningOctetsMax) }
        if let next = seen.flatMap({ run.callAhead(ofBeginning: $0, to: call) }) {
          foreseen = (next, try city.answer(next, from: county.site))
          session.foreseen += 1
        }
      }
      let read = ReadReply(
        reply, isPull: isPull, county.store.identity.algorithm, county.ports)
      if let next = run.callAhead(of: read) {
        early = foreseen?.call == next ? foreseen : nil
        early = try early ?? (next, city.answer(next, from: county.site))
        session.ahead += 1
        if session.ahead == dies { return nil }
        try meanwhile(session.ahead)
      }
      action = try run.receive(read)
    }
    guard case .finished(let report) = action else { return nil }
    session.report = report
    return session
  }

  @Test func `brings each record once, and the link in step`() throws {
    let session = try #require(try session())
    #expect(session.report.isInStep && !session.reconciled)
    #expect(session.ahead > 3)
    #expect(session.items == Self.columnsCount && session.report.pulled == Self.columnsCount)
  }

  @Test func `acknowledges nothing of that one, should it never be applied`() throws {
    #expect(try session(dyingAfter: 2) == nil)
    let waiting = try city.store.read { snapshot in
      try snapshot.pendingDownwardCount(try #require(try snapshot.link(to: county.site)))
    }
    let held = try county.store.read { snapshot in
      try snapshot.upstreamLink().map { try snapshot.pendingDownwardCount($0) }
    }
    #expect(waiting > Self.columnsCount / 2 && held == 0)
    let session = try #require(try session())
    #expect(session.report.isInStep && !session.reconciled)
    #expect(session.items == session.report.pulled && session.items >= waiting - 5)
  }

  @Test func `may be asked for once the beginning of the last one has come`() throws {
    let session = try #require(try session(beginning: { $0 }))
    #expect(session.report.isInStep && !session.reconciled)
    #expect(session.foreseen > 3 && session.foreseen == session.ahead)
    #expect(session.items == Self.columnsCount && session.report.pulled == Self.columnsCount)
  }

  @Test func `does no harm where that beginning was somebody else's`() throws {
    let session = try #require(
      try session(beginning: { page in
        var forged = page
        forged.cursor += 7
        return forged
      }))
    #expect(session.report.isInStep && !session.reconciled && session.foreseen > 0)
    #expect(session.report.pulled == Self.columnsCount)
  }

  @Test func `is not asked for by what is no beginning of an answer`() throws {
    let run = try #require(try SyncRun(county))
    run.pageBytes = 400
    guard case .send(let poll) = try run.begin(),
      case .send(let call) = try run.receive(try city.answer(poll, from: county.site)),
      case .ok(let body, _) = try city.answer(call, from: county.site)
    else {
      Issue.record("no pull")
      return
    }
    for count in [0, 1, 9, 40] {
      #expect(run.callAhead(ofBeginning: body.prefix(count), to: call) == nil)
    }
    #expect(run.callAhead(ofBeginning: [0xFF, 0, 1], to: call) == nil)
    #expect(run.callAhead(ofBeginning: body[...], to: poll) == nil)
    #expect(run.callAhead(ofBeginning: body[...], to: call) != nil)
  }

  @Test func `is of no use once something else went first`() throws {
    var pushes = 0
    let session = try #require(
      try session { count in
        guard count == 3, let site = SiteCode("360423-1") else { return }
        pushes += 1
        try county.store.write {
          _ = try $0.write(
            SiteRecord.register(
              site, name: "乡", kind: .department, state: .expected, by: county.site))
        }
      })
    #expect(pushes == 1 && session.report.pushed == 1)
    #expect(session.report.isInStep && !session.reconciled)
  }

  @Test func `is not asked of a server that does not say that it can`() throws {
    let run = try #require(try SyncRun(county))
    run.pageBytes = 400
    var action = try run.begin()
    while case .send(let call) = action {
      guard case .ok(let body, let etag) = try city.answer(call, from: county.site) else { break }
      var reply = SyncReply.ok(body: body, etag: etag)
      if call.endpoint == .pull {
        var page = try PullResponse(body)
        #expect(page.readsAfter == page.hasMore)
        page.readsAfter = false
        reply = .ok(body: page.body, etag: etag)
      }
      let read = ReadReply(
        reply, isPull: call.endpoint == .pull, county.store.identity.algorithm, county.ports)
      #expect(run.callAhead(of: read) == nil)
      action = try run.receive(read)
    }
    guard case .finished(let report) = action else {
      Issue.record("no end")
      return
    }
    #expect(report.isInStep && report.pulled == Self.columnsCount)
  }
}

@Suite struct `A push that goes out before the answer to the last one is noted` {
  private let city: Node
  private let county: Node
  private static let columnsCount = 40

  init() throws {
    let group = try Group()
    city = try group.add("360400", kind: .central)
    county = try group.add("360423", under: "360400")
    _ = try group.sync("360423", "360400")
    try write("c")
  }

  private func write(_ name: String) throws {
    try county.store.write { transaction in
      for number in 0..<Self.columnsCount {
        var edit = RecordEdit(.column(county.site, path: "\(name)\(number)"))
        edit.set(ColumnRecord.Cell.path, "\(name)\(number)")
        try transaction.write(edit)
      }
    }
  }

  private struct Session {
    var report = SyncReport()
    var calls: [SyncCall.Endpoint] = []
    var ahead = 0
    var records = 0
  }

  /// `change`: what becomes of each answer to a push. `packing`: what happens here once the next push
  /// is packed, while the one before it is answered; nil where it is not packed so early.
  private func session(
    _ change: (inout PushResponse) -> Void = { _ in },
    beforeNoting meanwhile: (Int) throws -> Void = { _ in },
    packing: ((Int) throws -> Void)? = nil
  ) throws -> Session {
    let run = try #require(try SyncRun(county))
    var packed = 0
    run.pageBytes = 400
    var session = Session()
    var early: (call: SyncCall, reply: SyncReply)?
    var action = try run.begin()
    while case .send(let call) = action {
      session.calls.append(call.endpoint)
      let isEarly = early?.call == call
      if call.endpoint == .push, let packing {
        run.makeReady()
        packed += 1
        try packing(packed)
      }
      var reply = try isEarly ? early?.reply : city.answer(call, from: county.site)
      if call.endpoint == .push {
        session.records += try PushRequest(call.body).items.count
        if case .ok(let body, let etag)? = reply {
          var answer = try PushResponse(body)
          change(&answer)
          reply = .ok(body: answer.body, etag: etag)
        }
      }
      early = nil
      let read = ReadReply(
        try #require(reply), isPull: call.endpoint == .pull, county.store.identity.algorithm,
        county.ports)
      if call.endpoint == .push, let next = run.callAhead(of: read) {
        early = (next, try city.answer(next, from: county.site))
        session.ahead += 1
        try meanwhile(session.ahead)
      }
      action = try run.receive(read)
    }
    if case .finished(let report) = action { session.report = report }
    return session
  }

  @Test func `brings each record once, asks for no orders between, and the link is in step`() throws
  {
    let session = try session()
    #expect(session.report.isInStep && session.report.pushed == Self.columnsCount)
    #expect(session.records == Self.columnsCount && session.ahead > 3)
    let pushes = session.calls.filter { $0 == .push }.count
    #expect(pushes == session.ahead + 1)
    // Orders are asked for once no more is pushed.
    #expect(session.calls.firstIndex(of: .pull).map { $0 > pushes } == true)
  }

  @Test func `is the same where it was packed while the one before was answered`() throws {
    let session = try session(packing: { _ in })
    #expect(session.report.isInStep && session.report.pushed == Self.columnsCount)
    #expect(session.records == Self.columnsCount && session.ahead > 3)
  }

  @Test func `is packed anew where something changed meanwhile`() throws {
    let session = try session(packing: { count in
      guard count == 2 else { return }
      // The last ones, which have not gone yet.
      try county.store.write { transaction in
        var edit = RecordEdit(.column(county.site, path: "c\(Self.columnsCount - 1)"))
        edit.set(ColumnRecord.Cell.path, "renamed")
        try transaction.write(edit)
      }
    })
    #expect(session.report.isInStep && session.records == Self.columnsCount)
    let key = RecordKey.column(county.site, path: "c\(Self.columnsCount - 1)")
    let path = try city.store.read { try $0.record(key)?.record.value("path", as: String.self) }
    #expect(path == "renamed")
  }

  @Test func `does not go where the server tells of orders, or does not tell`() throws {
    let session = try session { $0.hasNoOrders = false }
    #expect(session.ahead == 0 && session.report.isInStep)
    #expect(session.report.pushed == Self.columnsCount)
  }

  @Test func `does not go behind records that were not all taken`() throws {
    var isFirst = true
    let session = try session { answer in
      if isFirst { answer.wants = [.column(county.site, path: "c0")] }
      isFirst = false
    }
    #expect(session.report.isInStep && session.report.pushed == Self.columnsCount)
  }

  @Test func `goes for nothing where an order has come up here meanwhile, and changes nothing`()
    throws
  {
    let site = try #require(SiteCode("360423-1"))
    let session = try session(beforeNoting: { count in
      guard count == 2 else { return }
      try county.store.write {
        _ = try $0.write(
          SiteRecord.register(
            site, name: "乡", kind: .department, state: .expected, by: county.site))
      }
    })
    #expect(session.report.isInStep && session.report.pushed == Self.columnsCount + 1)
    #expect(session.records == Self.columnsCount + 1)
  }
}
