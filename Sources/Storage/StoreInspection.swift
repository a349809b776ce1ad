import Bytes
import Replication
import SQLite

/// A row, or what several come to, that is not as this program left it.
package struct RowDefect: Sendable, Equatable {
  package enum What: String, Sendable {
    case octets, changed, inserted
    /// A row is gone.
    case missing
  }

  package let table: String
  package let what: What
  package let key: RecordKey?
  /// What names the row where no key does; empty where it could not be found.
  package let name: String
  /// The store's number of a record that is gone.
  package let row: Int64?

  package init(
    _ table: String, _ what: What, key: RecordKey? = nil, name: String = "", row: Int64? = nil
  ) {
    self.table = table
    self.what = what
    self.key = key
    self.name = name
    self.row = row
  }
}

/// Everything in a store that is no follower's, compared with its seals.
package struct StoreInspection: Sendable {
  package let damages: [Damage]
  package private(set) var faults: [RowDefect] = []

  package init(_ snapshot: Snapshot) throws {
    damages = try snapshot.damages()
    let seal = try snapshot.storedSeal()
    faults = try snapshot.badKeys()
    let gone = try snapshot.danglingRecords()
    faults += gone.map { RowDefect("records", .missing, key: $0.key, name: $0.name, row: $0.row) }
    faults += try snapshot.recordFaults(damages, gone, seal[.records])
    faults += try snapshot.versionFaults(seal[.versions])
    for part in [StoreSeal.Part.drafts, .operators] {
      faults += try snapshot.rowFaults(part, seal[part])
    }
    for link in try snapshot.allLinks() { faults += try snapshot.entryFaults(link) }
    if try !snapshot.isSealTold(seal) { faults.append(RowDefect("state", .changed, name: "seal")) }
  }

  package var isSound: Bool { damages.isEmpty && faults.isEmpty }
}

/// A record of which something is left, but no row.
struct DanglingRecord {
  let row: Int64
  let key: RecordKey?
  let digest: Digest?

  var name: String { digest.map { String($0.description.prefix(16)) } ?? "row \(row)" }
}

extension Snapshot {
  /// Whether the audit says the same of the rows as the store.
  fileprivate func isSealTold(_ seal: StoreSeal) throws -> Bool {
    var isTold = true
    try auditEntries(newestFirst: true) { entry, _ in
      guard let told = entry.seal else { return true }
      isTold = entry.algorithm.digest(seal.octets) == told
      return false
    }
    return isTold
  }

  fileprivate func badKeys() throws -> [RowDefect] {
    try connection.all("SELECT row, key FROM records ORDER BY row") { row in
      RecordKey(octets: row.blob(1)) == nil
        ? RowDefect("records", .changed, name: "row \(row.integer(0))") : nil
    }.compactMap { $0 }
  }

  /// Entries of the links that name no row.
  fileprivate func danglingRecords() throws -> [DanglingRecord] {
    let hasItems = try connection.first("SELECT 1 FROM sqlite_schema WHERE name = 'items'") { _ in
      true
    }
    let key = hasItems == nil ? "NULL" : "(SELECT key FROM items WHERE record = e.record)"
    return try connection.all(
      """
      SELECT e.record, \(key), max(e.agreed) FROM entries e
      WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.row = e.record)
      GROUP BY e.record ORDER BY e.record
      """
    ) {
      DanglingRecord(
        row: $0.integer(0), key: $0.optionalBlob(1).flatMap { RecordKey(octets: $0) },
        digest: $0.optionalBlob(2).flatMap { Digest($0) })
    }
  }

