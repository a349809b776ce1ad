import Bytes
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// Writes that meet: in whatever order they arrive, every node ends with the same, and nothing that
/// comes early is lost.
@Suite struct OrderScenarioTests {
  private let province = "360000"
  private let city = "360400"
  private let county = "360423"

  private func tiers() throws -> Group {
    let group = try Group()
    try group.add(province, kind: .central)
    try group.add(city, under: province, kind: .central)
    try group.add(county, under: city)
    return group
  }

  private func pair() throws -> (Group, RecordKey) {
    let group = try Group()
    try group.add(city, kind: .central)
    try group.add(county, under: city)
    let key = try group.publish(county, 0..<1)[0]
    try group.sync([county], city)
    return (group, key)
  }

  private func up(_ group: Group) throws {
    try group.sync([county], city)
    try group.sync([city], province)
    try group.sync([county], city)
  }

  private func item(_ group: Group, _ code: String, _ key: RecordKey) throws -> ItemRecord {
    try #require(try group.record(code, key).map { ItemRecord($0.record) }, "\(code)")
  }

  private func retitle(_ group: Group, _ key: RecordKey, _ title: String) throws {
    var edit = RecordEdit(key)
    edit.set("title", title)
    try group.write(county, edit)
  }

  // MARK: edit against delete

  @Test(arguments: [false, true])
  func `an edit and a withdrawal end alike whichever reaches a tier first`(
    _ editComesFirst: Bool
  ) throws {
    let group = try tiers()
    let key = try group.publish(county, 0..<1)[0]
    try up(group)
    let steps: [() throws -> Void] = [
      { try retitle(group, key, "edited") },
      {
        try group.run(city, "item", "withdraw", key.id.description, "--reason", "x")
        try group.sync([city], province)
      },
    ]
    for step in editComesFirst ? steps : steps.reversed() {
      try step()
      if editComesFirst { try up(group) }
    }
    try up(group)
    let digest = try group.record(county, key)?.digest
    for code in [province, city, county] {
      let item = try item(group, code, key)
      #expect(item.state == .withdrawn && !item.shows && item.title == "edited", "\(code)")
      #expect(try group.record(code, key)?.digest == digest, "\(code)")
      #expect(try group.run(code, "item", "list")["items"].count == 0, "\(code)")
    }
  }

