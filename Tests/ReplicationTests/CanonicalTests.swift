import Bytes
import Replication
import Testing

/// What parses is canonical: equal state, equal octets.
@Suite struct CanonicalTests {
  private static let id = Array(repeating: UInt8(7), count: 12)

  /// [[owner, kind, id], {cells}] with the given octets for the map.
  private func record(_ map: [UInt8], owner: [UInt8] = [0x61, 0x61]) -> [UInt8] {
    [0x82, 0x83] + owner + [0x04, 0x4C] + Self.id + map
  }

  private func isTaken(_ octets: [UInt8]) -> Bool {
    guard let record = try? Record(canonical: octets) else { return false }
    return record.bytes == octets
  }

  // [1, 5, "a", true]
  private let latest: [UInt8] = [0x84, 0x01, 0x05, 0x61, 0x61, 0xF5]

  @Test func `the shortest record is taken`() {
    #expect(isTaken(record([0xA1, 0x61, 0x70] + latest)))
  }

  @Test func `what is not canonical is refused`() {
    let cell = [0x61, 0x70] + latest
    let refused: [String: [UInt8]] = [
      "no cells": record([0xA0]),
      "more follows": record([0xA1] + cell) + [0x00],
      "cut short": Array(record([0xA1] + cell).dropLast()),
      "a cell twice": record([0xA2] + cell + cell),
      "names out of order": record([0xA2, 0x61, 0x71] + latest + cell),
      "a longer name first": record([0xA2, 0x62, 0x61, 0x61] + latest + cell),
      "a long form of a number": record([0xA1, 0x61, 0x70, 0x84, 0x01, 0x18, 0x05, 0x61, 0x61, 0xF5]),
      "a long form of a length": record([0xB8, 0x01] + cell),
      "an indefinite map": record([0xBF] + cell + [0xFF]),
      "an empty name": record([0xA1, 0x60] + latest),
      "a name of octets": record([0xA1, 0x41, 0x70] + latest),
      "a name that is no UTF-8": record([0xA1, 0x61, 0xFF] + latest),
      "a time before 1970": record([0xA1, 0x61, 0x70, 0x84, 0x01, 0x24, 0x61, 0x61, 0xF5]),
      "no site code": record([0xA1] + cell, owner: [0x61, 0x2F]),
      "an empty site code": record([0xA1] + cell, owner: [0x60]),
      "an author that is none": record([0xA1, 0x61, 0x70, 0x84, 0x01, 0x05, 0x61, 0x20, 0xF5]),
      "join zero": record([0xA1, 0x61, 0x70, 0x84, 0x00, 0x05, 0x61, 0x61, 0xF5]),
      "a latest cell of three": record([0xA1, 0x61, 0x70, 0x83, 0x01, 0x05, 0x61, 0x61]),
      "purge beside another": record([0xA2, 0x61, 0x70] + latest + [0x65] + Array("purge".utf8) + latest),
    ]
    for (what, octets) in refused.sorted(by: { $0.key < $1.key }) {
      #expect(!isTaken(octets), "\(what)")
    }
  }

  private func coedited(_ versions: [(Int, String)], seen: [(String, Int)]) -> [UInt8] {
    var writer = CBORWriter()
    writer.array(3)
    writer.unsigned(3)
    writer.array(versions.count)
    for (time, author) in versions {
      writer.array(3)
      writer.integer(Int64(time))
      writer.text(author)
      writer.bool(true)
    }
    writer.array(seen.count)
    for (author, time) in seen {
      writer.array(2)
      writer.text(author)
      writer.integer(Int64(time))
    }
    return writer.bytes
  }

  @Test func `lists of versions are sorted, seen and not empty`() {
    func isTaken(_ versions: [(Int, String)], _ seen: [(String, Int)]) -> Bool {
      self.isTaken(record([0xA1, 0x61, 0x70] + coedited(versions, seen: seen)))
    }
    #expect(isTaken([(1, "a"), (2, "b")], [("a", 1), ("b", 2), ("c", 9)]))
    #expect(!isTaken([], [("a", 1)]))
    #expect(!isTaken([(2, "b"), (1, "a")], [("a", 1), ("b", 2)]))
    #expect(!isTaken([(1, "a"), (1, "a")], [("a", 1)]))
    #expect(!isTaken([(1, "a"), (2, "b")], [("b", 2), ("a", 1)]))
    #expect(!isTaken([(1, "a"), (2, "b")], [("a", 1)]))
    #expect(!isTaken([(3, "a")], [("a", 2)]))
    let other: [UInt8] = [0x82, 0x09, 0x81, 0x83, 0x01, 0x61, 0x61, 0xF5]
    #expect(self.isTaken(record([0xA1, 0x61, 0x70] + other)))
    #expect(!self.isTaken(record([0xA1, 0x61, 0x70, 0x82, 0x09, 0x80])))
  }

  @Test func `damaged octets are refused or canonical, never fatal`() throws {
    for seed in 0..<60 {
      var samples = RecordSamples(seed: seed)
      let octets = try samples.copy().joined(with: samples.history(8).copies[0]).record.bytes
      for _ in 0..<40 {
        var damaged = octets
        for _ in 0...samples.dice.below(2) {
          damaged[samples.dice.below(damaged.count)] = samples.dice.bytes(1)[0]
        }
        if samples.dice.isTrue(in: 8) { damaged.removeLast(samples.dice.below(damaged.count)) }
        guard let record = try? Record(canonical: damaged) else { continue }
        #expect(record.bytes == damaged)
        #expect(Record(key: record.key, cells: record.cells)?.bytes == damaged, "seed \(seed)")
      }
    }
  }

  @Test func `a record of too many cells, or with too long a name, is refused`() {
    func cells(_ count: Int) -> [UInt8] {
      var writer = CBORWriter()
      writer.map(count)
      for number in 0..<count {
        writer.text("\(10_000 + number)")
        writer.raw(latest)
      }
      return writer.bytes
    }
    #expect(isTaken(record(cells(RecordLimits.cellsMax))))
    #expect(!isTaken(record(cells(RecordLimits.cellsMax + 1))))
    func named(_ count: Int) -> [UInt8] {
      var writer = CBORWriter()
      writer.map(1)
      writer.text(String(repeating: "n", count: count))
      writer.raw(latest)
      return record(writer.bytes)
    }
    #expect(isTaken(named(RecordLimits.nameOctetsMax)))
    #expect(!isTaken(named(RecordLimits.nameOctetsMax + 1)))
  }
}
