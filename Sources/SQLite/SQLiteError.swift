import CSQLite

/// What SQLite answered. `code` is the extended result code.
package struct SQLiteError: Error, Sendable, CustomStringConvertible {
  package let code: Int32
  package let message: String
  package let sql: String

  package init(code: Int32, message: String, sql: String) {
    self.code = code
    self.message = message
    self.sql = sql
  }

  package enum Kind: Sendable { case full, readOnly, busy, corrupt, input, other }

  package var kind: Kind {
    switch code & 0xFF {
    case SQLITE_FULL: .full
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN: .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    case SQLITE_IOERR: .input
    default: .other
    }
  }

  /// Whether the disk is why: full, read-only, failing or damaged.
  package var isOfDisk: Bool {
    switch kind {
    case .full, .readOnly, .corrupt, .input: true
    case .busy, .other: false
    }
  }

  package var description: String { "SQLite \(code): \(message) [\(sql.prefix(120))]" }
}
