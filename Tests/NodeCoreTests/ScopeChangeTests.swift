import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Which records a link carries changes while it is up.
@Suite struct ScopeChangeTests {
  private let city = "360400"
  private let one = "360423"
  private let two = "360424"
  private let count = 20

  @Test func `a scope that widens brings what is lacking once, and narrowing gives it all back`()
    throws
  {
    let group = try Group()
    try group.add(city, kind: .central)
    for code in [one, two] { try group.add(code, under: city) }
    let source = try #require(SiteCode(one))
    let column = RecordKey.column(source, path: "one")
    try group.write(one, GroupNode.column(one, "one"))
    let keys = try (0..<count).map { number in
      try group.write(one, GroupNode.item(one, "\(number)", in: ["one": true]))
      return RecordKey.item(source, externalID: "\(number)")
    }
    try group.sync([one, two], city)
    let before = try group.holdings(two)
    var rule = RecordEdit(.named(.mapping, of: try #require(SiteCode(two)), by: "m"))
    rule.set(MappingRecord.Cell.source, "\(one):one")
    func widen(_ isLive: Bool) throws -> MeasuredSession {
      rule.set(MappingRecord.Cell.isLive, isLive)
      try group.write(two, rule)
      return try group.measured(two, city)
    }
    func retitle(_ title: String) throws {
      var edit = RecordEdit(keys[0])
      edit.set("title", title)
      try group.write(one, edit)
      try group.sync([one], city)
    }

    let wide = try widen(true)
    #expect(wide.report.isInStep && wide.report.pulled == count + 1 && wide.reconciles.isEmpty)
    #expect(try group.measured(two, city).calls.count == 1)
    try retitle("changed in scope")
    #expect(try group.measured(two, city).report.pulled == 1)

    let narrow = try widen(false)
    #expect(narrow.report.isInStep && narrow.report.pulled == count + 1)
    var after = try group.holdings(two)
    after[rule.key] = nil
    #expect(after == before)
    let node = try #require(group.nodes[two])
    for key in keys + [column] { #expect(try node.store.read { try $0.row(of: key) } == nil) }
    try retitle("changed out of scope")
    #expect(try group.measured(two, city).calls.count == 1)

    #expect(try widen(true).report.pulled == count + 1)
    for key in keys + [column] {
      #expect(try group.record(two, key)?.digest == group.record(one, key)?.digest)
    }
    // What a second rule still takes does not leave with the first.
    var second = RecordEdit(.named(.mapping, of: rule.key.owner, by: "n"))
    second.set(MappingRecord.Cell.source, "county:**")
    second.set(MappingRecord.Cell.isLive, true)
    try group.write(two, second)
    try group.sync([two], city)
    let rest = try widen(false)
    #expect(rest.report.isInStep && rest.report.pulled == 0)
    for key in keys { #expect(try group.record(two, key) != nil) }
    try group.expectFingerprintsTrue([city, one, two])
  }
}
