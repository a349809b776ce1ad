import SQLite

extension Store {
  /// Copies the whole store, as it stands at one moment, to a new file; writes go on meanwhile.
  /// What this returned from is on the disk.
  package func copy(to path: String) throws {
    try Connection.copy(self.path, to: path, vfs: vfs)
  }

  /// What is wrong with the pages of the store; writes go on meanwhile.
  package func pageFaults() throws -> [String] {
    try Connection(path: path, mode: .existing, vfs: vfs).faults(thoroughly: true)
  }

  /// Makes every index anew from its table.
  package func renewIndexes() throws {
    try write { try $0.connection.run("REINDEX") }
  }

  /// Copies a backup to a new file, where it can be opened as a store.
  package static func copy(backup: String, to path: String, vfs: String? = nil) throws {
    try Connection.copy(backup, to: path, vfs: vfs)
    if let fault = try Connection(path: path, mode: .existing, vfs: vfs).faults().first {
      throw StoreFault.damaged(fault)
    }
  }
}
