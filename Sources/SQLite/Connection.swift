import CSQLite

/// One SQLite connection with cached statements. Not thread-safe: its owner holds a lock.
package final class Connection {
  let handle: OpaquePointer
  private var pools: [String: Pool] = [:]
  /// The pool that was last asked for, by the length of its text: most need no hashing.
  private var recent: [Pool?] = Array(repeating: nil, count: 256)

  /// The statements of one text that are not in use.
  private final class Pool {
    let sql: String
    var idle: [Statement] = []

    init(_ sql: String) { self.sql = sql }
  }

  /// Asked before every step; a result code makes that step fail with it (for tests).
  package var fault: (() -> Int32?)?

  /// Before the first use of the library: nobody asks how much memory it has, and counting it takes
  /// one lock of the process for each allocation.
  private static let isConfigured = sqlite3_config_without_memory_statistics() == SQLITE_OK

  /// How long a statement waits for another connection.
  package static let busyMilliseconds: Int32 = 5000

  package enum Mode { case create, existing, readOnly }

  /// `vfs` names another file system than the machine's own.
  package init(path: String, mode: Mode, vfs: String? = nil) throws {
    _ = Connection.isConfigured
    let flags =
      switch mode {
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .existing: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(
      path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
    guard code == SQLITE_OK, let handle else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw SQLiteError(code: code, message: message, sql: "open")
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, Connection.busyMilliseconds)
  }

  deinit {
    recent.removeAll()
    pools.removeAll()
    sqlite3_close_v2(handle)
  }

  func injectedFault() -> Int32? { fault?() }

  func error(_ code: Int32, _ sql: String) -> SQLiteError {
    let message = String(cString: sqlite3_errmsg(handle))
    return SQLiteError(code: code, message: message, sql: sql)
  }

  /// Runs statements that return nothing: schema, pragmas.
  package func script(_ sql: String) throws {
    if let code = injectedFault() { throw error(code, sql) }
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code, sql) }
  }

  /// Ends a transaction that failed. No fault is injected here: a process that dies rolls back too.
  package func rollback() {
    if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }

  /// Runs one cached statement to its end, calling `row` for each row. A statement may run again
  /// within its own `row`: each use takes a statement of its own from the cache.
  package func each(
    _ sql: String, _ values: [SQLValue] = [], _ row: (Statement) throws -> Void
  ) throws {
    let pool = pool(sql)
    let statement = try pool.idle.popLast() ?? Statement(sql, on: self)
    defer {
      statement.reset()
      pool.idle.append(statement)
    }
    try statement.bind(values)
    while try statement.step() { try row(statement) }
  }

  private func pool(_ sql: String) -> Pool {
    let place = sql.utf8.count & 255
    if let pool = recent[place], pool.sql == sql { return pool }
    let pool = pools[sql] ?? Pool(sql)
    pools[sql] = pool
    recent[place] = pool
    return pool
  }

  package func run(_ sql: String, _ values: [SQLValue] = []) throws {
    try each(sql, values) { _ in }
  }

  /// The first row, or nil.
  package func first<T>(
    _ sql: String, _ values: [SQLValue] = [], _ row: (Statement) throws -> T
  ) throws -> T? {
    let pool = pool(sql)
    let statement = try pool.idle.popLast() ?? Statement(sql, on: self)
    defer {
      statement.reset()
      pool.idle.append(statement)
    }
    try statement.bind(values)
    return try statement.step() ? try row(statement) : nil
  }

  package func all<T>(
    _ sql: String, _ values: [SQLValue] = [], _ row: (Statement) throws -> T
  ) throws -> [T] {
    var rows: [T] = []
    try each(sql, values) { rows.append(try row($0)) }
    return rows
  }

  /// From now on each commit tells how long the write-ahead log is, and nobody else folds it.
  package func watchLog() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        if let context {
          Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
        }
        return SQLITE_OK
      }, context)
  }

  /// The pages of the write-ahead log after the last commit that wrote any.
  package private(set) var logPages = 0

  package var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }
  package var changedRows: Int { Int(sqlite3_changes(handle)) }
  /// Rows changed since the connection was opened; only differences mean something.
  package var totalChangedRows: Int { Int(sqlite3_total_changes(handle)) }
  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}
