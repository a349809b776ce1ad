import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct ForgedRecordTests {
  /// One item of the county's with a co-edited title that has replaced whatever it holds not.
  private func copy(_ key: RecordKey, _ title: String, at time: Int64, seen: Int64) throws -> Record
  {
    let site = key.owner
    let life = Cell.rung(Rung(epoch: 1, rung: 1), Stamp(time: 1, author: site))
    let version = CellVersion(stamp: Stamp(time: time, author: site), value: title.canonical)
    return try #require(
      Record(key: key, cells: ["life": life, "title": .coedited([version], seen: [site: seen])]))
  }

  @Test func `a copy whose join could not be read again is set aside, and harms nothing`() throws {
    let group = try Group()
    let city = try group.add("360400", kind: .central)
    let county = try group.add("360423", under: "360400")
    let key = RecordKey.item(county.site, externalID: "forged")
    func forge(_ record: Record) throws {
      try county.store.write { try $0.put(record, over: try $0.record(key)) }
    }
    let first = try copy(key, "first", at: 1, seen: 2)
    try forge(first)
    #expect(try group.sync("360423", "360400").isInStep)
    #expect(try city.store.read { try $0.record(key)?.record.bytes } == first.bytes)
    try forge(try copy(key, "second", at: 2, seen: 2))
    let report = try group.sync("360423", "360400")
    #expect(report.refused == 1)
    #expect(try city.store.read { try $0.record(key)?.record.bytes } == first.bytes)
    #expect(try county.store.read { try $0.damages() }.isEmpty)
    #expect(try city.store.read { try $0.damages() }.isEmpty)
    // What follows goes on as ever.
    let other = RecordKey.item(county.site, externalID: "other")
    var edit = RecordEdit(other)
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    try county.store.write { try $0.write(edit) }
    _ = try group.sync("360423", "360400")
    #expect(try city.store.read { try $0.record(other) } != nil)
  }
}
