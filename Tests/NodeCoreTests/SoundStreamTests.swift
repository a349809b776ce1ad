import Foundation
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

extension Node {
  /// A bit of the stored title is another. The octets are stored without being compressed, so that
  /// they inflate all the same, and to a record.
  fileprivate func flipTitle(_ key: RecordKey) throws {
    try store.write { transaction in
      let stored = try #require(try transaction.record(key))
      var octets = stored.record.bytes
      let title = try #require(ItemRecord(stored.record).title.utf8.first)
      let place = try #require(
        octets.indices.last { octets[$0...].starts(with: ItemRecord(stored.record).title.utf8) })
      octets[place] = title ^ 1
      let count = [UInt8(octets.count & 0xFF), UInt8(octets.count >> 8)]
      let block = [1] + count + count.map { ~$0 } + octets
      try transaction.connection.run(
        "UPDATE records SET dictionary = 0, bytes = ? WHERE row = ?",
        [.blob(block), .integer(stored.row)])
    }
    let title = try title(key)
    #expect(title?.hasPrefix("htem ") == true, "the flip reads")
  }

  fileprivate func title(_ key: RecordKey) throws -> String? {
    try store.read { ItemRecord(try $0.record(key)?.record)?.title }
  }
}

/// A bit that flips in a stored record reaches no neighbour, though nobody reads what is sent.
@Suite struct SoundStreamTests {
  private func pair() throws -> (SignedPair, [RecordKey]) {
    let pair = try SignedPair()
    try pair.enrol()
    let keys = try pair.county.publish(0..<6)
    #expect(try pair.county.synchronize().report.isInStep)
    return (pair, keys)
  }

  @Test func `a flipped bit is not pushed, and its node learns of it`() throws {
    let (pair, _) = try pair()
    let county = pair.county
    let keys = try county.publish(10..<20)
    try county.flipTitle(keys[4])
    let session = try county.synchronize()
    #expect(session.report.isInStep && session.report.pushed == 9)
    for key in keys { #expect(try (pair.centre.title(key) == nil) == (key == keys[4])) }
    #expect(try county.answer("status")["damaged"].strings == [keys[4].description])
    #expect(try county.findings() == ["\(keys[4]) octets records"])
    #expect(try county.answer("verify", "--repair")["repair"]["lost"].count == 1)
    #expect(try county.answer("status")["damaged"].count == 0)
    #expect(try county.synchronize().report.isInStep)
    #expect(try county.findings() == [] && pair.centre.findings() == [])
  }

  @Test func `a flipped bit is not pulled, and comes back to the node that has it`() throws {
    let (pair, keys) = try pair()
    try pair.centre.flipTitle(keys[2])
    try pair.county.store.write { transaction in
      let upstream = try #require(try transaction.upstreamLink())
      for key in keys { try transaction.want(upstream.id, key) }
    }
    let session = try pair.county.synchronize()
    #expect(session.report.pulled == 5)
    #expect(try pair.county.title(keys[2]) == "item 2")
    #expect(try pair.centre.answer("status")["damaged"].strings == [keys[2].description])
    #expect(try pair.centre.answer("verify", "--repair")["repair"]["awaited"].count == 1)
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try pair.centre.title(keys[2]) == "item 2")
    #expect(try pair.centre.answer("status")["damaged"].count == 0)
    #expect(try pair.centre.findings() == [] && pair.county.findings() == [])
  }

  @Test func `a damaged change stays set aside, and the link in step, until it is mended`() throws {
    let (pair, keys) = try pair()
    try pair.county.publish(1..<2, title: "item one,")
    try pair.county.flipTitle(keys[1])
    for _ in 0..<3 {
      #expect(try pair.county.synchronize().report.isInStep)
      #expect(try pair.centre.title(keys[1]) == "item 1")
      #expect(try pair.county.answer("set-aside", "list")["asides"].count == 1)
      // What is set aside is tried again daily.
      pair.clock.withLock { $0 += 90_000_000 }
    }
    #expect(try pair.county.answer("verify", "--repair")["repair"]["lost"].count == 1)
    #expect(try pair.county.answer("set-aside", "list")["asides"].count == 0)
    #expect(try pair.county.synchronize().report.isInStep)
    #expect(try pair.county.title(keys[1]) == "item 1")
    #expect(try pair.county.findings() == [] && pair.centre.findings() == [])
  }

  @Test func `what is damaged is built upon by nobody`() throws {
    let (pair, keys) = try pair()
    try pair.county.flipTitle(keys[2])
    #expect(throws: StoreFault.damagedRecord(keys[2])) {
      try pair.county.publish(2..<3, title: "edited")
    }
    // A change that comes from elsewhere waits until the copy here is mended.
    try pair.county.store.write { transaction in
      var edit = RecordEdit(keys[3])
      edit.set(ItemField.title.rawValue, "edited")
      try transaction.write(edit)
    }
    try pair.centre.flipTitle(keys[3])
    let session = try pair.county.synchronize()
    #expect(session.report.refused == 1)
    #expect(try pair.centre.answer("status")["damaged"].strings == [keys[3].description])
    #expect(try pair.centre.title(keys[3]) == "htem 3")
    #expect(try pair.county.answer("verify", "--repair")["repair"]["repaired"].count == 1)
    #expect(try pair.county.title(keys[2]) == "item 2")
  }
}
