import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage

/// Everything of one node that the checks ask about.
struct Replica {
  struct Link {
    let fingerprint: Fingerprint
    let entries: Set<RecordKey>
    /// Would be sent, and is not set aside.
    let pending: [RecordKey]
    let asides: Set<RecordKey>
    let unknowns: Set<RecordKey>
    let operatorNeeded: String?
  }

  let code: SiteCode
  let records: [RecordKey: Record]
  let oracle: ScopeOracle
  let permissions: WritePermissions
  private(set) var links: [SiteCode: Link] = [:]
  let keysWithVersions: Set<RecordKey>

  init(_ node: Node) throws {
    code = node.site
    let records = try node.store.allRecords()
    self.records = records
    oracle = ScopeOracle(node.site, records)
    permissions = WritePermissions(tree: oracle.tree) { ColumnRecord(records[$0]) }
    keysWithVersions = try node.store.read { snapshot in
      Set(
        try snapshot.connection.all(
          "SELECT DISTINCT key FROM versions v JOIN records r ON r.row = v.record"
        ) { try snapshot.key($0, 0) })
    }
    links = try node.store.read { snapshot in
      var links: [SiteCode: Link] = [:]
      for link in try snapshot.allLinks() {
        links[link.peer] = try Replica.link(link, in: snapshot)
      }
      return links
    }
  }

  private static func link(_ link: LinkState, in snapshot: Snapshot) throws -> Link {
    let asides = Set(try snapshot.asides(link.id).map(\.key))
    var entries: Set<RecordKey> = []
    var pending: [RecordKey] = []
    try snapshot.stream(link.id, after: -1) { entry in
      entries.insert(entry.key)
      if entry.isPending && !asides.contains(entry.key) { pending.append(entry.key) }
      return true
    }
    return Link(
      fingerprint: try snapshot.comparableFingerprint(link), entries: entries, pending: pending,
      asides: asides, unknowns: Set(try snapshot.unknowns(link.id)),
      operatorNeeded: link.operatorNeeded)
  }

  func placement(of item: RecordKey, in column: RecordKey) -> PlacementRecord? {
    PlacementRecord(records[.placement(of: item, in: column)])
  }

  var asides: Set<RecordKey> { links.values.reduce(into: []) { $0.formUnion($1.asides) } }

  var unknowns: Set<RecordKey> { links.values.reduce(into: []) { $0.formUnion($1.unknowns) } }
}
