import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

extension Node {
  /// Changes one octet of what is stored of a record.
  func damage(_ key: RecordKey, octet place: Int? = nil, column: String = "bytes") throws {
    try store.write { transaction in
      let row = try #require(try transaction.row(of: key))
      let stored = try transaction.connection.first(
        "SELECT \(column) FROM records WHERE row = ?", [.integer(row)], { $0.blob(0) })
      var octets = try #require(stored)
      octets[(place ?? octets.count / 2) % octets.count] ^= 0x10
      try transaction.connection.run(
        "UPDATE records SET \(column) = ? WHERE row = ?", [.blob(octets), .integer(row)])
    }
  }
}

/// A damaged record is found, and comes back from a neighbour.
@Suite struct RepairTests {
  private func pair(items: Int) throws -> (SignedPair, [RecordKey]) {
    let pair = try SignedPair()
    try pair.enrol()
    let keys = try pair.county.publish(0..<items)
    #expect(try pair.county.synchronize().report.isInStep)
    return (pair, keys)
  }

  @Test func `a changed byte anywhere in a stored record is found`() throws {
    let (pair, keys) = try pair(items: 1)
    let octets = try pair.county.store.read { snapshot in
      try snapshot.row(of: keys[0]).flatMap { try snapshot.packed(row: $0)?.bytes.count }
    }
    for place in 0..<(try #require(octets)) {
      try pair.county.damage(keys[0], octet: place)
      // The last octet's unused bits mean nothing: the record is what it was.
      let damages = try pair.county.store.read { try $0.damages() }
      if place < octets! - 1 { #expect(damages.map(\.key) == keys, "octet \(place)") }
      try pair.county.damage(keys[0], octet: place)
    }
    #expect(try pair.county.store.read { try $0.damages() }.isEmpty)
  }

  @Test func `a damaged record comes back from the upstream, and nothing else travels`() throws {
    let (pair, keys) = try pair(items: 500)
    let before = try pair.county.store.read { try $0.record(keys[123])?.digest }
    try pair.county.damage(keys[123])
    let found = try pair.county.answer("verify")
    #expect(found["ok"] == false && found["damaged"].list.map { $0["id"].string } == [keys[123].description])
    let rehearsed = try pair.county.answer("verify", "--repair", dryRun: true)
    #expect(rehearsed["repair"]["repaired"].count == 1)
    #expect(try pair.county.answer("verify")["damaged"].count == 1)
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == true && repaired["repair"]["lost"].count == 0)
    let sent = try #require(repaired["repair"]["bytes_sent"].int)
    let received = try #require(repaired["repair"]["bytes_received"].int)
    #expect(sent + received < 8_000, "\(sent) + \(received)")
    #expect(try pair.county.answer("verify")["ok"] == true)
    #expect(try pair.county.store.read { try $0.record(keys[123])?.digest } == before)
    let link = try pair.county.store.read { try $0.upstreamLink() }
    #expect(link?.isRefilling == false)
  }

