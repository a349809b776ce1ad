import Bytes
import Replication
import SQLite

/// A record that was refused or could not be applied, waiting with its reason.
package struct Aside: Sendable {
  /// Of a pull (this end could not apply it) or of a push (the peer refused it).
  package enum Direction: Int64, Sendable { case pull = 0, push = 1 }
  /// Noted here, or named by the peer.
  package enum Side: Int64, Sendable { case mine = 0, peer = 1 }

  package let side: Side
  package let direction: Direction
  package let key: RecordKey
  package let digest: Digest
  /// A code such as `forbidden`, `clock`, `foreign`, `rejoin`.
  package let reason: String
  package let detail: String
  package let at: Int64
  package let isCleared: Bool

  package init(
    side: Side, direction: Direction, key: RecordKey, digest: Digest, reason: String,
    detail: String, at: Int64, isCleared: Bool = false
  ) {
    self.side = side
    self.direction = direction
    self.key = key
    self.digest = digest
    self.reason = reason
    self.detail = detail
    self.at = at
    self.isCleared = isCleared
  }
}

extension Snapshot {
  fileprivate func hasNone(
    _ table: String, _ link: Int64, _ memory: ReferenceWritableKeyPath<Snapshot, Set<Int64>>
  ) throws -> Bool {
    if self[keyPath: memory].contains(link) { return true }
    let isAny = try connection.first(
      "SELECT 1 FROM \(table) WHERE link = ? LIMIT 1", [.integer(link)]
    ) { _ in true }
    if isAny == nil { self[keyPath: memory].insert(link) }
    return isAny == nil
  }

  /// What is set aside on a link, in key order; cleared ones that the peer has not been told of
  /// are left out.
  package func asides(_ link: Int64, side: Aside.Side? = nil) throws -> [Aside] {
    try asides(
      "link = ? AND cleared = 0 AND (? IS NULL OR side = ?)",
      [.integer(link), SQLValue(side?.rawValue), SQLValue(side?.rawValue)])
  }

  /// This end's asides, added or cleared, that the peer has not been told of.
  package func untoldAsides(_ link: Int64) throws -> [Aside] {
    try asides("link = ? AND side = 0 AND told = 0", [.integer(link)])
  }

  package func aside(
    _ link: Int64, _ side: Aside.Side, _ direction: Aside.Direction, _ key: RecordKey
  ) throws -> Aside? {
    if try hasNone("asides", link, \.linksWithoutAsides) { return nil }
    return try asides(
      "link = ? AND side = ? AND direction = ? AND key = ? AND cleared = 0",
      [
        .integer(link), .integer(side.rawValue), .integer(direction.rawValue),
        .blob(key.octets),
      ]
    ).first
  }

  package func asidesCount(_ link: Int64) throws -> Int {
    try connection.first(
      "SELECT count(*) FROM asides WHERE link = ? AND cleared = 0", [.integer(link)]
    ) { Int($0.integer(0)) } ?? 0
  }

  private func asides(_ condition: String, _ values: [SQLValue]) throws -> [Aside] {
    try connection.all(
      """
      SELECT side, direction, key, digest, reason, detail, at, cleared FROM asides
      WHERE \(condition) ORDER BY key, side, direction
      """, values
    ) { row in
      guard let side = Aside.Side(rawValue: row.integer(0)),
        let direction = Aside.Direction(rawValue: row.integer(1))
      else { throw StoreFault.damaged("an aside does not parse") }
      return Aside(
        side: side, direction: direction, key: try key(row, 2), digest: try digest(row, 3),
        reason: row.text(4), detail: row.text(5), at: row.integer(6), isCleared: row.integer(7) == 1
      )
    }
  }

  /// The link's fingerprint without the keys that are set aside on either side.
  package func comparableFingerprint(_ link: LinkState) throws -> Fingerprint {
    var fingerprint = link.fingerprint
    let aside = try asides("link = ? AND cleared <> 1", [.integer(link.id)])
    for key in Set(aside.map(\.key)).sorted() {
      guard let row = try row(of: key), let entry = try entry(link.id, row), !entry.hasLeft,
        let agreed = entry.agreed
      else { continue }
      fingerprint.remove(agreed)
    }
    return fingerprint
  }

  package func wants(_ link: Int64) throws -> [RecordKey] {
    try connection.all("SELECT key FROM wants WHERE link = ? ORDER BY key", [.integer(link)]) {
      try key($0, 0)
    }
  }

