import Library
import Replication
import Storage

/// A site's node: its store and what it decides. Has no sockets and no threads.
package final class Node: Sendable {
  package let store: Store
  package let library: SiteLibrary
  package let settings: NodeSettings
  package let ports: StorePorts
  package let keys: KeyRing
  package let network: any Network
  /// Whether a session with the upstream is under way.
  let sessionGate = Lock(false)

  package var site: SiteCode { store.identity.site }

  package init(
    store: Store, settings: NodeSettings = NodeSettings(), vault: any KeyVault = MemoryVault(),
    network: any Network = NoNetwork()
  ) throws {
    self.store = store
    self.settings = settings
    self.network = network
    ports = store.ports
    keys = try KeyRing(vault)
    library = SiteLibrary(
      site: store.identity.site, repostsAtOnce: settings.reposting == .auto)
    try store.attach(library.followers)
  }
}
