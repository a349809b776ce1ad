import Replication

/// What can be wrong with a store itself; SQLite's own errors come as `SQLiteError`.
package enum StoreFault: Error, Equatable, Sendable {
  /// No node lives here.
  case missing
  /// The database was written by a newer program.
  case newerSchema(Int)
  /// Links compare digests: the algorithm changes only before the first one.
  case algorithmIsFixed
  /// A stored record does not parse, or its dictionary is unknown.
  case damaged(String)
  /// The octets of a record are not what its digest says, or something else changed it.
  case damagedRecord(RecordKey)
}

/// Thrown to undo a transaction whose answer is wanted all the same (`--dry-run`).
package struct Rollback: Error { package init() {} }
