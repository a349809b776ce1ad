import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Entries that are known to be agreed on are passed over; none that is pending is.
@Suite struct `An entry that is settled` {
  private let group: Group
  private let city: Node
  private let county: Node

  init() throws {
    group = try Group()
    city = try group.add("360400", kind: .central)
    county = try group.add("360423", under: "360400")
    try place(["a", "b", "c"], at: county)
    _ = try group.sync("360423", "360400")
  }

  private func place(_ paths: [String], at node: Node, named name: String? = nil) throws {
    try node.store.write { transaction in
      for path in paths {
        var edit = RecordEdit(.column(node.site, path: path))
        edit.set(ColumnRecord.Cell.path, name ?? path)
        try transaction.write(edit)
      }
    }
  }

  /// How many entries of the link between both are streamed: all, and those that may be pending.
  private func streamed(_ node: Node) throws -> (all: Int, unsettled: Int) {
    try node.store.read { snapshot in
      let link = try #require(try snapshot.allLinks().first)
      var (all, unsettled) = (0, 0)
      try snapshot.stream(link.id, after: -1) { entry in
        all += 1
        #expect(!(entry.entry.isSettled && entry.isPending))
        return true
      }
      try snapshot.stream(link.id, after: -1, unsettled: true) { _ in
        unsettled += 1
        return true
      }
      return (all, unsettled)
    }
  }

  @Test func `is what came and what was acknowledged, until the record changes`() throws {
    let before = try streamed(county)
    #expect(before.all > 3 && before.unsettled == 0)
    #expect(try streamed(city).unsettled == 0)
    try place(["a"], at: county, named: "renamed")
    #expect(try streamed(county).unsettled == 1)
    let report = try group.sync("360423", "360400")
    #expect(report.isInStep && report.pushed == 1)
    #expect(try streamed(county).unsettled == 0 && streamed(city).unsettled == 0)
  }

  @Test func `is not what changed while its push was under way`() throws {
    try place(["a"], at: county, named: "once")
    let run = try #require(try SyncRun(county))
    var action = try run.begin()
    var pushes = 0
    while case .send(let call) = action {
      let reply = try city.answer(call, from: county.site)
      if call.endpoint == .push {
        pushes += 1
        if pushes == 1 { try place(["a"], at: county, named: "twice") }
      }
      action = try run.receive(reply)
    }
    #expect(pushes == 2)
    #expect(try streamed(county).unsettled == 0)
    let key = RecordKey.column(county.site, path: "a")
    let name = try city.store.read { try $0.record(key)?.record.value("path", as: String.self) }
    #expect(name == "twice")
  }

  @Test func `lets a pull pass to the end of the stream at once`() throws {
    let link = try #require(try county.store.read { try $0.upstreamLink() })
    let head = try #require(try city.store.read { try $0.link(to: county.site) }).head
    #expect(link.cursor == head)
  }
}
