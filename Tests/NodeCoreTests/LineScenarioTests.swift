import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// A line that breaks in mid-batch: what was kept is kept, and only the rest travels.
@Suite struct LineScenarioTests {
  private let city = "360400"
  private let one = "360423"
  private let two = "360424"
  private let count = 60

  /// A city and two counties that have met; the first has items that the second maps since.
  private func group() throws -> (Group, keys: [RecordKey]) {
    let group = try Group()
    try group.add(city, kind: .central)
    for code in [one, two] { try group.add(code, under: city) }
    try group.write(one, GroupNode.column(one, "one"))
    try group.sync([one, two, one], city)
    let site = try #require(SiteCode(one))
    let keys = try (0..<count).map { number in
      try group.write(one, GroupNode.item(one, "\(number)", in: ["one": true]))
      return RecordKey.item(site, externalID: "\(number)")
    }
    return (group, keys)
  }

  private func mapAll(_ group: Group) throws {
    var rule = RecordEdit(.named(.mapping, of: try #require(SiteCode(two)), by: "m"))
    rule.set(MappingRecord.Cell.source, "\(one):one")
    rule.set(MappingRecord.Cell.isLive, true)
    try group.write(two, rule)
  }

  /// One load in pages of a few records; the answer to the n-th is lost. Then another session.
  private func load(
    _ group: Group, _ code: String, _ endpoint: SyncCall.Endpoint, cutAt place: Int?
  ) throws -> (kept: Int, moved: Int) {
    var calls = 0
    let first = try group.measured(
      code, city, pageBytes: 700,
      cut: { call in
        if call.endpoint == endpoint { calls += 1 }
        return calls == place
      })
    #expect(first.report.isInStep == (place == nil), "\(code) at \(place ?? 0)")
    let second = try group.measured(code, city)
    #expect(second.report.isInStep)
    for session in [first, second] {
      #expect(session.reconciles.isEmpty, "\(code) compared all to find the rest")
    }
    return (
      first.report.pushed + first.report.pulled, second.report.pushed + second.report.pulled
    )
  }

  @Test(arguments: 1...6)
  func `a load that is cut in mid-batch goes on behind the last page that was kept`(
    _ place: Int
  ) throws {
    let (whole, _) = try group()
    let (group, keys) = try group()
    for (code, endpoint) in [(one, SyncCall.Endpoint.push), (two, .pull)] {
      if code == two {
        for group in [whole, group] { try mapAll(group) }
      }
      let all = try load(whole, code, endpoint, cutAt: nil)
      #expect(all.kept >= count && all.moved == 0)
      let (kept, moved) = try load(group, code, endpoint, cutAt: place)
      #expect(kept + moved == all.kept, "\(code): \(kept) and \(moved) of \(all.kept)")
      #expect(kept < all.kept && (place == 1 || kept > 0), "\(code): \(kept)")
    }
    for key in keys {
      #expect(try group.record(two, key)?.digest == group.record(one, key)?.digest)
    }
    try group.expectFingerprintsTrue([city, one, two])
  }
}
