import Bytes
import Replication
import SQLite

extension Snapshot {
  package func auditHead() throws -> ChainHead {
    try connection.first("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1") {
      ChainHead(number: $0.integer(0), digest: try digest($0, 1))
    } ?? .none
  }

  package func auditCount() throws -> Int {
    try connection.first("SELECT count(*) FROM audit") { Int($0.integer(0)) } ?? 0
  }

  /// Entries until the body says enough; those that cannot be read are left out.
  package func auditEntries(
    newestFirst: Bool, _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    try AuditPage.each(newestFirst: newestFirst, { try $0(self) }, body)
  }

  /// The last entry that wrote this key in one of these operations.
  package func lastAuditEntry(
    of key: RecordKey, operations: Set<String>
  ) throws -> AuditEntry? {
    let found = try connection.all(
      "SELECT bytes FROM audit WHERE instr(bytes, ?) > 0 ORDER BY number DESC",
      [.blob(key.octets)]
    ) { try? AuditEntry($0.blob(0)) }
    return found.compactMap { $0 }.first { entry in
      entry.event.kind == .change && operations.contains(entry.event.operation)
        && entry.changes?.records.contains(key) ?? false
    }
  }
}

extension Store {
  /// The same, page by page, so that a long chain keeps nobody waiting.
  package func auditEntries(
    newestFirst: Bool, _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    try AuditPage.each(newestFirst: newestFirst, { read in try self.read { try read($0) } }, body)
  }
}

/// Some entries of the chain in a row.
private enum AuditPage {
  private static let entriesMax = 256

  static func each(
    newestFirst: Bool, _ within: ((Snapshot) throws -> Void) throws -> Void,
    _ body: (AuditEntry, Digest) throws -> Bool
  ) throws {
    var last: Int64 = newestFirst ? .max : 0
    while true {
      var page: [(number: Int64, bytes: [UInt8])] = []
      try within { page = try rows($0.connection, newestFirst, last) }
      guard let end = page.last else { return }
      last = end.number
      for (_, bytes) in page {
        guard let entry = try? AuditEntry(bytes) else { continue }
        if try !body(entry, entry.algorithm.digest(bytes)) { return }
      }
    }
  }

  private static func rows(
    _ connection: Connection, _ newestFirst: Bool, _ last: Int64
  ) throws -> [(number: Int64, bytes: [UInt8])] {
    try connection.all(
      newestFirst
        ? "SELECT number, bytes FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?"
        : "SELECT number, bytes FROM audit WHERE number > ? ORDER BY number LIMIT ?",
      [.integer(last), .integer(Int64(entriesMax))]
    ) { ($0.integer(0), $0.blob(1)) }
  }
}
