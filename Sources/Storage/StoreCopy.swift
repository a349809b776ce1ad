import SQLite

extension Store {
  /// Copies the whole store, as it stands at one moment, to a new file; writes go on meanwhile.
  /// What this returned from is on the disk.
  package func copy(to path: String) throws {
    try Connection.copy(self.path, to: path, vfs: vfs)
  }

  /// Copies a backup to a new file, where it can be opened as a store.
  package static func copy(backup: String, to path: String, vfs: String? = nil) throws {
    try Connection.copy(backup, to: path, vfs: vfs)
    if let fault = try Connection(path: path, mode: .existing, vfs: vfs).faults().first {
      throw StoreFault.damaged(fault)
    }
  }
}
