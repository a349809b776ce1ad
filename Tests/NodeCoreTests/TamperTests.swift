import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// A text as a cell's value.
private func text(_ text: String) -> [UInt8] {
  var writer = CBORWriter()
  writer.text(text)
  return writer.bytes
}

extension Node {
  /// Statements of somebody who opens the file with a tool of their own.
  func tamper(_ statements: (sql: String, values: [SQLValue])...) throws {
    let connection = try Connection(path: store.path, mode: .existing)
    for one in statements { try connection.run(one.sql, one.values) }
  }

  func row(_ key: RecordKey) throws -> SQLValue {
    .integer(try #require(try store.read { try $0.row(of: key) }))
  }

  /// Another title in the stored record, with the digest that belongs to it.
  func rewrite(_ key: RecordKey, title: String = "改过的标题") throws {
    let (row, digest, bytes) = try store.read { snapshot in
      let stored = try #require(try snapshot.record(key))
      var cells = stored.record.cells
      let stamp = try #require(stored.record.stamp(ItemField.title.rawValue))
      cells[ItemField.title.rawValue] = .latest(CellVersion(stamp: stamp, value: text(title)))
      let record = try #require(Record(key: key, cells: cells))
      return (
        stored.row, snapshot.algorithm.digest(record.bytes),
        snapshot.codec.deflated(record.bytes, dictionary: RecordCodec.dictionary)
      )
    }
    try tamper(
      (
        "UPDATE records SET digest = ?, bytes = ? WHERE row = ?",
        [.blob(digest.bytes), .blob(bytes), .integer(row)]
      ))
  }

  /// What `verify` names: id, what, where.
  func findings(_ words: String...) throws -> [String] {
    let answer = try words.isEmpty ? answer("verify") : answer("verify", words[0])
    #expect(answer["ok"] == .init(booleanLiteral: answer["damaged"].list.isEmpty))
    return answer["damaged"].list.map {
      "\($0["id"].string) \($0["what"].string) \($0["where"].string)"
    }
  }
}

/// Whatever is changed behind the program's back is named, and comes back where anybody has it.
@Suite struct TamperTests {
  private func pair(items: Int = 6) throws -> (SignedPair, [RecordKey]) {
    let pair = try SignedPair()
    try pair.enrol()
    let keys = try pair.county.publish(0..<items)
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try pair.county.findings() == [] && pair.centre.findings() == [])
    return (pair, keys)
  }

  private func title(_ key: RecordKey, _ node: Node) throws -> String? {
    try node.store.read { ItemRecord(try $0.record(key)?.record)?.title }
  }

