import CSQLite

/// A prepared statement, owned by its connection's cache. Used only while the connection is.
package final class Statement {
  private let handle: OpaquePointer
  private unowned let connection: Connection
  private let sql: String

  // SQLite copies what is bound with this destructor.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ sql: String, on connection: Connection) throws {
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v3(
      connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK, let handle else { throw connection.error(code, sql) }
    self.handle = handle
    self.connection = connection
    self.sql = sql
  }

  deinit { sqlite3_finalize(handle) }

  package func bind(_ values: [SQLValue]) throws {
    precondition(
      values.count == Int(sqlite3_bind_parameter_count(handle)), "parameters of \(sql)")
    for (index, value) in values.enumerated() {
      let position = Int32(index + 1)
      let code =
        switch value {
        case .null: sqlite3_bind_null(handle, position)
        case .integer(let integer): sqlite3_bind_int64(handle, position, integer)
        case .text(let text): bind(text, at: position)
        case .blob(let octets): bind(octets, at: position)
        }
      if code != SQLITE_OK { throw connection.error(code, sql) }
    }
  }

  private func bind(_ text: String, at position: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { octets in
      octets.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, position, $0.baseAddress, Int32($0.count), Statement.transient)
      }
    }
  }

  private func bind(_ octets: [UInt8], at position: Int32) -> Int32 {
    octets.isEmpty
      ? sqlite3_bind_zeroblob(handle, position, 0)
      : octets.withUnsafeBytes {
        sqlite3_bind_blob64(
          handle, position, $0.baseAddress, UInt64($0.count), Statement.transient)
      }
  }

  /// True while there is a row.
  package func step() throws -> Bool {
    if let code = connection.injectedFault() { throw connection.error(code, sql) }
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    guard code == SQLITE_DONE else { throw connection.error(code, sql) }
    return false
  }

  package func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  package func text(_ column: Int32) -> String {
    guard let pointer = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: pointer, count: count), as: UTF8.self)
  }

  package func blob(_ column: Int32) -> [UInt8] {
    guard let pointer = sqlite3_column_blob(handle, column) else { return [] }
    return Array(
      UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(handle, column))))
  }

  package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
  package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
  package func optionalBlob(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }
}