  package func unknowns(_ link: Int64) throws -> [RecordKey] {
    try connection.all("SELECT key FROM unknowns WHERE link = ? ORDER BY key", [.integer(link)]) {
      try key($0, 0)
    }
  }
}

extension Transaction {
  package func setAside(_ link: Int64, _ aside: Aside) throws {
    if let known = try self.aside(link, aside.side, aside.direction, aside.key),
      known.digest == aside.digest, known.reason == aside.reason
    {
      return
    }
    linksWithoutAsides.remove(link)
    try connection.run(
      "INSERT OR REPLACE INTO asides VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
      [
        .integer(link), .integer(aside.side.rawValue), .integer(aside.direction.rawValue),
        .blob(aside.key.octets), .blob(aside.digest.bytes), .text(aside.reason),
        .text(aside.detail), .integer(aside.at),
      ])
    try noteGrowth(link)
  }

  /// One of this end's stays, marked, until the peer has been told; a peer's goes at once.
  package func clearAside(
    _ link: Int64, _ side: Aside.Side, _ direction: Aside.Direction, _ key: RecordKey
  ) throws {
    if try hasNone("asides", link, \.linksWithoutAsides) { return }
    let values: [SQLValue] = [
      .integer(link), .integer(side.rawValue), .integer(direction.rawValue), .blob(key.octets),
    ]
    let condition = "link = ? AND side = ? AND direction = ? AND key = ?"
    if side == .mine {
      try connection.run(
        "UPDATE asides SET cleared = 1, told = 0 WHERE cleared <> 1 AND \(condition)", values)
    } else {
      try connection.run("DELETE FROM asides WHERE \(condition)", values)
      try noteGrowth(link)
    }
  }

  /// One of this end's is no longer listed or retried. The peer goes on to leave the record out,
  /// until it changes there or the two ends reconcile.
  package func disregardAside(_ link: Int64, _ aside: Aside) throws {
    try connection.run(
      """
      UPDATE asides SET cleared = 2
      WHERE link = ? AND side = 0 AND direction = ? AND key = ? AND cleared = 0
      """, [.integer(link), .integer(aside.direction.rawValue), .blob(aside.key.octets)])
  }

  private func noteGrowth(_ link: Int64) throws { grown.insert(try linkState(link).peer) }

  /// The peer has acknowledged these.
  package func markTold(_ link: Int64, _ asides: [Aside]) throws {
    for aside in asides {
      let values: [SQLValue] = [
        .integer(link), .integer(aside.direction.rawValue), .blob(aside.key.octets),
        .blob(aside.digest.bytes),
      ]
      let condition = "link = ? AND side = 0 AND direction = ? AND key = ? AND digest = ?"
      try connection.run(
        aside.isCleared
          ? "DELETE FROM asides WHERE cleared = 1 AND \(condition)"
          : "UPDATE asides SET told = 1 WHERE cleared <> 1 AND \(condition)", values)
    }
  }

  package func dropAsides(_ link: Int64, side: Aside.Side? = nil) throws {
    try connection.run(
      "DELETE FROM asides WHERE link = ? AND (? IS NULL OR side = ?)",
      [.integer(link), SQLValue(side?.rawValue), SQLValue(side?.rawValue)])
  }

  package func want(_ link: Int64, _ key: RecordKey) throws {
    try connection.run(
      "INSERT OR IGNORE INTO wants VALUES (?, ?)", [.integer(link), .blob(key.octets)])
  }

  package func clearWants(_ link: Int64, _ keys: [RecordKey]) throws {
    for key in keys {
      try connection.run(
        "DELETE FROM wants WHERE link = ? AND key = ?", [.integer(link), .blob(key.octets)])
    }
  }

  package func clearAllWants(_ link: Int64) throws {
    try connection.run("DELETE FROM wants WHERE link = ?", [.integer(link)])
  }

  package func addUnknown(_ link: Int64, _ key: RecordKey) throws {
    linksWithoutUnknowns.remove(link)
    try connection.run(
      "INSERT OR IGNORE INTO unknowns VALUES (?, ?)", [.integer(link), .blob(key.octets)])
  }

  package func clearUnknown(_ link: Int64, _ key: RecordKey?) throws {
    if try hasNone("unknowns", link, \.linksWithoutUnknowns) { return }
    try connection.run(
      "DELETE FROM unknowns WHERE link = ?1 AND (?2 IS NULL OR key = ?2)",
      [.integer(link), SQLValue(key?.octets)])
  }
}