  @Test func `what had gone nowhere is reported, and its earlier state stands again`() throws {
    let (pair, keys) = try pair(items: 20)
    try pair.county.publish(3..<4, title: "unsent")
    try pair.county.damage(keys[3])
    let only = try #require(try pair.county.publish(99..<100, title: "never sent").first)
    try pair.county.damage(only)
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == false)
    #expect(Set(repaired["repair"]["lost"].strings) == [keys[3].description, only.description])
    let title = try pair.county.store.read { snapshot in
      try snapshot.record(keys[3]).map { ItemRecord($0.record).title }
    }
    #expect(title == "item 3")
    #expect(try pair.county.store.read { try $0.record(only) } == nil)
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try pair.county.answer("verify")["ok"] == true)
    let listed = try pair.county.answer("item", "list", "--all")["items"].list
    #expect(listed.count == 20 && !listed.contains { $0["title"].string.contains("sent") })
  }

  @Test func `a damaged record of the root comes back from a child`() throws {
    let (pair, keys) = try pair(items: 20)
    let own = RecordKey.column(pair.centre.site, path: "要闻")
    var edit = RecordEdit(own)
    edit.set(ColumnRecord.Cell.path, "要闻")
    try pair.centre.store.write { try $0.write(edit) }
    #expect(try pair.county.synchronize().report.isInStep)
    for key in [keys[7], own] {
      let before = try pair.centre.store.read { try $0.record(key)?.digest }
      try pair.centre.damage(key)
      let repaired = try pair.centre.answer("verify", "--repair")
      #expect(repaired["repair"]["awaited"].strings == [key.description])
      let session = try pair.county.synchronize()
      #expect(session.report.isInStep && session.report.pushed == 1)
      #expect(session.octetsSent + session.octetsReceived < 15_000)
      #expect(try pair.centre.store.read { try $0.record(key)?.digest } == before)
      #expect(try pair.centre.store.read { try $0.damages() }.isEmpty)
    }
  }

  @Test func `a damaged digest is mended from the octets that were agreed on`() throws {
    let (pair, keys) = try pair(items: 5)
    try pair.county.damage(keys[2], column: "digest")
    let repaired = try pair.county.answer("verify", "--repair")
    #expect(repaired["ok"] == true && repaired["repair"]["bytes_sent"] == 0)
    #expect(try pair.county.answer("verify")["ok"] == true)
  }

  @Test func `without the line nothing is touched`() throws {
    let (pair, keys) = try pair(items: 5)
    try pair.county.damage(keys[2])
    pair.network.loseNextAnswer()
    #expect(throws: Refusal.self) { try pair.county.answer("verify", "--repair") }
    #expect(try pair.county.store.read { try $0.damages() }.map(\.key) == [keys[2]])
    #expect(try pair.county.answer("verify", "--repair")["ok"] == true)
  }

  @Test func `a replaced server's key is void once the new token is redeemed`() throws {
    let (pair, _) = try pair(items: 3)
    let held = pair.centre.keys.key(ofChild: pair.county.site)
    let oldKey = pair.county.keys.read { $0.upstream }
    let issued = try pair.centre.answer("site", "rekey", "360423")
    #expect(issued["fenced"] == false)
    #expect(try pair.county.synchronize().report.isInStep)
    let old = try SignedPair.node(
      "360423", pair.directory.appending(path: "old").creating(), pair.network, pair.clock,
      .sha256, upstream: try BaseURL("http://centre.test"), kind: .county, salt: "old")
    _ = try pair.county.enrol(token: issued["token"].string)
    #expect(pair.centre.keys.key(ofChild: pair.county.site) != held)
    #expect(try pair.county.synchronize().report.isInStep)
    // Who has the old key, on the old server, is nobody here any more.
    try old.keys.change { $0.upstream = oldKey }
    try old.store.write { try old.join(pair.centre.site, in: $0) }
    #expect(throws: Refusal(.wrongKey, "http://centre.test")) { try old.synchronize() }
    #expect(throws: Refusal(.notBelow, "360499", "360400")) {
      try pair.centre.answer("site", "rekey", "360499")
    }
  }

  @Test func `a key that others know is void at once`() throws {
    let (pair, _) = try pair(items: 3)
    _ = try pair.centre.answer("site", "rekey", "360423", "--now", dryRun: true)
    #expect(try pair.county.synchronize().report.isInStep)
    let issued = try pair.centre.answer("site", "rekey", "360423", "--now")
    #expect(throws: Refusal.self) { try pair.county.synchronize() }
    _ = try pair.county.enrol(token: issued["token"].string)
    #expect(try pair.county.synchronize().report.isInStep)
  }
}

extension URL {
  /// The same, as a directory that is there.
  fileprivate func creating() throws -> URL {
    try FileManager.default.createDirectory(at: self, withIntermediateDirectories: true)
    return self
  }
}