  /// The origin's own withdrawal, against what an old copy of its store goes on to write.
  @Test(arguments: [false, true])
  func `a later write of an old copy never brings a withdrawn item back`(
    _ withdrawalIsInTheCopy: Bool
  ) throws {
    let (group, key) = try pair()
    let old = try group.copy(county)
    func live(_ isWithdrawn: Bool) throws {
      group.clocks[county]?.withLock { $0 += 60_000 }
      var edit = RecordEdit(key)
      let rung: LifeRung = isWithdrawn ? .withdrawn : .archived
      edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: rung.rawValue))
      if !isWithdrawn { edit.set("title", "edited") }
      try group.write(county, edit)
    }
    try live(!withdrawalIsInTheCopy)
    try group.sync([county], city)
    try group.bringBack(county, old)
    try live(withdrawalIsInTheCopy)
    try #require(group.nodes[county]).rejoin()
    try group.sync([county], city)
    for code in [city, county] {
      let item = try item(group, code, key)
      #expect(item.state == .withdrawn && item.title == "edited", "\(code)")
    }
  }

  // MARK: ties

  /// Two lives of one store write at the same millisecond: same author, same time.
  @Test(arguments: [("first", "second"), ("second", "first")])
  func `of two writes with one stamp the greater octets stand at both ends`(
    _ kept: String, _ copied: String
  ) throws {
    let (group, key) = try pair()
    let old = try group.copy(county)
    group.clocks[county]?.withLock { $0 += 60_000 }
    try retitle(group, key, kept)
    let stamp = try group.record(county, key)?.record.newest
    try group.sync([county], city)
    try group.bringBack(county, old)
    try retitle(group, key, copied)
    #expect(try group.record(county, key)?.record.newest == stamp)
    try #require(group.nodes[county]).rejoin()
    try group.sync([county], city)
    for code in [city, county] { #expect(try item(group, code, key).title == "second", "\(code)") }
    #expect(try group.measured(county, city).calls.count == 1)
  }

  @Test func `copies that tie join to the same octets in every order, whatever the join`() throws {
    let site = try #require(SiteCode(county))
    let other = try #require(SiteCode(city))
    let stamp = Stamp(time: 5, author: site)
    let key = RecordKey.item(site, externalID: "tie")
    func copies(_ cells: [Cell]) throws -> [Record] {
      try cells.map { try #require(Record(key: key, cells: ["c": $0])) }
    }
    let values = ["a", "b", "c"].map { CellVersion(stamp: stamp, value: $0.canonical) }
    let kinds: [[Cell]] = [
      values.map { .latest($0) },
      values.map { .coedited([$0], seen: [site: 5]) },
      values.map { .other(CellJoin(rawValue: 9), [$0]) },
      [
        .rung(Rung(epoch: 1, rung: 1), stamp),
        .rung(Rung(epoch: 1, rung: 1), Stamp(time: 5, author: other)),
        .rung(Rung(epoch: 1, rung: 2), stamp),
      ],
    ]
    for cells in kinds {
      let copies = try copies(cells)
      let joined = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map { order in
        order.dropFirst().reduce(copies[order[0]]) { $0.joined(with: copies[$1]).record }
      }
      #expect(Set(joined.map(\.bytes)).count == 1, "\(cells[0].join)")
    }
    let winner = try copies(kinds[0]).reversed().reduce(nil as Record?) {
      $0?.joined(with: $1).record ?? $1
    }
    #expect(winner?.value("c") == "c")
  }

  // MARK: child before parent

  /// Every order in which an item, its placement and their columns can arrive, each alone.
  @Test(arguments: 0..<24)
  func `what comes before that on which it hangs is kept, and shows when all is there`(
    _ order: Int
  ) throws {
    let group = try Group()
    try group.add(city, kind: .central)
    try group.add(county, under: city)
    for (source, target) in [("a", "要闻"), ("b", "头条")] {
      try group.run(city, "column", "add", target)
      try group.run(
        city, "map", "add", "--from", "\(county):\(source)", "--to", target, "--existing")
    }
    try group.sync([county], city)
    let site = try #require(SiteCode(county))
    let columns = ["a", "b"].map { RecordKey.column(site, path: $0) }
    let item = RecordKey.item(site, externalID: "i")
    var steps: [RecordEdit] = try ["a", "b"].map { try GroupNode.column(county, $0) }
    steps.append(try GroupNode.item(county, "i", in: ["a": true]))
    steps.append(
      PlacementRecord.edit(
        item, in: columns[1], cause: PlacementCause(site: site, kind: .manual), path: []))
    var number = order
    while !steps.isEmpty {
      try group.write(county, steps.remove(at: number % steps.count))
      number /= max(1, steps.count + 1)
    }
    // A page of one octet ends with its first record.
    let session = try group.measured(county, city, pageBytes: 1)
    #expect(session.calls.filter { $0.endpoint == .push }.count == 4)
    #expect(session.report.isInStep && session.report.refused == 0)
    for target in ["要闻", "头条"] {
      let items = try group.run(city, "item", "list", "--column", target)["items"]
      #expect(items.list.map { $0["title"].string } == ["i"], "\(target)")
    }
    try group.expectFingerprintsTrue([city, county])
  }

  // MARK: what an old node does not know

  @Test func `records of a kind that a relay does not know pass it, merge, and come back`() throws {
    let group = try tiers()
    try up(group)
    let site = try #require(SiteCode(county))
    let kind = RecordKind(rawValue: 77)
    let key = RecordKey.named(kind, of: site, by: "of tomorrow")
    var edit = RecordEdit(key)
    edit.set("text", "first")
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    try group.write(county, edit)
    try up(group)
    let old = try group.copy(county)
    edit.set("text", "second")
    edit.set("more", true)
    try group.write(county, edit)
    try up(group)
    let digest = try #require(try group.record(county, key)).digest
    for code in [city, province] { #expect(try group.record(code, key)?.digest == digest) }
    // Lost with the machine: the relay gives it back.
    try group.bringBack(county, old)
    try #require(group.nodes[county]).rejoin()
    try group.sync([county], city)
    #expect(try group.record(county, key)?.digest == digest)
    #expect(try group.run(city, "set-aside", "list")["asides"].count == 0)
  }
}
