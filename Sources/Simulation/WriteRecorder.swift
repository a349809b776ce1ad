import Replication
import SQLite
import SiteGroup
import Storage

/// Notes in the transaction of each write what this site wrote: what a commit accepted is in its
/// table, what was rolled back is not.
final class WriteRecorder: Follower {
  let name = "recorder"
  let version = 1

  /// A cell that its author may not write; nobody else may take it.
  static let forbiddenCell = "evil"

  func load(from snapshot: Snapshot) throws {}

  func reset(in transaction: Transaction) throws {
    try transaction.connection.script(
      """
      CREATE TABLE IF NOT EXISTS
        recorded(id INTEGER PRIMARY KEY, restamped INTEGER, bytes BLOB) STRICT
      """)
  }

  func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes {
      guard let after = change.after else { continue }
      let names = after.names.filter { name in
        if name == Self.forbiddenCell { return false }
        let known = change.before?.cell(name)?.stamps ?? []
        return (after.cell(name)?.stamps ?? []).contains {
          $0.author == transaction.site && !known.contains($0)
        }
      }
      guard let part = after.keeping({ names.contains($0) }) else { continue }
      // Only the correction of a clock takes something back.
      let isRestamped = change.before.map { !after.covers($0) } ?? false
      try transaction.connection.run(
        "INSERT INTO recorded(restamped, bytes) VALUES (?, ?)",
        [.integer(isRestamped ? 1 : 0), .blob(part.bytes)])
    }
  }
}

/// What was accepted anywhere, and must therefore be found everywhere.
struct Ledger {
  struct Write {
    let writer: SiteCode
    /// Only the cells of this write.
    let part: Record
  }

  private(set) var writes: [Write] = []
  private(set) var restamped = 0

  /// Takes what `store` accepted after `last`; answers the new last.
  mutating func drain(_ store: Store, after last: Int64) throws -> Int64 {
    let site = store.identity.site
    let rows = try store.read { snapshot in
      try snapshot.connection.all(
        "SELECT id, restamped, bytes FROM recorded WHERE id > ? ORDER BY id", [.integer(last)]
      ) { ($0.integer(0), $0.integer(1) != 0, try Record(canonical: $0.blob(2))) }
    }
    for (_, isRestamped, part) in rows {
      if isRestamped { try restamp(site, part) }
      writes.append(Write(writer: site, part: part))
    }
    return rows.last?.0 ?? last
  }

  static func last(_ store: Store) throws -> Int64 {
    try store.read { snapshot in
      try snapshot.connection.first("SELECT max(id) FROM recorded") { $0.integer(0) } ?? 0
    }
  }

  /// Cells with earlier stamps stand for the later ones that no peer has seen.
  private mutating func restamp(_ site: SiteCode, _ part: Record) throws {
    restamped += 1
    let names = Set(part.names)
    writes = writes.compactMap { write in
      guard write.writer == site, write.part.key == part.key, !part.covers(write.part) else {
        return write
      }
      let moved = write.part.names.filter { name in
        guard names.contains(name), let mine = write.part.cell(name), let now = part.cell(name)
        else { return false }
        return now.joined(with: mine) != now
      }
      return write.part.keeping { !moved.contains($0) }.map { Write(writer: site, part: $0) }
    }
  }

  /// A write that is in no store any more is lost with the disk that held it.
  mutating func forgetLost(_ stores: [Store]) throws {
    let records = try stores.map { try $0.allRecords() }
    writes = writes.filter { write in
      records.contains { $0[write.part.key]?.covers(write.part) ?? false }
    }
  }
}

extension Store {
  func allRecords() throws -> [RecordKey: Record] {
    try read { snapshot in
      var records: [RecordKey: Record] = [:]
      try snapshot.records { records[$0.record.key] = $0.record }
      return records
    }
  }
}
