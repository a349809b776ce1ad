import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct `Submissions` {
  let group: Group
  let city = "360400"
  let county = "360423"
  let column = "360400:news/forum"

  init() throws {
    group = try Group()
    try group.add(city, kind: .central)
    try group.add(county, under: city)
    try group.run(city, "column", "add", "news/forum", "--modes", "submit")
    try group.run(city, "column", "add", "news/plain", "--modes", "map")
    try group.sync([county], city)
  }

  private func publish(_ title: String, at code: String? = nil) throws -> RecordKey {
    let edit = try GroupNode.item(code ?? county, "one", title: title, in: [:])
    try group.write(code ?? county, edit)
    return edit.key
  }

  private func change(_ key: RecordKey, title: String) throws {
    var edit = RecordEdit(key)
    edit.set(ItemField.title.rawValue, title)
    try group.write(county, edit)
  }

  private func placement(_ item: RecordKey) throws -> PlacementRecord? {
    let site = try #require(SiteCode(city))
    let key = RecordKey.placement(of: item, in: .column(site, path: "news/forum"))
    return PlacementRecord(try group.record(city, key)?.record)
  }

  private func titles(_ path: String) throws -> [String] {
    try group.run(city, "item", "list", "--column", path)["items"].list.map { $0["title"].string }
  }

  private func offer(_ item: RecordKey, to column: String? = nil) throws -> String {
    try group.run(county, "submit", item.id.description, "--to", column ?? self.column)["id"]
      .string
  }

  @Test func `what is adopted stands in the column as it was offered, and the county hears`() throws
  {
    let item = try publish("as offered")
    let offered = try group.run(
      county, "submit", item.id.description, "--to", column, "--note", "for the forum")
    #expect(offered["item"].string == item.id.description)
    #expect(offered["state"] == "offered")
    #expect(offered["warnings"].count == 0)
    try group.sync([county], city)
    let row = try group.run(city, "review", "list")["submissions"][0]
    #expect(row["id"] == offered["id"])
    #expect(row["title"] == "as offered")
    #expect(row["site"].string == county)
    #expect(row["path"] == "news/forum")
    #expect(row["reviewed_at"].isMissing)
    let id = row["id"].string
    let shown = try group.run(city, "review", "show", id)
    #expect(shown["note"] == "for the forum")
    #expect(shown["content"]["title"] == "as offered")
    #expect(shown["intact"] == true)
    try change(item, title: "changed since")
    try group.sync([county], city)
    let adopted = try group.run(city, "review", "adopt", id, "--opinion", "good")
    #expect(adopted["state"] == "adopted")
    #expect(adopted["warnings"].count == 0)
    let placed = try #require(try placement(item))
    #expect(placed.isLive)
    #expect(placed.causes.map(\.kind) == [.submission])
    #expect(try titles("news/forum") == ["as offered"])
    #expect(try group.run(city, "item", "list")["items"][0]["title"] == "changed since")
    try group.sync([county], city)
    let heard = try group.run(county, "review", "list", "--state", "adopted")["submissions"][0]
    #expect(heard["id"] == offered["id"])
    #expect(heard["opinion"] == "good")
    #expect(heard["reviewer"].string == "editor \(city)")
    #expect(heard["path"].string == column)
    #expect(!heard["reviewed_at"].isMissing)
  }

  @Test func `the adopted content shows until its successor is adopted`() throws {
    let item = try publish("first")
    let first = try offer(item)
    try change(item, title: "second")
    let second = try offer(item)
    #expect(first != second)
    try group.sync([county], city)
    try group.run(city, "review", "adopt", first)
    #expect(try titles("news/forum") == ["first"])
    try group.run(city, "review", "adopt", second)
    #expect(try titles("news/forum") == ["second"])
  }

  @Test func `the same content is offered to a column once`() throws {
    let item = try publish("one")
    _ = try offer(item)
    #expect(
      try group.refusal(county, "submit", item.id.description, "--to", column) == .alreadyOffered)
    let other = try group.run(county, "submit", item.id.description, "--to", "news/plain")
    #expect(other["warnings"][0]["code"] == "takes_no_submissions")
    try change(item, title: "two")
    _ = try offer(item)
    #expect(try group.run(county, "review", "list")["submissions"].count == 3)
  }

  @Test func `a returned submission names the reason at both ends and places nothing`() throws {
    let item = try publish("one")
    let id = try offer(item)
    try group.sync([county], city)
    #expect(try group.refusal(city, "review", "return", id) == .missingArgument)
    try group.run(city, "review", "return", id, "--reason", "too short")
    #expect(try placement(item) == nil)
    #expect(try group.refusal(city, "review", "adopt", id) == .wrongState)
    try group.sync([county], city)
    let heard = try group.run(county, "review", "show", id)
    #expect(heard["state"] == "returned")
    #expect(heard["opinion"] == "too short")
    #expect(try group.run(county, "review", "list", "--state", "offered")["submissions"].count == 0)
  }

  @Test func `only who owns the column decides`() throws {
    let id = try offer(try publish("one"))
    #expect(try group.refusal(county, "review", "adopt", id) == .notOwner)
    #expect(try group.refusal(county, "review", "return", id, "--reason", "r") == .notOwner)
  }

  @Test func `a withdrawn item does not show although it was adopted`() throws {
    let item = try publish("one")
    let id = try offer(item)
    var edit = RecordEdit(item)
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.withdrawn.rawValue))
    try group.write(county, edit)
    try group.sync([county], city)
    let adopted = try group.run(city, "review", "adopt", id)
    #expect(adopted["warnings"][0]["code"] == "not_showing")
    #expect(try titles("news/forum") == [])
    #expect(
      try group.refusal(county, "submit", item.id.description, "--to", "news/plain")
        == .alreadyWithdrawn)
  }

  @Test func `an offer whose content was altered cannot be adopted`() throws {
    let item = try publish("one")
    let id = try offer(item)
    let snapshot = try #require(
      try group.nodes[county]?.store.read { try $0.submissions().first?.snapshot })
    var edit = RecordEdit(snapshot)
    edit.set(ItemField.title.rawValue, "another")
    try group.write(county, edit)
    try group.sync([county], city)
    #expect(try group.run(city, "review", "show", id)["intact"] == false)
    #expect(try group.refusal(city, "review", "adopt", id) == .offerIncomplete)
  }

  @Test func `a dry run offers nothing`() throws {
    let item = try publish("one").id.description
    let planned = try group.run(county, dryRun: true, "submit", item, "--to", column)
    #expect(planned["state"] == "offered")
    #expect(try group.run(county, "review", "list")["submissions"].count == 0)
  }

  @Test func `an offer passes the county on its way to the city and back`() throws {
    let office = "360423001"
    try group.add(office, under: county, kind: .department)
    try group.sync([county], city)
    try group.sync([office], county)
    let item = try publish("from the office", at: office)
    let offered = try group.run(office, "submit", item.id.description, "--to", "news/forum")
    #expect(offered["path"] == "news/forum")
    try group.sync([office], county)
    try group.sync([county], city)
    let id = offered["id"].string
    #expect(try group.refusal(county, "review", "adopt", id) == .notOwner)
    try group.run(city, "review", "adopt", id)
    try group.sync([county], city)
    try group.sync([office], county)
    #expect(try group.run(office, "review", "show", id)["state"] == "adopted")
  }

  @Test func `what cannot be offered is refused with its reason`() throws {
    let item = try publish("one").id.description
    try group.run(county, "column", "add", "own")
    #expect(try group.refusal(county, "submit", item, "--to", "own") == .notUpward)
    #expect(try group.refusal(county, "submit", item, "--to", "nowhere") == .unknownColumn)
    #expect(try group.refusal(county, "submit", "aaaaaaaa", "--to", column) == .unknownID)
    let archived = try GroupNode.item(county, "old", in: [:], life: .archived)
    try group.write(county, archived)
    #expect(
      try group.refusal(county, "submit", archived.key.id.description, "--to", column)
        == .wrongState)
    try group.sync([county], city)
    #expect(try group.refusal(city, "submit", item, "--to", column) == .notOwner)
  }

  @Test func `submissions are listed newest first`() throws {
    let node = try GroupNode(county, kind: .county, isRegistered: false)
    try node.register(city, kind: .central, under: city)
    try node.register(county, kind: .county, under: city)
    try node.receive(try GroupNode.column(city, "news"), from: city)
    for name in ["a", "b", "c", "d"] {
      let edit = try GroupNode.item(county, name, in: [:])
      try node.node.store.write { try $0.write(edit) }
      try node.run("submit", edit.key.id.description, "--to", "news")
      node.advance(minutes: 1)
    }
    let titles = try node.run("review", "list")["submissions"].list.map { $0["title"].string }
    #expect(titles == ["d", "c", "b", "a"])
  }
}
