import Bytes
import Replication
import Storage

/// The secrets of a node in memory, written through to its vault.
package final class KeyRing: Sendable {
  private let vault: any KeyVault
  private let file: Lock<KeyFile>

  package init(_ vault: any KeyVault) throws {
    self.vault = vault
    file = Lock(try vault.load())
  }

  package func read<T>(_ body: (KeyFile) throws -> T) rethrows -> T {
    try file.withLock { try body($0) }
  }

  /// Changes the file and saves it; where saving fails nothing has changed.
  package func change<T>(_ body: (inout KeyFile) throws -> T) throws -> T {
    try file.withLock { file in
      var copy = file
      let result = try body(&copy)
      if copy != file { try vault.save(copy) }
      file = copy
      return result
    }
  }

  /// The key shared with a child.
  package func key(ofChild site: SiteCode) -> [UInt8]? {
    read { file in
      file.children.first { $0.site == site.text }.flatMap { Hex.decode($0.key) }
    }
  }

  /// The upstream's code and the key shared with it.
  package var upstream: (site: SiteCode, key: [UInt8])? {
    read { file in
      guard let link = file.upstream, let site = SiteCode(link.site),
        let key = Hex.decode(link.key)
      else { return nil }
      return (site, key)
    }
  }
}

/// Secrets in memory alone: for tests and simulations.
package final class MemoryVault: KeyVault {
  private let file = Lock(KeyFile())

  package init() {}

  package func load() throws -> KeyFile { file.withLock { $0 } }
  package func save(_ new: KeyFile) throws { file.withLock { $0 = new } }
}
