import Bytes
import Replication
import SQLite

/// A record that is not as this program wrote it.
package struct Damage: Sendable {
  package enum What: String, Sendable {
    /// Its octets are not what its digest says: a disk that decays, or a careless hand.
    case octets
    /// Octets and digest were changed together, or what tells when it was written.
    case changed
    /// A row that this program never wrote.
    case inserted
  }

  package let row: Int64
  package let key: RecordKey
  package let what: What
  /// Of the state that was stored, as far as is known.
  package let digest: Digest
  /// Whether it is: by the row's seal, or by what both ends of a link agreed on.
  package let isDigestKnown: Bool
  /// Of the octets that are there, where they are a record of this key all the same.
  package let found: Digest?
  /// What the row says of its digest; nil where that is none.
  package let claimed: Digest?

  /// Whether the octets are those that were stored, and only what stands beside them is not.
  package var isBesideOctets: Bool { what != .inserted && isDigestKnown && found == digest }
}

extension Snapshot {
  /// Reads every record. In key order; a key that is none is left out.
  package func damages() throws -> [Damage] {
    var damages: [Damage] = []
    let sealer = try sealer()
    try connection.each(
      """
      SELECT row, key, digest, dictionary, bytes, changed_at, seal FROM records
      WHERE bytes IS NOT NULL ORDER BY key
      """
    ) { row in
      guard let key = RecordKey(octets: row.blob(1)) else { return }
      let claimed = Digest(row.blob(2))
      let found = soundDigest(row.blob(4), dictionary: row.integer(3), of: key)
      let (time, seal) = (row.integer(5), row.optionalInteger(6))
      func isSealed(_ digest: Digest?) -> Bool {
        digest.map { sealer.seal(.records, $0, time) == seal } ?? false
      }
      if let found, found == claimed, isSealed(found) { return }
      damages.append(
        try damage(
          (row.integer(0), key), found, claimed: claimed,
          sealed: [found, claimed].compactMap { $0 }.first(where: isSealed)))
    }
    return damages
  }

  private func damage(
    _ place: (row: Int64, key: RecordKey), _ found: Digest?, claimed: Digest?, sealed: Digest?
  ) throws -> Damage {
    let agreed = try agreedDigest(of: place.row)
    var what = found == nil || found != claimed ? Damage.What.octets : .changed
    if what == .changed, agreed == nil, try !isKnown(place.row, place.key) { what = .inserted }
    return Damage(
      row: place.row, key: place.key, what: what,
      digest: sealed ?? agreed ?? claimed ?? found ?? .zero,
      isDigestKnown: sealed != nil || agreed != nil, found: found, claimed: claimed)
  }

  /// What both ends of a link agreed on, where nothing was written here since: the upstream's word
  /// before a child's.
  private func agreedDigest(of row: Int64) throws -> Digest? {
    let links = try allLinks()
    var agreed: [(isUpstream: Bool, digest: Digest)] = []
    for (link, entry) in try entries(of: row) {
      guard let state = links.first(where: { $0.id == link }), !entry.hasLeft,
        let digest = entry.agreed
      else { continue }
      let told = state.isUpstream ? state.pushed : state.acknowledged
      if entry.isSent, entry.sequence > told { continue }
      agreed.append((state.isUpstream, digest))
    }
    return (agreed.first(where: \.isUpstream) ?? agreed.first)?.digest
  }

  /// Whether something beside the row knows of it.
  private func isKnown(_ row: Int64, _ key: RecordKey) throws -> Bool {
    if try !entries(of: row).isEmpty { return true }
    return try connection.first(
      """
      SELECT 1 FROM versions WHERE record = ?1
      UNION ALL SELECT 1 FROM audit WHERE instr(bytes, ?2) > 0 LIMIT 1
      """, [.integer(row), .blob(key.octets)]
    ) { _ in true } ?? false
  }

  /// Nil where the octets are no record of the key.
  func soundDigest(_ bytes: [UInt8], dictionary: Int64, of key: RecordKey) -> Digest? {
    guard let octets = try? codec.inflated(bytes, dictionary: dictionary),
      let record = try? Record(canonical: octets), record.key == key
    else { return nil }
    return algorithm.digest(record.bytes)
  }

  /// Earlier versions that are damaged, changed, or of no record.
  func damagedVersions() throws -> [(id: Int64, key: RecordKey?)] {
    var damaged: [(Int64, RecordKey?)] = []
    let sealer = try sealer()
    try connection.each(
      """
      SELECT v.id, r.key, v.digest, v.dictionary, v.bytes, v.at, v.seal
      FROM versions v LEFT JOIN records r ON r.row = v.record ORDER BY v.id
      """
    ) { row in
      let key = RecordKey(octets: row.blob(1))
      if let key, let digest = Digest(row.blob(2)),
        soundDigest(row.blob(4), dictionary: row.integer(3), of: key) == digest,
        sealer.seal(.versions, digest, row.integer(5)) == row.optionalInteger(6)
      {
        return
      }
      damaged.append((row.integer(0), key))
    }
    return damaged
  }
}

