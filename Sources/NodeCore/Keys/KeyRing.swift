import Bytes
import Replication
import Storage

/// The secrets of a node in memory, written through to its vault.
package final class KeyRing: Sendable {
  private let vault: any KeyVault
  private let state: Lock<State>

  private struct State {
    var file: KeyFile
    /// Its children's keys, as each request needs them.
    var children: [SiteCode: ChildKeys]

    init(_ file: KeyFile) {
      self.file = file
      let all = file.children.compactMap { link in
        SiteCode(link.site).map { ($0, ChildKeys(link)) }
      }
      children = Dictionary(all) { first, _ in first }
    }
  }

  /// The octets of a child's keys.
  private struct ChildKeys {
    let present: [UInt8]?
    let next: [UInt8]?
    let previous: [UInt8]?
    let previousUntil: Int64

    init(_ link: KeyFile.LinkKey) {
      present = Hex.decode(link.key)
      next = link.next.flatMap { Hex.decode($0.key) }
      previous = link.previous.flatMap { Hex.decode($0.key) }
      previousUntil = link.previous?.until ?? 0
    }
  }

  package init(_ vault: any KeyVault) throws {
    self.vault = vault
    state = Lock(State(try vault.load()))
  }

  package func read<T>(_ body: (KeyFile) throws -> T) rethrows -> T {
    try state.withLock { try body($0.file) }
  }

  /// Changes the file and saves it; where saving fails nothing has changed.
  package func change<T>(_ body: (inout KeyFile) throws -> T) throws -> T {
    try state.withLock { state in
      var copy = state.file
      let result = try body(&copy)
      if copy != state.file {
        try vault.save(copy)
        state = State(copy)
      }
      return result
    }
  }

  /// The key shared with a child.
  package func key(ofChild site: SiteCode) -> [UInt8]? {
    state.withLock { $0.children[site]?.present }
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
    guard let keys = state.withLock({ $0.children[site] }) else { return [] }
    var held: [Held] = []
    if let key = keys.present { held.append(Held(key: key, isNext: false)) }
    if let key = keys.next { held.append(Held(key: key, isNext: true)) }
    let latest = now + KeyRing.overlapMilliseconds
    // One that ends later than it can was noted by a clock that was ahead.
    let previous = (now...latest).contains(keys.previousUntil) ? keys.previous : nil
    if let key = previous { held.append(Held(key: key, isNext: false)) }
    return held
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
