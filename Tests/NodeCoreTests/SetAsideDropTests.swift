import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// What is set aside can be given up.
@Suite struct SetAsideDropTests {
  private func pair() throws -> (Group, RecordKey) {
    let group = try Group()
    try group.add("360400", kind: .central)
    try group.add("360423", under: "360400")
    let keys = try group.publish("360423", 0..<3)
    try group.sync(["360423"], "360400")
    return (group, keys[0])
  }

  @Test func `a refused change that is dropped is undone`() throws {
    let (group, key) = try pair()
    let city = try #require(SiteCode("360400"))
    var edit = RecordEdit(key)
    edit.set("title", "changed as well")
    edit[ItemRecord.Cell.hold(city)] = .rung(Rung(epoch: 1, rung: 1))
    try group.write("360423", edit)
    #expect(try group.sync("360423", "360400").refused == 1)
    let id = try group.run("360423", "set-aside", "list")["asides"][0]["id"].string
    let dropped = try group.run("360423", "set-aside", "drop", id)
    #expect(dropped["undone"] == true)
    #expect(try group.sync("360423", "360400").isInStep)
    #expect(try group.run("360423", "set-aside", "list")["asides"].count == 0)
    #expect(try group.holdings("360423") == group.holdings("360400"))
    // What the upstream did take stays.
    #expect(try group.record("360423", key)?.record.value("title") == "changed as well")
    #expect(try group.record("360423", key)?.record.cell("hold/360400") == nil)
    #expect(try group.measured("360423", "360400").calls.count == 1)
  }

  @Test func `a record that cannot be taken is waited for no longer, until it changes`() throws {
    let (group, key) = try pair()
    let city = try #require(SiteCode("360400"))
    var edit = RecordEdit(key)
    edit.set("title", "not the city's to write")
    try group.write("360400", edit)
    #expect(try group.sync("360423", "360400").setAside == 1)
    let id = try group.run("360423", "set-aside", "list")["asides"][0]["id"].string
    #expect(try group.run("360423", dryRun: true, "set-aside", "drop", id)["undone"] == false)
    #expect(try group.run("360423", "set-aside", "list")["asides"].count == 1)
    try group.run("360423", "set-aside", "drop", id)
    #expect(try group.run("360423", "set-aside", "list")["asides"].count == 0)
    let session = try group.measured("360423", "360400")
    #expect(session.report.isInStep && session.report.pulled + session.report.setAside == 0)
    var hold = RecordEdit(key)
    hold[ItemRecord.Cell.hold(city)] = .rung(Rung(epoch: 1, rung: 1))
    try group.write("360400", hold)
    #expect(try group.sync("360423", "360400").setAside == 1)
    #expect(try group.record("360423", key)?.record.cell("hold/360400") != nil)
    #expect(try group.run("360423", "set-aside", "list")["asides"].count == 1)
    #expect(try group.refusal("360400", "set-aside", "drop", "aaaaaaaa") == .unknownID)
  }
}
