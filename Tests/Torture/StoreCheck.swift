import CLinux
import CSQLite
import Glibc

/// Looks at a store as a process that died has left it. The check runs on a copy: the recovery of
/// the original is for the program to do.
enum StoreCheck {
  /// What `PRAGMA integrity_check` says, "ok" where all is well. Where a living process has the
  /// directory for longer than `seconds`, its store is read beside it.
  static func verdict(of directory: String, copy: String, waiting seconds: Double) -> String {
    let lock = open("\(directory)/lock", O_RDWR | O_CLOEXEC)
    guard lock >= 0 else { return "no lock file" }
    defer { close(lock) }
    let deadline = Moment.now() + seconds
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      if Moment.now() >= deadline { return firstValue(check, in: "\(directory)/node.db") }
      usleep(2000)
    }
    for suffix in ["", "-wal"] {
      let target = "\(copy)\(suffix)"
      unlink(target)
      if !duplicate("\(directory)/node.db\(suffix)", as: target), suffix.isEmpty {
        return "no database"
      }
    }
    flock(lock, LOCK_UN)
    defer { for suffix in ["", "-wal", "-shm"] { unlink("\(copy)\(suffix)") } }
    return firstValue(check, in: copy, SQLITE_OPEN_READWRITE)
  }

  private static let check = "PRAGMA integrity_check"

  /// The text of the first column of the first row, or the error's.
  static func firstValue(
    _ statement: String, in database: String, _ mode: Int32 = SQLITE_OPEN_READONLY
  ) -> String {
    var answer = "no answer"
    rows(statement, in: database, mode) { row in
      if answer == "no answer", let value = row.first { answer = value }
    } onError: {
      answer = $0
    }
    return answer
  }

  /// Every row as texts. A connection that only reads leaves the log of a dying process alone.
  static func rows(
    _ statement: String, in database: String, _ mode: Int32 = SQLITE_OPEN_READONLY,
    _ each: ([String]) -> Void, onError: (String) -> Void
  ) {
    var connection: OpaquePointer?
    defer { sqlite3_close(connection) }
    guard sqlite3_open_v2(database, &connection, mode, nil) == SQLITE_OK else {
      return onError("cannot open")
    }
    sqlite3_busy_timeout(connection, 5000)
    var prepared: OpaquePointer?
    defer { sqlite3_finalize(prepared) }
    guard sqlite3_prepare_v2(connection, statement, -1, &prepared, nil) == SQLITE_OK else {
      return onError(String(cString: sqlite3_errmsg(connection)))
    }
    while true {
      switch sqlite3_step(prepared) {
      case SQLITE_ROW:
        each(
          (0..<sqlite3_column_count(prepared)).map { column in
            sqlite3_column_text(prepared, column).map { String(cString: $0) } ?? ""
          })
      case SQLITE_DONE: return
      default: return onError(String(cString: sqlite3_errmsg(connection)))
      }
    }
  }

  /// By another process: closing the file here would end the locks that this one has on it.
  private static func duplicate(_ source: String, as target: String) -> Bool {
    guard access(source, R_OK) == 0 else { return false }
    let copier = ChildProcess("/bin/cp", [source, target], environment: [:])
    _ = copier?.read(until: Moment.now() + 60)
    return copier?.reap() == 0
  }
}