  @Test func `a record changed with its digest is named and comes back from the upstream`() throws {
    let (pair, keys) = try pair()
    try pair.county.rewrite(keys[2])
    try pair.county.rewrite(keys[4])
    let names = [keys[2], keys[4]].sorted().map { "\($0) changed records" }
    #expect(try pair.county.findings() == names)
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == true && repaired["repair"]["repaired"].count == 2)
    #expect(try title(keys[2], pair.county) == "item 2")
    #expect(try pair.county.findings() == [] && pair.centre.findings() == [])
    #expect(try title(keys[2], pair.centre) == "item 2")
  }

  @Test func `a changed record of the root comes back from the child that wrote it`() throws {
    let (pair, keys) = try pair()
    try pair.centre.rewrite(keys[3])
    #expect(try pair.centre.findings() == ["\(keys[3]) changed records"])
    let repaired = try pair.centre.answer("verify", "--repair")
    #expect(repaired["repair"]["awaited"].strings == [keys[3].description])
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try title(keys[3], pair.centre) == "item 3")
    #expect(try pair.centre.findings() == [] && pair.county.findings() == [])
  }

  @Test func `a record changed before it went anywhere is named, kept, and goes to nobody`() throws {
    let (pair, _) = try pair()
    let key = try #require(try pair.county.publish(77..<78).first)
    try pair.county.rewrite(key)
    #expect(try pair.county.findings() == ["\(key) changed records"])
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == false)
    #expect(repaired["repair"]["unrepaired"].list.map { $0["id"].string } == [key.description], "\(repaired)")
    _ = try pair.county.synchronize()
    #expect(try title(key, pair.centre) == nil && title(key, pair.county) == "改过的标题")
  }

  @Test(arguments: [true, false])
  func `a deleted record is named and comes back`(hasItsList: Bool) throws {
    let (pair, keys) = try pair()
    let row = try pair.county.row(keys[1])
    try pair.county.tamper(("DELETE FROM records WHERE row = ?", [row]))
    if !hasItsList { try pair.county.tamper(("DELETE FROM items WHERE record = ?", [row])) }
    let found = try pair.county.findings()
    #expect(found.count == 1 && found[0].hasSuffix(" missing records"), "\(found)")
    if hasItsList { #expect(found == ["\(keys[1]) missing records"]) }
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == true, "\(repaired)")
    #expect(try title(keys[1], pair.county) == "item 1")
    #expect(try pair.county.findings() == [] && pair.centre.findings() == [])
  }

  @Test func `a record whose octets were taken away is named and comes back`() throws {
    let (pair, keys) = try pair()
    try pair.county.tamper(
      ("UPDATE records SET digest = NULL, bytes = NULL WHERE row = ?", [try pair.county.row(keys[1])])
    )
    #expect(try pair.county.findings().contains("\(keys[1]) missing records"))
    #expect(try pair.county.answer("verify", "--repair")["ok"] == true)
    #expect(try title(keys[1], pair.county) == "item 1")
    #expect(try pair.county.findings() == [])
  }

  @Test func `a record put in by hand is named and taken away`() throws {
    let (pair, keys) = try pair()
    let forged = RecordKey.item(pair.county.site, externalID: "forged")
    let record = try #require(
      Record(
        key: forged,
        cells: [
          "title": .latest(
            CellVersion(
              stamp: Stamp(time: 1_700_000_000_000, author: pair.county.site), value: text("假")))
        ]))
    let (digest, bytes) = try pair.county.store.read { snapshot in
      try #require(!record.bytes.isEmpty)
      return (
        snapshot.algorithm.digest(record.bytes),
        snapshot.codec.deflated(record.bytes, dictionary: RecordCodec.dictionary)
      )
    }
    try pair.county.tamper(
      (
        """
        INSERT INTO records(key, digest, changed_at, dictionary, bytes, seal)
        SELECT ?, ?, changed_at, dictionary, ?, seal FROM records WHERE row = ?
        """,
        [
          .blob(forged.octets), .blob(digest.bytes), .blob(bytes), try pair.county.row(keys[0]),
        ]
      ))
    #expect(try pair.county.findings() == ["\(forged) inserted records"])
    #expect(try pair.county.answer("verify", "--repair")["ok"] == true)
    #expect(try pair.county.store.read { try $0.record(forged) } == nil)
    #expect(try pair.county.findings() == [])
  }

  /// A careful hand: an earlier row, seal and all, put back in the place of the present one.
  @Test func `an earlier row that was put back is named`() throws {
    let (pair, keys) = try pair()
    let row = try pair.county.row(keys[5])
    let old = try #require(
      try pair.county.store.read { snapshot in
        try snapshot.connection.first(
          "SELECT digest, changed_at, bytes, seal FROM records WHERE row = ?", [row]
        ) {
          [
            SQLValue.blob($0.blob(0)), .integer($0.integer(1)), .blob($0.blob(2)),
            .integer($0.integer(3)),
          ]
        }
      })
    try pair.county.publish(5..<6, title: "newer")
    #expect(try pair.county.synchronize().report.isInStep)
    try pair.county.tamper(
      (
        "UPDATE records SET digest = ?, changed_at = ?, bytes = ?, seal = ? WHERE row = ?",
        old + [row]
      ))
    let found = try pair.county.findings()
    #expect(found.contains("\(keys[5]) changed records"), "\(found)")
  }

  @Test func `who changes the seal of the store too is found by the audit chain`() throws {
    let (pair, keys) = try pair()
    try pair.county.tamper(
      ("DELETE FROM records WHERE row = ?", [try pair.county.row(keys[1])]),
      ("DELETE FROM entries WHERE record NOT IN (SELECT row FROM records)", []),
      ("DELETE FROM items WHERE record NOT IN (SELECT row FROM records)", []))
    let seal = try pair.county.store.read { snapshot in
      var seal = try snapshot.storedSeal()
      seal[.records] = try snapshot.heldFingerprint(.all)
      return seal
    }
    try pair.county.tamper(("UPDATE state SET seal = ?", [.blob(seal.octets)]))
    #expect(try pair.county.findings().contains("seal changed state"))
  }

  @Test func `changed rows of what is derived are named, and derived anew`() throws {
    let (pair, keys) = try pair()
    let county = pair.county
    _ = try county.answer("column", "add", "要闻")
    try county.answer("place", keys[0].id.description, "要闻")
    #expect(try county.synchronize().report.isInStep)
    let row = try county.row(keys[0])
    let edits: [(String, [SQLValue], String)] = [
      ("UPDATE items SET title = 'x' WHERE record = ?", [row], "\(keys[0]) changed items"),
      ("UPDATE items SET shows = 0 WHERE record = ?", [row], "\(keys[0]) changed items"),
      ("DELETE FROM items WHERE record = ?", [row], "\(keys[0]) missing items"),
      ("DELETE FROM item_columns WHERE record = ?", [row], "\(keys[0]) missing item_columns"),
      ("INSERT INTO item_columns VALUES (x'01', ?)", [row], "\(keys[0]) inserted item_columns"),
      ("INSERT INTO conflicts VALUES (?)", [row], "\(keys[0]) inserted conflicts"),
      (
        "INSERT INTO blob_references VALUES (zeroblob(32), ?, 1)", [row],
        "\(keys[0]) inserted blob_references"
      ),
      (
        "UPDATE entries SET flags = flags & ~1 WHERE record = ?", [row],
        "\(keys[0]) missing entries"
      ),
    ]
    for (sql, values, name) in edits {
      try county.tamper((sql, values))
      #expect(try county.findings() == [name], "\(sql)")
      let repaired = try county.answer("verify", "--repair")
      #expect(repaired["ok"] == true, "\(sql): \(repaired)")
      #expect(try county.findings() == [], "\(sql)")
    }
  }

  @Test func `a changed placement is named`() throws {
    let (pair, keys) = try pair()
    _ = try pair.centre.answer("column", "add", "要闻")
    try pair.centre.answer("place", keys[0].id.description, "要闻")
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try pair.centre.findings() == [])
    try pair.centre.tamper(("UPDATE placements SET live = 1 - live, prefix = 'x'", []))
    let found = try pair.centre.findings()
    #expect(found.count == 1 && found[0].hasSuffix(" changed placements"), "\(found)")
    #expect(try pair.centre.answer("verify", "--repair")["ok"] == true)
    #expect(try pair.centre.findings() == [])
  }

  @Test func `what a link says was agreed is named where it was changed`() throws {
    let (pair, keys) = try pair()
    let row = try pair.county.row(keys[0])
    for (sql, what) in [
      ("UPDATE entries SET agreed = zeroblob(32) WHERE record = ?", "changed"),
      ("UPDATE entries SET agreed = NULL WHERE record = ?", "missing"),
    ] {
      try pair.county.tamper((sql, [row]))
      #expect(try pair.county.findings() == ["\(keys[0]) \(what) entries"])
      let repaired = try pair.county.answer("verify", "--repair")
      #expect(repaired["ok"] == true, "\(repaired)")
      #expect(try pair.county.findings() == [] && pair.centre.findings() == [])
    }
    try pair.county.tamper(("UPDATE links SET count = count + 1", []))
    #expect(try pair.county.findings() == ["360400 missing entries"])
  }

  @Test func `changed history, drafts, operators and audit rows are named`() throws {
    let (pair, _) = try pair()
    let county = pair.county
    try county.publish(0..<1, title: "newer")
    #expect(try county.synchronize().report.isInStep)
    _ = try county.answer("column", "add", "要闻")
    let draft = try county.answer(
      "item", "add", "--column", "要闻", "--title", "稿", "--body", "<p>稿</p>", "--published-at",
      "2023-11-14T00:00:00Z")["id"].string
    _ = try county.answer("operator", "add", "test", "--real-name", "王", "--roles", "administrator")
    #expect(try county.synchronize().report.isInStep)
    #expect(try county.findings() == [])
    try county.tamper(("UPDATE versions SET at = at + 1", []))
    #expect(try county.findings().allSatisfy { $0.hasSuffix(" changed versions") })
    #expect(try county.answer("verify", "--repair")["ok"] == true)
    try county.tamper(("UPDATE drafts SET bytes = (SELECT bytes FROM drafts), changed_at = 1", []))
    let named = try county.findings()
    #expect(named.count == 1 && named[0].hasSuffix("\(draft) changed drafts"), "\(named)")
    try county.tamper(("DELETE FROM drafts", []))
    #expect(try county.findings() == [" missing drafts"])
    try county.tamper(("UPDATE operators SET real_name = '李'", []))
    #expect(try county.findings() == [" missing drafts", "test changed operators"])
    try county.tamper(("DELETE FROM operators", []))
    #expect(try county.findings() == [" missing drafts", " missing operators"])
    try county.tamper(("UPDATE audit SET bytes = zeroblob(9) WHERE number = 2", []))
    #expect(try county.findings().last == "2 edited audit")
  }
}
