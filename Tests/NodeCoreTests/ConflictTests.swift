import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

@Suite struct `Conflicts` {
  let group: Group
  let city = "360400"
  let one = "360423"
  let two = "360424"
  let item: RecordKey

  /// A co-built column of the city, and an item in it that both counties may edit.
  init() throws {
    group = try Group()
    try group.add(city, kind: .central)
    try group.add(one, under: city)
    try group.add(two, under: city)
    try group.run(city, "column", "add", "talks", "--modes", "cobuild")
    try group.run(city, "column", "grant", "talks", one, two)
    try group.sync([one, two], city)
    let added = try group.run(
      one, "item", "add", "--column", "\(city):talks", "--title", "talk", "--body", "start",
      "--coedited", "--publish")
    item = RecordKey(
      owner: try #require(SiteCode(one)), kind: .item,
      id: try #require(RecordID(text: added["id"].string)))
    try group.sync([one, two], city)
  }

  private func write(_ code: String, _ cell: String, _ value: some CellValue) throws {
    var edit = RecordEdit(item)
    edit[cell] = .coedited(value.canonical)
    try group.write(code, edit)
  }

  private func meet() throws { try group.sync([one, two, one], city) }

  private func list(_ code: String) throws -> JSONAnswer {
    try group.run(code, "conflicts", "list")["conflicts"]
  }

  @Test func `what lost is listed alike at all nodes, and restored everywhere`() throws {
    let id = item.id.description
    try group.run(one, "item", "edit", id, "--body", "from one")
    try group.run(two, "item", "edit", id, "--body", "from two", "--title", "only two")
    try meet()
    let conflicts = try list(city)
    #expect(conflicts.count == 1)
    #expect(try list(one) == conflicts)
    #expect(try list(two) == conflicts)
    let conflict = conflicts[0]
    #expect(conflict["kind"] == "item")
    #expect(conflict["key"].string == item.id.description)
    #expect(conflict["cell"] == "body")
    #expect(Set([conflict["kept"].string, conflict["lost"].string]) == ["from one", "from two"])
    #expect(conflict["lost_by"].string == (conflict["lost"] == "from one" ? one : two))
    let shown = try group.run(one, "conflicts", "show", String(conflict["id"].string.prefix(6)))
    #expect(shown["kept_by"].string == (conflict["lost"] == "from one" ? two : one))
    let restored = try group.run(two, "conflicts", "restore", conflict["id"].string)
    #expect(restored["restored"] == conflict["lost"])
    #expect(restored["replaced"] == conflict["kept"])
    try group.sync([two, one], city)
    for code in [city, one, two] {
      #expect(try list(code).count == 0)
      let record = ItemRecord(try group.record(code, item)?.record)
      #expect(record?.field(.body) == conflict["lost"].string)
      #expect(record?.field(.title) == "only two")
    }
    #expect(try group.refusal(one, "conflicts", "restore", conflict["id"].string) == .unknownID)
  }

  @Test func `each lost version of three is a conflict of its own`() throws {
    try write(one, "keywords", ["a"])
    try write(two, "keywords", ["b", "c"])
    try write(city, "keywords", ["d"])
    try meet()
    let conflicts = try list(two)
    #expect(conflicts.count == 2)
    #expect(Set(conflicts.list.map { $0["id"].string }).count == 2)
    #expect(try list(city) == conflicts)
    let values = conflicts.list.map { $0["lost"].string } + [conflicts[0]["kept"].string]
    #expect(Set(values) == ["a", "b、c", "d"])
  }

  @Test func `equal texts of two sites are no conflict, and an edit that saw both ends one`() throws
  {
    try write(one, "body", "same")
    try write(two, "body", "same")
    try meet()
    #expect(try list(city).count == 0)
    try write(one, "body", "left")
    try write(two, "body", "right")
    try meet()
    #expect(try list(one).count == 1)
    try write(one, "body", "both")
    try meet()
    #expect(try list(two).count == 0)
  }

  @Test func `who may not co-edit restores nothing`() throws {
    try write(one, "body", "from one")
    try write(two, "body", "from two")
    try meet()
    let id = try list(two)[0]["id"].string
    try group.run(city, "column", "revoke", "talks", two)
    try group.run(city, "column", "grant", "talks", two, "--share")
    try meet()
    #expect(try group.refusal(two, "conflicts", "restore", id) == .notOwner)
    #expect(try list(two).count == 1)
  }

  @Test func `a rebuilt table finds the same conflicts`() throws {
    try write(one, "body", "from one")
    try write(two, "body", "from two")
    try meet()
    let before = try list(one)
    let store = try #require(group.nodes[one]).store
    try store.write {
      try $0.connection.run("UPDATE followers SET version = 0 WHERE name = 'conflicts'")
    }
    try store.attach(try #require(group.nodes[one]).library.followers)
    #expect(before.count == 1)
    #expect(try list(one) == before)
  }
}
