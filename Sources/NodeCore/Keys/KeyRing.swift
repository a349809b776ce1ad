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

  /// A key that holds for a child.
  struct Held {
    let key: [UInt8]
    /// Agreed on, and used here for the first time.
    let isNext: Bool
  }

  /// How long a key still holds once its successor has been used.
  static let overlapMilliseconds: Int64 = 600_000

  /// The keys that hold for a child at `now`: the present one first.
  func keys(ofChild site: SiteCode, now: Int64) -> [Held] {
    let code = site.text
    let link = read { file in
      file.children.firstIndex { $0.site == code }.map { file.children[$0] }
    }
    guard let link else { return [] }
    let latest = now + KeyRing.overlapMilliseconds
    // One that ends later than it can was noted by a clock that was ahead.
    let previous = link.previous.flatMap { (now...latest).contains($0.until) ? $0.key : nil }
    let all: [(key: String?, isNext: Bool)] = [
      (link.key, false), (link.next?.key, true), (previous, false),
    ]
    return all.compactMap { one in
      one.key.flatMap { Hex.decode($0) }.map { Held(key: $0, isNext: one.isNext) }
    }
  }

  /// The child has used its next key: from now on that is its key.
  func promote(_ site: SiteCode, now: Int64) throws {
    try change { file in
      guard let place = file.children.firstIndex(where: { $0.site == site.text }),
        let next = file.children[place].next
      else { return }
      file.children[place].previous = KeyFile.LinkKey.Previous(
        key: file.children[place].key, until: now + KeyRing.overlapMilliseconds)
      file.children[place].key = next.key
      file.children[place].next = nil
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
