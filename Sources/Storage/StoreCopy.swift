import SQLite

extension Store {
  /// Copies the whole store, as it stands at one moment, to a new file; writes go on meanwhile.
  /// What this returned from is on the disk.
  package func copy(to path: String) throws {
    try Connection.copy(self.path, to: path)
  }

  /// Copies a backup to a new file, where it can be opened as a store.
  package static func copy(backup: String, to path: String) throws {
    try Connection.copy(backup, to: path)
    if let fault = try Connection(path: path, mode: .existing).faults().first {
      throw StoreFault.damaged(fault)
    }
  }
}
