import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Nodes on files of their own that talk without a transport.
final class Group {
  let directory: URL
  /// What each node takes for the time; stands still until it is set.
  private(set) var clocks: [String: Lock<Int64>] = [:]
  /// Statements until one of a node's fails as on a full disk.
  private(set) var faults: [String: Lock<Int?>] = [:]
  var nodes: [String: Node] = [:]
  private let salt: String

  /// Nodes of another salt are other machines, whatever their codes.
  init(salt: String = "") throws {
    self.salt = salt
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  @discardableResult
  func add(_ code: String, under parent: String? = nil, kind: SiteKind = .county) throws -> Node {
    let site = try #require(SiteCode(code))
    let counter = Lock(UInt64(0))
    let salt = salt
    let clock = Lock(Int64(1_700_000_000_000))
    let fault = Lock(Int?.none)
    (clocks[code], faults[code]) = (clock, fault)
    let ports = StorePorts(
      now: { clock.withLock { $0 } },
      random: { count in
        let value = counter.withLock { number -> UInt64 in
          number += 1
          return number
        }
        return Array(
          DigestAlgorithm.sha256.digest(Array("\(salt)\(code)\(value)".utf8)).bytes.prefix(count))
      })
    let store = try Store(
      path: directory.appending(path: code + ".db").path,
      creating: StoreIdentity(site: site, algorithm: .sha256), ports: ports, isDurable: false,
      fault: {
        fault.withLock { left in
          guard let count = left else { return nil }
          left = count > 0 ? count - 1 : nil
          return count > 0 ? nil : 13
        }
      })
    let node = try Node(store: store)
    let profile = NodeProfile(name: code, kind: kind)
    try node.begin(as: profile, isRoot: parent == nil)
    if let parent, let upstream = nodes[parent] {
      try upstream.store.write { try upstream.admit(site, as: profile, in: $0) }
      try node.store.write { try node.join(upstream.site, in: $0) }
    }
    nodes[code] = node
    return node
  }

  func sync(_ code: String, _ parent: String) throws -> SyncReport {
    let child = try #require(nodes[code])
    let upstream = try #require(nodes[parent])
    let run = try #require(try SyncRun(child))
    var action = try run.begin()
    for _ in 0..<200 {
      switch action {
      case .finished(let report): return report
      case .send(let call): action = try run.receive(try upstream.answer(call, from: child.site))
      }
    }
    throw SyncSession.Failure.malformed("a session without end")
  }
}

@Suite struct SyncTests {
  func publish(_ node: Node, _ title: String, column: RecordKey? = nil) throws -> RecordKey {
    let key = RecordKey.item(node.site, externalID: title)
    var edit = RecordEdit(key)
    edit.set(ItemField.title.rawValue, title)
    edit.set(ItemField.body.rawValue, "<p>\(title)</p>")
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    if let column { edit.set(ItemRecord.Cell.placed(column.id), true) }
    try node.store.write { try $0.write(edit) }
    return key
  }

  @Test func `two nodes that edit while cut off converge and then exchange nothing`() throws {
    let group = try Group()
    let city = try group.add("360400", kind: .central)
    let county = try group.add("360423", under: "360400")
    let key = try publish(county, "one")
    let first = try group.sync("360423", "360400")
    #expect(first.isInStep && first.pushed == 1)
    var hold = RecordEdit(key)
    hold[ItemRecord.Cell.hold(city.site)] = .rung(Rung(epoch: 1, rung: 1))
    try city.store.write { try $0.write(hold) }
    var edit = RecordEdit(key)
    edit.set("title", "two")
    try county.store.write { try $0.write(edit) }
    let second = try group.sync("360423", "360400")
    #expect(second.isInStep)
    let mine = try county.store.read { try $0.record(key) }
    let theirs = try city.store.read { try $0.record(key) }
    #expect(mine?.digest == theirs?.digest)
    #expect(mine?.record.value("title") == "two")
    let third = try group.sync("360423", "360400")
    #expect(third.isInStep && third.pushed == 0 && third.pulled == 0)
  }

  @Test func `a mapping of one county brings another county's items through the city`() throws {
    let group = try Group()
    try group.add("360400", kind: .central)
    let one = try group.add("360423", under: "360400")
    let two = try group.add("360424", under: "360400")
    let column = RecordKey.column(one.site, path: "news")
    var edit = RecordEdit(column)
    edit.set(ColumnRecord.Cell.path, "news")
    try one.store.write { try $0.write(edit) }
    let key = try publish(one, "one", column: column)
    #expect(try group.sync("360423", "360400").isInStep)
    #expect(try group.sync("360424", "360400").isInStep)
    #expect(try two.store.read { try $0.record(key) } == nil)
    var rule = RecordEdit(.named(.mapping, of: two.site, by: "m"))
    rule.set(MappingRecord.Cell.source, "360423:news")
    rule.set(MappingRecord.Cell.isLive, true)
    try two.store.write { try $0.write(rule) }
    #expect(try group.sync("360424", "360400").isInStep)
    #expect(try two.store.read { try $0.record(key) } != nil)
    rule.set(MappingRecord.Cell.isLive, false)
    try two.store.write { try $0.write(rule) }
    #expect(try group.sync("360424", "360400").isInStep)
    #expect(try two.store.read { try $0.record(key) } == nil)
    #expect(try two.store.read { try $0.row(of: key) } == nil)
  }

  @Test func `a child that was expected gets the whole registry`() throws {
    let group = try Group()
    let city = try group.add("360400", kind: .central)
    let code = try #require(SiteCode("360423"))
    try city.store.write {
      try $0.write(
        SiteRecord.register(code, name: nil, kind: nil, state: .expected, by: city.site))
    }
    let county = try group.add("360423", under: "360400")
    #expect(try group.sync("360423", "360400").isInStep)
    let sites = try county.store.read { _ in county.library.directory.tree.sites.keys.sorted() }
    #expect(sites == [city.site, county.site])
  }

  @Test func `a new grandchild and its records go up in one push`() throws {
    let group = try Group()
    let province = try group.add("360000", kind: .central)
    try group.add("360400", under: "360000", kind: .central)
    #expect(try group.sync("360400", "360000").isInStep)
    let county = try group.add("360423", under: "360400")
    let key = try publish(county, "one")
    #expect(try group.sync("360423", "360400").isInStep)
    let report = try group.sync("360400", "360000")
    #expect(report.isInStep && report.refused == 0)
    #expect(try province.store.read { try $0.record(key) } != nil)
  }

  @Test func `a rejoined store gets everything back`() throws {
    let group = try Group()
    try group.add("360400", kind: .central)
    let county = try group.add("360423", under: "360400")
    for number in 0..<10 { _ = try publish(county, "item \(number)") }
    #expect(try group.sync("360423", "360400").isInStep)
    try county.rejoin()
    let report = try group.sync("360423", "360400")
    #expect(report.isInStep)
    #expect(report.pushed == 0)
  }
}
