import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// Something that a site writes into what is another's.
struct Forgery {
  let what: String
  let record: Record
}

/// What one county forges of another's and of the city's, in every way that the join would take.
struct Forger {
  let node: Node
  let forger: SiteCode
  let victim: SiteCode
  let above: SiteCode
  private let time: Int64

  init(at node: Node, as forger: String, against victim: String, under above: String) throws {
    self.node = node
    self.forger = try #require(SiteCode(forger))
    self.victim = try #require(SiteCode(victim))
    self.above = try #require(SiteCode(above))
    // Later than all that stands: a forgery that loses the join anyway shows nothing.
    time = node.ports.now() + 60_000
  }

  private func record(_ key: RecordKey) throws -> Record? {
    try node.store.read { try $0.record(key)?.record }
  }

  /// The copy that stands there with one cell exchanged or added.
  private func forged(
    _ what: String, _ key: RecordKey, _ cells: [String: Cell]
  ) throws -> Forgery {
    let old = try record(key)?.cells ?? [:]
    return Forgery(
      what: what,
      record: try #require(Record(key: key, cells: old.merging(cells) { $1 }), "\(what)"))
  }

  private func latest(_ value: some CellValue, by author: SiteCode, at: Int64? = nil) -> Cell {
    .latest(CellVersion(stamp: Stamp(time: at ?? time, author: author), value: value.canonical))
  }

  private func rung(_ rung: UInt64, epoch: UInt64 = 1, by author: SiteCode, at: Int64? = nil)
    -> Cell
  { .rung(Rung(epoch: epoch, rung: rung), Stamp(time: at ?? time, author: author)) }

  /// A cell's own stamp with another value: it would win without a word of a new author.
  private func sameStamp(_ key: RecordKey, _ name: String, _ value: String) throws -> Cell {
    let stamp = try #require(try record(key)?.stamp(name))
    return latest(value, by: stamp.author, at: stamp.time)
  }

  func columns() throws -> [Forgery] {
    let column = RecordKey.column(victim, path: "news")
    let higher = RecordKey.column(above, path: "news")
    let mine = ColumnRecord.Cell.grant(forger)
    return try [
      forged("a column's path", column, ["path": latest("mine", by: forger)]),
      forged("a column's path in its owner's name", column, ["path": latest("z", by: victim)]),
      forged("a column's path, its stamp kept", column, ["path": sameStamp(column, "path", "zzzzzzzz")]),
      forged("a grant", column, [mine: latest(ColumnGrant.contribute.rawValue, by: forger)]),
      forged("a grant above", higher, [mine: latest(ColumnGrant.contribute.rawValue, by: forger)]),
      forged(
        "a grant in the name of the site above", higher,
        [mine: latest(ColumnGrant.contribute.rawValue, by: above)]),
      forged(
        "a column of another's", .column(victim, path: "new"),
        ["path": latest("new", by: forger)]),
    ]
  }

  func items(_ item: RecordKey, coedited: RecordKey) throws -> [Forgery] {
    let title = try #require(try record(item)?.cell("title"))
    guard case .latest(let version) = title,
      case .coedited(let versions, let seen)? = try record(coedited)?.cell("title"),
      let first = versions.first, let life = try record(item)?.stamp("life")
    else { throw StoreFault.damaged("the scene is not set") }
    let new = RecordKey.item(victim, externalID: "not yet written")
    let seed = Cell.coedited(
      [CellVersion(stamp: Stamp(time: time, author: forger), value: "mine".canonical)],
      seen: [forger: time])
    return try [
      forged("a title", item, ["title": latest("mine", by: forger)]),
      forged("a title in its origin's name", item, ["title": latest("z", by: victim)]),
      forged("a title, its stamp kept", item, ["title": sameStamp(item, "title", "zzzzzzzz")]),
      forged("a withdrawal", item, ["life": rung(3, by: forger)]),
      forged("a withdrawal in its origin's name", item, ["life": rung(3, by: victim)]),
      forged("a withdrawal, its stamp kept", item, ["life": rung(3, by: victim, at: life.time)]),
      forged("a reissue", item, ["life": rung(1, epoch: 9, by: victim, at: life.time)]),
      forged("a hold", item, [ItemRecord.Cell.hold(forger): rung(1, by: forger)]),
      forged(
        "a hold in the name of the site above", item,
        [ItemRecord.Cell.hold(above): rung(1, by: above)]),
      forged(
        "a hold of the site above by another's hand", item,
        [ItemRecord.Cell.hold(above): rung(1, by: forger)]),
      forged("a column that it stands in", item, ["in/\(new.id)": latest(true, by: forger)]),
      forged("a co-edited title", item, ["title": seed]),
      forged("a title's join", item, ["title": .coedited([version], seen: [victim: time])]),
      forged("a title's unknown join", item, ["title": .other(CellJoin(rawValue: 9), [version])]),
      forged(
        "a version declared replaced", coedited,
        ["title": .coedited([first], seen: seen.merging([above: time]) { max($0, $1) })]),
      Forgery(
        what: "a purge",
        record: try #require(Record(key: item, cells: ["purge": latest(true, by: forger)]))),
      Forgery(
        what: "a purge in its origin's name",
        record: try #require(Record(key: item, cells: ["purge": latest(true, by: victim)]))),
      forged(
        "an item before its origin writes it", new,
        [
          "coedited": latest(true, by: victim), "title": seed,
          "coedited_in": latest([RecordKey.column(forger, path: "news")], by: victim),
        ]),
    ]
  }

  func orders(_ mandate: RecordKey, _ submission: RecordKey) throws -> [Forgery] {
    let issued = try #require(try record(mandate)?.stamp("state"))
    let receipt = RecordKey.receipt(of: victim, for: mandate)
    let ownColumn = RecordKey.column(forger, path: "news")
    return try [
      forged("a mandate lifted", mandate, ["state": rung(2, by: forger)]),
      forged(
        "a mandate lifted, its stamp kept", mandate,
        ["state": rung(2, by: above, at: issued.time)]),
      forged("a waiver", mandate, [MandateRecord.Cell.waiver(forger): latest("no", by: forger)]),
      forged(
        "a mandate of the site above", .named(.mandate, of: above, by: "x"),
        ["item": latest(RecordKey.item(victim, externalID: "x"), by: above)]),
      forged("a receipt", receipt, ["state": latest("failed", by: forger)]),
      forged("a receipt in its site's name", receipt, ["state": latest("failed", by: victim)]),
      forged("a verdict", submission, ["review/verdict": rung(2, by: forger)]),
      forged(
        "a verdict on what is led to a column of one's own", submission,
        ["review/verdict": rung(2, by: forger), "column": latest(ownColumn, by: victim)]),
      forged(
        "a mapping of another's", .named(.mapping, of: victim, by: "x"),
        ["live": latest(true, by: victim)]),
    ]
  }

  func placements(_ item: RecordKey) throws -> [Forgery] {
    let column = RecordKey.column(above, path: "news")
    let standing = RecordKey.placement(of: item, in: column)
    let own = RecordKey.item(forger, externalID: "own")
    let key = RecordKey.placement(of: own, in: column)
    let manual = PlacementCause(site: forger, kind: .manual).cell
    let path = latest([RecordKey](), by: forger)
    let parts = ["column": latest(column, by: forger), "item": latest(own, by: forger)]
    return try [
      forged("a cause without a grant", key, parts.merging([manual: path]) { $1 }),
      forged("a placement without a cause", key, parts),
      forged(
        "a cause of the site above", key,
        parts.merging([PlacementCause(site: above, kind: .manual).cell: path]) { $1 }),
      forged("a pin", standing, ["pin": latest(Int64(1), by: forger)]),
      forged("a hiding", standing, ["hide": latest(true, by: above)]),
      forged(
        "another content", standing,
        ["snapshot": latest(RecordKey.named(.snapshot, of: forger, by: "x"), by: forger)]),
    ]
  }

  func registry() throws -> [Forgery] {
    func site(_ code: SiteCode, under parent: SiteCode, by author: SiteCode) throws -> Forgery {
      try forged(
        "\(code) in the registry, under \(parent), by \(author)",
        .site(code, registeredBy: parent),
        [
          "code": latest(code, by: author), "name": latest("mine", by: author),
          "state": latest("enrolled", by: author),
        ])
    }
    let stranger = try #require(SiteCode("999999"))
    return try [
      site(victim, under: forger, by: forger), site(above, under: forger, by: forger),
      site(victim, under: above, by: forger), site(victim, under: above, by: above),
      site(forger, under: above, by: forger), site(stranger, under: above, by: above),
      site(stranger, under: victim, by: victim),
      forged(
        "a site under another's key", .named(.site, of: forger, by: "x"),
        ["code": latest(stranger, by: forger)]),
      forged("contacts", .named(.contact, of: victim, by: "1"), ["name": latest("x", by: victim)]),
      forged(
        "a record of an unknown kind", .named(RecordKind(rawValue: 99), of: victim, by: "1"),
        ["name": latest("x", by: forger)]),
    ]
  }
}