  /// What is wrong with the records besides what each row shows by itself.
  fileprivate func recordFaults(
    _ damages: [Damage], _ gone: [DanglingRecord], _ seal: Fingerprint
  ) throws -> [RowDefect] {
    var present = Fingerprint()
    try connection.each("SELECT digest FROM records WHERE bytes IS NOT NULL") {
      present.add(Digest($0.blob(0)) ?? .zero)
    }
    // As if each of them were what it was.
    for damage in damages {
      present.remove(damage.claimed ?? .zero)
      if damage.what != .inserted { present.add(damage.digest) }
    }
    for digest in gone.compactMap(\.digest) { present.add(digest) }
    if present == seal { return [] }
    let known = Set(damages.map(\.row))
    let lost = try emptied(seal, present)
    if !lost.isEmpty { return lost }
    let difference = present.sum.difference(to: seal.sum)
    let changed = try agreedElsewhere(difference, known)
    if present.count == seal.count, !changed.isEmpty { return changed }
    // What was found may be all: of a row that is gone, or was changed before it went anywhere,
    // nobody knows the digest.
    if !damages.isEmpty || !gone.isEmpty, present.count == seal.count { return [] }
    if gone.contains(where: { $0.digest == nil }) { return [] }
    return [RowDefect.unlocated("records", present.count, seal.count)]
  }

  /// Records without octets, though no neighbour was told that they left.
  private func emptied(_ seal: Fingerprint, _ present: Fingerprint) throws -> [RowDefect] {
    if present.count >= seal.count { return [] }
    let keys = try connection.all(
      """
      SELECT DISTINCT r.key, r.row FROM records r JOIN entries e ON e.record = r.row
      WHERE r.bytes IS NULL AND e.flags & 2 = 0 AND e.agreed IS NOT NULL ORDER BY r.key
      """
    ) { (try key($0, 0), $0.integer(1)) }
    return keys.map { RowDefect("records", .missing, key: $0.0, row: $0.1) }
  }

  /// The record that an agreed digest would set right.
  private func agreedElsewhere(_ difference: Digest, _ known: Set<Int64>) throws -> [RowDefect] {
    try connection.all(
      """
      SELECT DISTINCT r.row, r.key, r.digest, e.agreed FROM records r
      JOIN entries e ON e.record = r.row WHERE r.digest <> e.agreed ORDER BY r.key
      """
    ) { row in
      guard let present = Digest(row.blob(2)), let agreed = Digest(row.blob(3)),
        present.plus(difference) == agreed, !known.contains(row.integer(0))
      else { return nil }
      return RowDefect("records", .changed, key: try key(row, 1))
    }.compactMap { $0 }
  }

  fileprivate func versionFaults(_ seal: Fingerprint) throws -> [RowDefect] {
    let damaged = try damagedVersions()
    if !damaged.isEmpty {
      return damaged.map { RowDefect("versions", .changed, key: $0.key, name: "row \($0.id)") }
    }
    var present = Fingerprint()
    try sealedRows(.versions, algorithm) { present.add($0.digest) }
    return present == seal ? [] : [RowDefect.unlocated("versions", present.count, seal.count)]
  }

  /// Rows that show by themselves that they were changed; else whether all are there.
  fileprivate func rowFaults(_ part: StoreSeal.Part, _ seal: Fingerprint) throws -> [RowDefect] {
    var faults: [RowDefect] = []
    var present = Fingerprint()
    let sealer = try sealer()
    try sealedRows(part, algorithm) { row in
      present.add(row.digest)
      if row.seal == sealer.seal(part, row.digest, row.time) { return }
      let what = row.seal == nil ? RowDefect.What.inserted : .changed
      switch row.id {
      case .blob(let octets):
        faults.append(RowDefect(part.table, what, key: RecordKey(octets: octets)))
      case .text(let name): faults.append(RowDefect(part.table, what, name: name))
      default: break
      }
    }
    if present.count < seal.count || (faults.isEmpty && present != seal) {
      faults.append(RowDefect.unlocated(part.table, present.count, seal.count))
    }
    return faults
  }
}

extension RowDefect {
  static func unlocated(_ table: String, _ present: Int, _ sealed: Int) -> RowDefect {
    RowDefect(
      table, present < sealed ? .missing : present > sealed ? .inserted : .changed)
  }
}
