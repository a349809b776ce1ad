import NodeCore
import Replication
import SiteGroup
import Testing

/// What each level and each contributor may do with an item of another site.
@Suite struct `Items between levels` {
  let group: Group
  let city = "360400"
  let one = "360423"
  let two = "360424"

  init() throws {
    group = try Group()
    try group.add(city, kind: .central)
    try group.add(one, under: city)
    try group.add(two, under: city)
    try group.run(city, "column", "add", "访谈", "--modes", "cobuild")
    try group.run(city, "column", "grant", "访谈", one, two)
    try group.run(one, "column", "add", "要闻")
    try group.sync([one, two], city)
  }

  private func publish(_ words: String...) throws -> String {
    let base = ["item", "add", "--title", "甲", "--body", "b", "--publish"]
    let id = try group.run(one, words: base + words)["id"].string
    try group.sync([one, two, one], city)
    return id
  }

  private func show(_ code: String, _ id: String) throws -> JSONAnswer {
    try group.run(code, "item", "show", id)
  }

  private func titles(_ code: String) throws -> [String] {
    try group.run(code, "item", "list")["items"].list.map { $0["title"].string }
  }

  @Test func `a hold takes an item out of view everywhere, and can come again after a release`()
    throws
  {
    let id = try publish("--column", "要闻")
    for round in 1...2 {
      #expect(try group.run(city, "item", "hold", id, "--reason", "核实")["changed"] == true)
      #expect(try group.run(city, "item", "hold", id)["changed"] == false)
      try group.sync([one], city)
      #expect(try titles(one) == [], "round \(round)")
      #expect(try show(one, id)["held"] == true)
      #expect(try show(one, id)["reason"] == "核实")
      #expect(try show(one, id)["state"] == "published")
      #expect(try group.run(city, "item", "release", id)["changed"] == true)
      #expect(try group.run(city, "item", "release", id)["changed"] == false)
      try group.sync([one], city)
      #expect(try titles(one) == ["甲"], "round \(round)")
    }
  }

  @Test func `a withdrawal from above is not undone by the origin's reissue`() throws {
    let id = try publish("--column", "要闻")
    try group.run(city, "item", "withdraw", id, "--reason", "失实")
    try group.sync([one], city)
    #expect(try show(one, id)["state"] == "withdrawn")
    #expect(try show(one, id)["withdrawn_by"].strings == [city])
    let reissue = try group.run(one, "item", "reissue", id)
    #expect(reissue["warnings"][0]["code"] == "withdrawn_above")
    #expect(try titles(one) == [])
    try group.run(city, "item", "reissue", id)
    try group.sync([one], city)
    #expect(try titles(one) == ["甲"])
  }

  @Test func `after the last epoch there is none: reissue and release are refused`() throws {
    let id = try publish("--column", "要闻")
    let key = RecordKey(
      owner: try #require(SiteCode(one)), kind: .item, id: try #require(RecordID(text: id)))
    var edit = RecordEdit(key)
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: .max, rung: LifeRung.withdrawn.rawValue))
    try group.write(one, edit)
    try group.sync([one], city)
    let site = try #require(SiteCode(city))
    edit = RecordEdit(key)
    edit[ItemRecord.Cell.life(site)] = .rung(
      Rung(epoch: .max, rung: LifeRung.withdrawn.rawValue))
    edit[ItemRecord.Cell.hold(site)] = .rung(Rung(epoch: .max, rung: 1))
    try group.write(city, edit)
    try group.sync([one], city)
    #expect(try group.refusal(one, "item", "reissue", id) == .wrongState)
    #expect(try group.refusal(city, "item", "reissue", id) == .wrongState)
    #expect(try group.refusal(city, "item", "release", id) == .wrongState)
    for code in [one, city] {
      #expect(try show(code, id)["state"] == "withdrawn")
      #expect(try show(code, id)["held"] == true)
    }
  }

  @Test func `only levels above hold, only the origin archives and publishes`() throws {
    let id = try publish("--column", "\(city):访谈")
    #expect(try group.refusal(one, "item", "hold", id) == .ownItem)
    #expect(try group.refusal(two, "item", "hold", id) == .notOwner)
    #expect(try group.refusal(two, "item", "withdraw", id, "--reason", "r") == .notOwner)
    #expect(try group.refusal(city, "item", "archive", id) == .notOwner)
    #expect(try group.refusal(city, "item", "publish", id) == .notOwner)
    #expect(try group.refusal(city, "item", "release", id) == .wrongState)
    #expect(try group.refusal(city, "item", "reissue", id) == .wrongState)
  }

  @Test func `a granted column shows a contributor's item everywhere, an ungranted one refuses`()
    throws
  {
    let id = try publish("--column", "\(city):访谈")
    for code in [city, one, two] {
      let rows = try group.run(code, "item", "list", "--column", "\(city):访谈")["items"]
      #expect(rows.list.map { $0["id"].string } == [id], "\(code)")
    }
    let placement = try show(two, id)["placements"][0]
    #expect(placement["site"].string == city)
    #expect(placement["causes"][0]["site"].string == one)
    try group.run(city, "column", "revoke", "访谈", one)
    try group.sync([one], city)
    #expect(
      try group.refusal(one, "item", "add", "--column", "\(city):访谈", "--title", "x")
        == .notGranted)
  }

  @Test func `an item is edited by another site only where it is co-edited there`() throws {
    let plain = try publish("--column", "\(city):访谈")
    #expect(try group.refusal(two, "item", "edit", plain, "--title", "x") == .notOwner)
    let shared = try publish("--column", "\(city):访谈", "--coedited")
    try group.run(two, "item", "edit", shared, "--title", "乙")
    #expect(
      try group.refusal(two, "item", "edit", shared, "--published-at", "2020-01-01") == .notOwner)
    try group.sync([two, one], city)
    #expect(try show(one, shared)["title"] == "乙")
    #expect(try show(one, shared)["coedited"] == true)
  }

  @Test func `a trace tells who has the present state`() throws {
    let id = try publish("--column", "要闻")
    func has(_ code: String) throws -> JSONAnswer? {
      try group.run(one, "item", "trace", id)["sites"].list
        .first { $0["code"].string == code }?["has_current"]
    }
    #expect(try has(city) == true)
    try group.run(one, "item", "edit", id, "--title", "乙")
    #expect(try has(city) == false)
    try group.sync([one], city)
    #expect(try has(city) == true)
    #expect(try has(one) == true)
  }
}
