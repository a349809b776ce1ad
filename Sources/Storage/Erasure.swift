import SQLite

/// What a store owes after a transaction that purges. `secure_delete` overwrites what is deleted;
/// left are the write-ahead log, which is cut, and pieces of rows in the unused part of pages that
/// SQLite has moved them out of: for these the file is rewritten.
package struct Erasure {
  package private(set) var owesCut = false
  package private(set) var owesRewrite = false
  private var rewrittenAt: Int64?

  /// Somebody who purges all the time must not keep the store busy.
  package static let pauseMilliseconds: Int64 = 600_000
  /// A larger file would keep everybody waiting for too long.
  package static let rewrittenOctetsMax: Int64 = 1 << 30

  package init() {}

  package mutating func owe() { (owesCut, owesRewrite) = (true, true) }

  /// Outside of any transaction. What fails is tried again after the next one; `isLast`: there will
  /// be none.
  package mutating func settle(on connection: Connection, now: Int64, isLast: Bool = false) {
    if owesRewrite, isLast || isDue(now) {
      rewrittenAt = now
      owesRewrite = false
      if Erasure.isSmall(connection), (try? connection.script("VACUUM")) != nil { owesCut = true }
    }
    if owesCut { cut(connection) }
  }

  private func isDue(_ now: Int64) -> Bool {
    guard let rewrittenAt else { return true }
    // The clock may have been put back.
    return now < rewrittenAt || now - rewrittenAt >= Erasure.pauseMilliseconds
  }

  private static func isSmall(_ connection: Connection) -> Bool {
    let sizes = ["PRAGMA page_count", "PRAGMA page_size"].map { sql in
      (try? connection.first(sql) { $0.integer(0) }) ?? nil
    }
    guard let count = sizes[0], let size = sizes[1] else { return false }
    return count <= rewrittenOctetsMax / max(size, 1)
  }

  /// A reader of the log, a backup, may stand in the way, or the disk: nobody waits for it.
  private mutating func cut(_ connection: Connection) {
    try? connection.script("PRAGMA busy_timeout = 0")
    let isBusy = try? connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.integer(0) != 0 }
    owesCut = isBusy != false
    try? connection.script("PRAGMA busy_timeout = \(Connection.busyMilliseconds)")
  }
}
