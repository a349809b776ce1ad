import CSQLite

extension Connection {
  /// Copies a database, as it stands at one moment, to a new file that needs no other beside it.
  /// Through SQLite's backup interface: other connections go on writing. It is on the disk then.
  package static func copy(_ path: String, to copy: String, vfs: String? = nil) throws {
    let source = try Connection(path: path, mode: .existing, vfs: vfs)
    let target = try Connection(path: copy, mode: .create, vfs: vfs)
    guard let backup = sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
      throw target.error(sqlite3_errcode(target.handle), "backup")
    }
    let code = sqlite3_backup_step(backup, -1)
    let end = sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE, end == SQLITE_OK else {
      throw target.error(end == SQLITE_OK ? code : end, "backup")
    }
    try target.script("PRAGMA journal_mode = DELETE")
  }

  /// What SQLite finds wrong with the pages of the database; empty where nothing is. A thorough
  /// look compares every index with its table too.
  package func faults(thoroughly: Bool = false) throws -> [String] {
    do {
      let check = thoroughly ? "integrity_check" : "quick_check"
      return try all("PRAGMA \(check)(10)") { $0.text(0) }.filter { $0 != "ok" }
    } catch let error as SQLiteError where error.kind == .corrupt {
      // Some damage ends the check itself.
      return [error.message]
    }
  }
}
