import Bytes
import NodeCore
import Replication
import SQLite
import Storage

/// What must hold of one store at any time.
extension World {
  func audit(_ code: SiteCode) throws {
    let site = site(code)
    try site.undisturbed { try audit(site.node) }
  }

  private func audit(_ node: Node) throws {
    let code = node.site
    try node.store.read { snapshot in
      let integrity = try snapshot.connection.first("PRAGMA integrity_check") { $0.text(0) }
      try need(integrity == "ok", "the database of \(code) is damaged: \(integrity ?? "")")
      var records: [RecordKey: Record] = [:]
      try snapshot.records { stored in
        records[stored.record.key] = stored.record
        try need(
          snapshot.algorithm.digest(stored.record.bytes) == stored.digest,
          "\(code) has a wrong digest of \(stored.record.key)")
      }
      let inspection = try StoreInspection(snapshot)
      try need(
        inspection.isSound,
        "\(code) is accused: \(inspection.damages) \(inspection.faults)")
      let oracle = ScopeOracle(code, records)
      for link in try snapshot.allLinks() { try audit(link, oracle, in: snapshot) }
      let ghosts = try snapshot.connection.first(
        """
        SELECT count(*) FROM records r WHERE bytes IS NULL
          AND NOT EXISTS (SELECT 1 FROM entries WHERE record = r.row)
        """
      ) { $0.integer(0) }
      try need(ghosts == 0, "\(code) keeps keys of records that have left")
      let orphans = try snapshot.connection.first(
        """
        SELECT count(*) FROM versions v WHERE NOT EXISTS (
          SELECT 1 FROM records r WHERE r.row = v.record AND r.bytes IS NOT NULL)
        """
      ) { $0.integer(0) }
      try need(orphans == 0, "\(code) keeps versions of what has left")
    }
  }

  private func audit(
    _ link: LinkState, _ oracle: ScopeOracle, in snapshot: Snapshot
  ) throws {
    var fingerprint = Fingerprint()
    var (scope, known) = (Set<RecordKey>(), Set<RecordKey>())
    var last: Int64 = 0
    var unsound: [RecordKey] = []
    try snapshot.stream(link.id, after: -1) { entry in
      if !entry.entry.hasLeft, let agreed = entry.entry.agreed { fingerprint.add(agreed) }
      if entry.entry.isSettled, entry.isPending { unsound.append(entry.key) }
      // What was damaged, and has not come back, is in a scope without a record.
      if entry.entry.isInScope, entry.digest != nil { scope.insert(entry.key) }
      known.insert(entry.key)
      last = max(last, entry.entry.sequence)
      return true
    }
    let place = "link \(oracle.site)–\(link.peer)"
    try need(fingerprint == link.fingerprint, "the fingerprint of \(place) is not its entries'")
    try need(last <= link.head, "the head of \(place) is behind its entries")
    try need(unsound.isEmpty, "entries of \(place) are pending and passed over: \(unsound)")
    let expected =
      link.isUpstream
      ? oracle.upward(entries: known) : oracle.downward(to: link.peer, entries: known)
    let wrong = scope.symmetricDifference(expected).sorted()
    try need(
      wrong.isEmpty,
      "the scope of \(place) is wrong: "
        + "\(wrong.map { "\($0) \(scope.contains($0) ? "in" : "out")" })")
  }
}