extension Transaction {
  /// Where the octets are those that were stored, writes anew what stands beside them. False where
  /// they are not.
  package func mendDigest(_ damage: Damage) throws -> Bool {
    let isAgreed = try entries(of: damage.row).contains { $0.entry.agreed == damage.found }
    guard let found = damage.found, damage.what != .inserted, isAgreed || damage.isBesideOctets
    else { return false }
    lastRead = nil
    try connection.run(
      "UPDATE records SET digest = ?1, changed_at = ?2, seal = ?3 WHERE row = ?4",
      [
        .blob(found.bytes), .integer(now), .integer(try sealer().seal(.records, found, now)),
        .integer(damage.row),
      ])
    try reseal(.records, from: damage.digest, to: found)
    try release(damage.row, damage.key, found)
    return true
  }

  /// Takes the damaged octets away. The entries stay, so that no neighbour is told anything.
  package func discard(_ damage: Damage) throws {
    lastRead = nil
    try connection.run(
      "UPDATE records SET digest = NULL, bytes = NULL, dictionary = 0, seal = NULL WHERE row = ?",
      [.integer(damage.row)])
    if damage.what != .inserted { try reseal(.records, from: damage.digest, to: nil) }
    try release(damage.row, damage.key, nil)
    ghosts.insert(damage.row)
  }

  /// Puts the newest earlier version in the place of a record that is gone; false without one.
  package func restoreVersion(_ damage: Damage) throws -> Bool {
    guard let last = try versions(row: damage.row).last else { return false }
    try put(last.record, over: nil)
    return true
  }

  /// Earlier versions serve history and patches alone: damaged ones are dropped.
  package func dropDamagedVersions() throws {
    let damaged = try damagedVersions()
    for one in damaged {
      try connection.run("DELETE FROM versions WHERE id = ?", [.integer(one.id)])
    }
    if !damaged.isEmpty { try seal(.versions) }
  }

  // MARK: what is sent to nobody

  /// Notes the records that are damaged: they go to no neighbour until they are what they were.
  package func noteDamages(_ rows: [Int64]) throws {
    let known = try damagedRows()
    for row in known where !rows.contains(row) {
      guard let key = try key(row: row) else { continue }
      try release(row, key, try digest(of: key)?.digest)
    }
    for row in rows where !known.contains(row) { try noteDamage(row) }
  }

  package func noteDamage(_ row: Int64) throws {
    knowsOfNoDamage = false
    try connection.run(
      "INSERT OR IGNORE INTO damages VALUES (?, ?)", [.integer(row), .integer(now)])
  }

  /// It is what it was: whoever is to have it gets it now, for cursors have passed it meanwhile.
  private func release(_ row: Int64, _ key: RecordKey, _ digest: Digest?) throws {
    if try isUndamaged(row) { return }
    try connection.run("DELETE FROM damages WHERE record = ?", [.integer(row)])
    for (link, entry) in try entries(of: row) {
      try clearAside(link, .mine, .push, key)
      if try aside(link, .mine, .pull, key) != nil {
        try clearAside(link, .mine, .pull, key)
        try want(link, key)
      }
      guard entry.isSent, digest != nil, entry.agreed != digest else { continue }
      var new = entry
      new.sequence = nextSequence()
      try setEntry(link, row, from: entry, to: new)
    }
  }
}

extension Snapshot {
  /// Whether one record is as it was written, octets and all.
  package func isIntact(_ row: Int64) throws -> Bool {
    let sealer = try sealer()
    return try connection.first(
      """
      SELECT key, digest, dictionary, bytes, changed_at, seal FROM records
      WHERE row = ? AND bytes IS NOT NULL
      """, [.integer(row)]
    ) { row in
      guard let key = RecordKey(octets: row.blob(0)), let digest = Digest(row.blob(1)) else {
        return false
      }
      return soundDigest(row.blob(3), dictionary: row.integer(2), of: key) == digest
        && sealer.seal(.records, digest, row.integer(4)) == row.optionalInteger(5)
    } ?? true
  }

  package func damagedRows() throws -> [Int64] {
    try connection.all("SELECT record FROM damages ORDER BY record") { $0.integer(0) }
  }

  /// Keys of the records that were found damaged and have not come back.
  package func damagedKeys() throws -> [RecordKey] {
    try connection.all(
      "SELECT r.key FROM damages d JOIN records r ON r.row = d.record ORDER BY r.key"
    ) { try key($0, 0) }
  }

  /// Whether nothing is known against a record. Most stores know of no damage: one look tells.
  package func isUndamaged(_ row: Int64) throws -> Bool {
    if knowsOfNoDamage { return true }
    if try connection.first("SELECT 1 FROM damages LIMIT 1", [], { _ in true }) == nil {
      knowsOfNoDamage = true
      return true
    }
    return try connection.first(
      "SELECT 1 FROM damages WHERE record = ?", [.integer(row)]
    ) { _ in true } == nil
  }
}
