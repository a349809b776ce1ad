import Bytes
import Replication
import SQLite

/// The entries of one link against the fingerprint that both ends compare.
struct LinkInspection {
  private struct Row {
    let row: Int64
    let key: RecordKey?
    let agreed: Digest?
    let digest: Digest?
  }

  private let snapshot: Snapshot
  private let link: LinkState
  private var rows: [Row] = []
  private var present = Fingerprint()

  init(_ snapshot: Snapshot, _ link: LinkState) throws {
    self.snapshot = snapshot
    self.link = link
    try snapshot.connection.each(
      """
      SELECT e.record, r.key, e.agreed, r.digest FROM entries e
      LEFT JOIN records r ON r.row = e.record WHERE e.link = ? AND e.flags & 2 = 0
      """, [.integer(link.id)]
    ) { row in
      let one = Row(
        row: row.integer(0), key: RecordKey(octets: row.blob(1)), agreed: Digest(row.blob(2)),
        digest: Digest(row.blob(3)))
      if let agreed = one.agreed { present.add(agreed) }
      rows.append(one)
    }
  }

  var faults: [RowDefect] {
    get throws {
      if present == link.fingerprint { return [] }
      let difference = present.sum.difference(to: link.fingerprint.sum)
      let found: [Row] =
        switch link.fingerprint.count - present.count {
        case 0: try changed(by: difference)
        case 1: try lost(difference)
        case -1: rows.filter { $0.agreed?.plus(difference) == .zero }
        default: []
        }
      if found.isEmpty {
        let unlocated = RowDefect.unlocated("entries", present.count, link.fingerprint.count)
        return [RowDefect("entries", unlocated.what, name: link.peer.text)]
      }
      let what = RowDefect.unlocated("entries", present.count, link.fingerprint.count).what
      return found.map { RowDefect("entries", what, key: $0.key, name: link.peer.text) }
    }
  }

  /// Entries whose agreed digest was once one of the record's.
  private func changed(by difference: Digest) throws -> [Row] {
    try rows.filter { row in
      guard let was = row.agreed?.plus(difference) else { return false }
      return try was == row.digest || snapshot.isVersion(was, of: row.row)
    }
  }

  /// Records that were agreed on, and have no entry that says so any more.
  private func lost(_ digest: Digest) throws -> [Row] {
    let agreed = Set(rows.filter { $0.agreed != nil }.map(\.row))
    return try snapshot.connection.all(
      "SELECT row, key FROM records WHERE digest = ?", [.blob(digest.bytes)]
    ) {
      Row(row: $0.integer(0), key: RecordKey(octets: $0.blob(1)), agreed: nil, digest: digest)
    }.filter { !agreed.contains($0.row) }
  }
}

extension Snapshot {
  func entryFaults(_ link: LinkState) throws -> [RowDefect] {
    try LinkInspection(self, link).faults
  }

  fileprivate func isVersion(_ digest: Digest, of row: Int64) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM versions WHERE record = ? AND digest = ?",
      [.integer(row), .blob(digest.bytes)]
    ) { _ in true } ?? false
  }
}

extension Transaction {
  /// Adds up anew what the entries of a link say.
  package func renewFingerprint(_ link: Int64) throws {
    try writeEntries()
    var fingerprint = Fingerprint()
    try connection.each(
      "SELECT agreed FROM entries WHERE link = ? AND flags & 2 = 0 AND agreed IS NOT NULL",
      [.integer(link)]
    ) { fingerprint.add(try digest($0, 0)) }
    try change(link) { $0.fingerprint = fingerprint }
  }
}
