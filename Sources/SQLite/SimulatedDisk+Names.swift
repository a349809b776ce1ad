import CSQLite

/// What SQLite asks of names.
extension SimulatedDisk {
  /// Without a name: a file that nobody else sees.
  func open(
    _ name: String?, _ flags: Int32, _ opened: inout Int32, _ body: (OpenFile) -> Void
  ) -> Int32 {
    withState { state in
      if let code = state.calls.next(.open) { return code }
      let known = name.flatMap { state.files[$0] }
      if known == nil, name != nil, flags & SQLITE_OPEN_CREATE == 0 || state.isReadOnly {
        return SQLITE_CANTOPEN
      }
      if known != nil, flags & SQLITE_OPEN_EXCLUSIVE != 0 { return SQLITE_CANTOPEN }
      if state.isReadOnly {
        opened = flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_READONLY
      }
      let file = known ?? SimulatedFile()
      if known == nil, let name { state.set(name, to: file) }
      body(
        OpenFile(
          file, name: name, on: self, life: state.life,
          isDeletedOnClose: flags & SQLITE_OPEN_DELETEONCLOSE != 0))
      return SQLITE_OK
    }
  }

  func delete(_ name: String, isDurable: Bool) -> Int32 {
    withState { state in
      if let code = state.calls.next(.delete) { return code }
      if state.files[name] == nil { return SQLITE_IOERR | (23 << 8) }
      if state.isReadOnly { return DiskCall.delete.failure }
      state.set(name, to: nil)
      if isDurable { state.flushDirectory(of: name) }
      return SQLITE_OK
    }
  }

  /// An empty file counts as none, as SQLite's own file system has it.
  func access(_ name: String, _ flags: Int32, _ result: inout Int32) -> Int32 {
    withState { state in
      if let code = state.calls.next(.access) { return code }
      let isThere = state.files[name].map { $0.count > 0 } ?? false
      result = isThere && !(flags == SQLITE_ACCESS_READWRITE && state.isReadOnly) ? 1 : 0
      return SQLITE_OK
    }
  }
}
