import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// A node comes back from a backup and writes on before it meets its upstream.
@Suite struct RestoredNodeTests {
  @Test func `a restored node that writes on loses neither of its lives`() throws {
    let (city, county) = ("360400", "360423")
    let group = try Group()
    try group.add(city, kind: .central)
    try group.add(county, under: city)
    let keys = try group.publish(county, 0..<20)
    try group.sync([county], city)
    func write(_ key: RecordKey, _ title: String, _ rung: LifeRung) throws {
      var edit = RecordEdit(key)
      edit.set("title", title)
      edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: rung.rawValue))
      try group.write(county, edit)
    }
    let backup = try group.copy(county)
    group.clocks[county]?.withLock { $0 += 60_000 }
    try write(keys[1], "first life", .published)
    try write(keys[2], "first life", .withdrawn)
    try group.publish(county, 100..<105)
    try group.sync([county], city)

    try group.bringBack(county, backup)
    group.clocks[county]?.withLock { $0 += 60_000 }
    try write(keys[1], "second life", .published)
    try write(keys[2], "second life", .archived)
    try group.publish(county, 200..<205)
    let held = try group.holdings(city)
    for _ in 0..<2 {
      guard case .failed(.problem(.operatorNeeded, _)) = try group.sync(county, city).ending else {
        Issue.record("an old copy was let in")
        return
      }
    }
    #expect(try group.holdings(city) == held)
    try #require(group.nodes[county]).rejoin()
    let session = try group.measured(county, city)
    #expect(session.report.isInStep && session.report.refused + session.report.setAside == 0)
    #expect(session.report.pulled >= 5 && session.report.pushed >= 5)
    #expect(try group.holdings(county) == group.holdings(city))
    #expect(try group.holdings(city).count == held.count + 5)
    for code in [city, county] {
      let titles = try [1, 2].map { try group.record(code, keys[$0]).map { ItemRecord($0.record) } }
      #expect(titles[0]?.title == "second life" && titles[0]?.state == .published)
      #expect(titles[1]?.title == "second life" && titles[1]?.state == .withdrawn)
    }
    try group.expectFingerprintsTrue([city, county])
  }
}
