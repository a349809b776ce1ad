import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// Something that a pair of nodes does, which can be done again when it has failed half way.
struct DiskScenario: Sendable, CustomTestStringConvertible {
  let name: String
  /// Before the faults begin.
  let prepare: @Sendable (DiskPair) throws -> Void
  /// Tells the pair what was answered as accepted.
  let act: @Sendable (DiskPair, inout Acceptances) throws -> Void

  var testDescription: String { name }

  /// What must never be missing again: keys at sites.
  struct Acceptances {
    private(set) var keys: [(code: String, key: RecordKey)] = []

    mutating func add(_ code: String, _ key: RecordKey) { keys.append((code, key)) }
  }

  static let all = [push, pull, reconcile, mandate, attachment, itemImport, rejoin, backup]

  private static func lines(_ names: Range<Int>) -> String {
    names.map {
      """
      {"external_id":"i\($0)","column":"要闻","title":"item \($0)","body":"<p>\($0 * 7919)</p>",\
      "published_at":"2023-11-14T00:00:00Z"}
      """
    }.joined(separator: "\n")
  }

  private static func importing(
    _ pair: DiskPair, _ code: String, _ names: Range<Int>, _ accepted: inout Acceptances
  ) throws {
    let file = pair.directory.appending(path: "in-\(code)-\(names.lowerBound).jsonl")
    try lines(names).write(to: file, atomically: true, encoding: .utf8)
    try pair.run(code, "item", "import", file.path)
    for name in names { accepted.add(code, try pair.key(code, item: "i\(name)")) }
  }

  private static func column(_ pair: DiskPair, _ code: String, _ path: String = "要闻") throws {
    try pair.run(code, "column", "add", path)
  }

  /// Both have a column and some items, and are in step.
  private static func begin(_ pair: DiskPair) throws {
    var accepted = Acceptances()
    for code in DiskPair.codes {
      try column(pair, code)
      try importing(pair, code, 0..<3, &accepted)
    }
    try pair.sync()
  }

  static let push = DiskScenario(
    name: "push",
    prepare: { pair in
      try begin(pair)
      var accepted = Acceptances()
      try importing(pair, DiskPair.county, 10..<14, &accepted)
      try pair.retitle(DiskPair.county, "i1", "changed")
    },
    act: { pair, _ in try pair.sync() })

  static let pull = DiskScenario(
    name: "pull",
    prepare: { pair in
      try begin(pair)
      try pair.run(DiskPair.county, "column", "add", "转载")
      try pair.run(
        DiskPair.county, "map", "add", "--from", "360400:要闻", "--to", "转载", "--existing")
      try pair.sync()
      var accepted = Acceptances()
      try importing(pair, DiskPair.city, 10..<14, &accepted)
    },
    act: { pair, _ in try pair.sync() })

  /// The city has a new life: everything is compared anew, and each side has what the other lacks.
  static let reconcile = DiskScenario(
    name: "reconcile",
    prepare: { pair in
      try begin(pair)
      var accepted = Acceptances()
      try importing(pair, DiskPair.county, 10..<14, &accepted)
      try pair.node(DiskPair.city).rejoin()
    },
    act: { pair, _ in try pair.sync() })

  static let mandate = DiskScenario(
    name: "mandate",
    prepare: { pair in
      try begin(pair)
      try pair.run(DiskPair.county, "column", "add", "转载")
      try pair.sync()
      let item = try pair.key(DiskPair.city, item: "i0").id.description
      try pair.run(
        DiskPair.city, "repost", "issue", item, "--to", "all", "--column", "转载", "--due", "2h")
    },
    act: { pair, _ in
      // The order down, the receipt up.
      for _ in 0..<2 { try pair.sync() }
    })

  static let attachment = DiskScenario(
    name: "attachment",
    prepare: { pair in try begin(pair) },
    act: { pair, accepted in
      let octets = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
      try Data(octets).write(to: pair.directory.appending(path: "a.bin"))
      let line = """
        {"external_id":"a","column":"要闻","title":"a","body":"b",\
        "published_at":"2023-11-14T00:00:00Z","attachments":["a.bin"]}
        """
      let file = pair.directory.appending(path: "a.jsonl")
      try line.write(to: file, atomically: true, encoding: .utf8)
      let answer = try pair.run(DiskPair.county, "item", "import", file.path)
      if answer["refused"].count > 0 { throw Refusal(.ioError, "a.bin", "refused") }
      accepted.add(DiskPair.county, try pair.key(DiskPair.county, item: "a"))
      try pair.sync()
    })

  static let itemImport = DiskScenario(
    name: "import",
    prepare: { pair in try begin(pair) },
    act: { pair, accepted in try importing(pair, DiskPair.county, 20..<30, &accepted) })

  static let rejoin = DiskScenario(
    name: "rejoin",
    prepare: { pair in
      try begin(pair)
      try pair.retitle(DiskPair.county, "i1", "changed")
    },
    act: { pair, _ in
      try pair.node(DiskPair.county).rejoin()
      try pair.sync()
    })

  /// A copy of the store while it works, which becomes a store of its own.
  static let backup = DiskScenario(
    name: "backup and restore",
    prepare: { pair in try begin(pair) },
    act: { pair, _ in
      let code = DiskPair.county
      let (backup, copy) = (pair.path(code) + ".backup", pair.path(code) + ".restored")
      for suffix in ["", "-wal", "-journal"] {
        for path in [backup, copy] { try pair.disk(code).put(nil, as: path + suffix) }
      }
      try pair.node(code).store.copy(to: backup)
      try Store.copy(backup: backup, to: copy, vfs: pair.disk(code).vfs)
      let store = try Store(
        path: copy, creating: nil, ports: pair.node(code).ports, vfs: pair.disk(code).vfs)
      try Node(store: store).rejoin()
    })
}
