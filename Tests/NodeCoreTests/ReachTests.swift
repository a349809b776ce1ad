import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// What a site gets by placing, or ordering the repost of, what it knows by its key alone.
@Suite struct `A site's reach` {
  private let group: Group
  private let key: RecordKey
  private let news: RecordKey

  /// A city, a county with a department, and another county's item, which only the city holds.
  init() throws {
    group = try Group()
    try group.add("360400", kind: .central)
    let county = try group.add("360423", under: "360400")
    let other = try group.add("360424", under: "360400")
    try group.add("360423-a", under: "360423", kind: .department)
    for code in ["360400", "360423", "360424", "360423-a"] {
      try group.run(code, "column", "add", "news")
    }
    key = .item(other.site, externalID: "guessed")
    news = .column(county.site, path: "news")
    var edit = RecordEdit(key)
    edit.set("title", "one")
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    edit.set(ItemRecord.Cell.placed(RecordKey.column(other.site, path: "news").id), true)
    try group.write("360424", edit)
    try syncAll()
  }

  private func syncAll() throws {
    for _ in 0..<2 {
      try group.sync(["360423-a"], "360423")
      try group.sync(["360424", "360423"], "360400")
      try group.sync(["360423-a"], "360423")
    }
  }

  private func place(_ code: String, in column: RecordKey) throws {
    let site = try #require(SiteCode(code))
    let cause = PlacementCause(site: site, kind: .manual)
    try group.write(code, PlacementRecord.edit(key, in: column, cause: cause, path: []))
  }

  private func holds(_ code: String) throws -> Bool { try group.record(code, key) != nil }

  @Test func `placing an item by its key alone does not bring it`() throws {
    try place("360423", in: news)
    try syncAll()
    #expect(try group.record("360400", .placement(of: key, in: news)) != nil)
    #expect(try !holds("360423"))
  }

  @Test func `nor does placing it in a column that one contributes to`() throws {
    let column = RecordKey.column(try #require(SiteCode("360400")), path: "news")
    try group.run("360400", "column", "grant", "news", "360423")
    try syncAll()
    try place("360423", in: column)
    try syncAll()
    #expect(try group.record("360400", .placement(of: key, in: column)) != nil)
    #expect(try !holds("360423"))
  }

  @Test func `nor a mandate to one's own departments`() throws {
    let county = try #require(group.nodes["360423"])
    var edit = RecordEdit(.named(.mandate, of: county.site, by: "x"))
    edit.set(MandateRecord.Cell.item, key)
    edit.set(MandateRecord.Cell.sites, "all")
    edit[MandateRecord.Cell.state] = .rung(MandateRecord.issued)
    try group.write("360423", edit)
    try syncAll()
    #expect(try group.record("360400", edit.key) != nil)
    #expect(try !holds("360423") && !holds("360423-a"))
  }

  @Test func `nor the snapshot that a placement of one's own names`() throws {
    let city = try #require(group.nodes["360400"])
    var snapshot = RecordEdit(.named(.snapshot, of: key.owner, by: "x"))
    snapshot.set(SnapshotRecord.Cell.item, key)
    try group.write("360424", snapshot)
    try place("360423", in: news)
    var edit = RecordEdit(.placement(of: key, in: news))
    edit.set(PlacementRecord.Cell.snapshot, snapshot.key)
    try group.write("360423", edit)
    try syncAll()
    #expect(try city.store.read { try $0.record(snapshot.key) } != nil)
    #expect(try group.record("360423", snapshot.key) == nil)
  }

  @Test func `a rule brings it, and what is kept when the rule goes stays`() throws {
    try place("360423", in: news)
    let rule = try group.run(
      "360423", "map", "add", "--from", "360424:news", "--to", "news", "--existing")["id"].string
    try syncAll()
    #expect(try holds("360423"))
    try group.run("360423", "map", "remove", rule, "--keep")
    try syncAll()
    #expect(try holds("360423"))
    var edit = RecordEdit(key)
    edit.set("title", "corrected")
    edit.set(ItemRecord.Cell.placed(RecordKey.column(key.owner, path: "news").id), false)
    try group.write("360424", edit)
    try syncAll()
    #expect(try group.record("360423", key)?.record.value("title") == "corrected")
  }

  @Test func `a mandate from above brings it, and leaves it when it is lifted`() throws {
    let issued = try group.run(
      "360400", "repost", "issue", key.id.description, "--to", "360423", "--column", "news")
    try syncAll()
    #expect(try holds("360423"))
    try group.run("360400", "repost", "lift", issued["id"].string)
    try syncAll()
    #expect(try holds("360423"))
  }

  @Test func `what was shared goes with the grant, placed or not`() throws {
    try group.run("360424", "column", "grant", "news", "360423", "--share")
    try syncAll()
    #expect(try holds("360423"))
    try place("360423", in: news)
    try group.run("360424", "column", "revoke", "news", "360423")
    try syncAll()
    #expect(try !holds("360423"))
  }
}
