import Bytes
import Replication
import SQLite

/// A record whose stored octets are not what its digest says.
package struct Damage: Sendable {
  package let row: Int64
  package let key: RecordKey
  /// Of the state that was stored.
  package let digest: Digest
  /// Of the octets that are there, where they are a record of this key all the same.
  package let found: Digest?
}

extension Snapshot {
  /// Reads every record. In key order.
  package func damages() throws -> [Damage] {
    var damages: [Damage] = []
    try connection.each(
      """
      SELECT row, key, digest, dictionary, bytes FROM records WHERE bytes IS NOT NULL ORDER BY key
      """
    ) { row in
      let (key, digest) = (try key(row, 1), try digest(row, 2))
      let found = soundDigest(row.blob(4), dictionary: row.integer(3), of: key)
      if found == digest { return }
      damages.append(Damage(row: row.integer(0), key: key, digest: digest, found: found))
    }
    return damages
  }

  /// Nil where the octets are no record of the key.
  private func soundDigest(_ bytes: [UInt8], dictionary: Int64, of key: RecordKey) -> Digest? {
    guard let octets = try? codec.inflated(bytes, dictionary: dictionary),
      let record = try? Record(canonical: octets), record.key == key
    else { return nil }
    return algorithm.digest(record.bytes)
  }

  /// Earlier versions that are damaged.
  fileprivate func damagedVersions() throws -> [Int64] {
    var damaged: [Int64] = []
    try connection.each(
      """
      SELECT v.id, r.key, v.digest, v.dictionary, v.bytes
      FROM versions v JOIN records r ON r.row = v.record ORDER BY v.id
      """
    ) { row in
      let sound = soundDigest(row.blob(4), dictionary: row.integer(3), of: try key(row, 1))
      if try sound != digest(row, 2) { damaged.append(row.integer(0)) }
    }
    return damaged
  }
}

extension Transaction {
  /// Where only the digest is damaged, the octets being those that a neighbour agreed on, writes it
  /// anew. False where the octets are damaged.
  package func mendDigest(_ damage: Damage) throws -> Bool {
    guard let found = damage.found,
      try entries(of: damage.row).contains(where: { $0.entry.agreed == found })
    else { return false }
    try connection.run(
      "UPDATE records SET digest = ? WHERE row = ?", [.blob(found.bytes), .integer(damage.row)])
    return true
  }

  /// Takes the damaged octets away. The entries stay, so that no neighbour is told anything.
  package func discard(_ damage: Damage) throws {
    try connection.run(
      "UPDATE records SET digest = NULL, bytes = NULL, dictionary = 0 WHERE row = ?",
      [.integer(damage.row)])
  }

  /// Puts the newest earlier version in the place of a record that is gone; false without one.
  package func restoreVersion(_ damage: Damage) throws -> Bool {
    guard let last = try versions(row: damage.row).last else { return false }
    try put(last.record, over: nil)
    return true
  }

  /// Earlier versions serve history and patches alone: damaged ones are dropped.
  package func dropDamagedVersions() throws {
    for id in try damagedVersions() {
      try connection.run("DELETE FROM versions WHERE id = ?", [.integer(id)])
    }
  }
}
