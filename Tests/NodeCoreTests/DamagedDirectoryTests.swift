import Foundation
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// Records that a node reads as it opens, damaged: it opens all the same, and says which.
@Suite struct DamagedDirectoryTests {
  private let pair: SignedPair

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
    _ = try pair.county.publish(0..<1)
    _ = try pair.centre.answer("column", "add", "要闻")
    #expect(try pair.county.synchronize().report.isInStep)
  }

  private func keys(_ kind: RecordKind, _ node: Node) throws -> [RecordKey] {
    try node.store.read { snapshot in
      var keys: [RecordKey] = []
      try snapshot.records(of: kind) { keys.append($0.record.key) }
      return keys
    }
  }

  /// The centre as another process would open it.
  private func reopened() throws -> Node {
    let node = try Node(
      store: Store(path: pair.centre.store.path, creating: nil, ports: pair.centre.ports),
      settings: pair.centre.settings, network: pair.network)
    try node.keys.change { $0 = pair.centre.keys.read { $0 } }
    pair.network.serve("centre.test", node)
    pair.clock.withLock { $0 += 2000 }
    return node
  }

  private func spoil(_ key: RecordKey) throws {
    try pair.centre.tamper(
      ("UPDATE records SET bytes = zeroblob(8) WHERE row = ?", [try pair.centre.row(key)]))
  }

  @Test(arguments: [RecordKind.site, .column])
  func `a node opens beside them, and names them`(_ kind: RecordKind) throws {
    let key = try #require(
      try keys(kind, pair.centre).first { kind == .column || SiteRecord.code(of: $0) == "360423" })
    try spoil(key)
    let centre = try reopened()
    #expect(try centre.answer("status")["damaged"].strings == [key.description])
    let found = try centre.findings()
    #expect(found == ["\(key) octets records"])
    // All else is there.
    #expect(try centre.answer("column", "list")["columns"].count == (kind == .site ? 1 : 0))
  }

  @Test func `who may be suspended is not heard until the registry is mended`() throws {
    let sites = try keys(.site, pair.centre)
    for key in sites where SiteRecord.code(of: key) == "360423" { try spoil(key) }
    let centre = try reopened()
    do {
      _ = try pair.county.synchronize()
      Issue.record("it was heard")
    } catch let refusal as Refusal {
      #expect(refusal.reason == .retryLater)
      #expect(refusal.message(.en).contains("registry of sites is damaged"))
    }
    _ = try? centre.answer("verify", "--repair")
    pair.clock.withLock { $0 += 600_000 }
    for _ in 0..<3 { _ = try pair.county.synchronize() }
    #expect(try pair.county.synchronize().report.isInStep)
    let found = try centre.findings()
    #expect(found == [])
  }
}

extension SiteRecord {
  /// The code of the only site below the centre, by its key.
  fileprivate static func code(of key: RecordKey) -> String? {
    ["360400", "360423"].first { code in
      SiteCode(code).map { RecordKey.site($0, registeredBy: key.owner) == key } ?? false
    }
  }
}
