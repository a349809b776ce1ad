import Library
import Replication
import Storage

/// A site's node: its store and what it decides. Has no sockets and no threads.
package final class Node: Sendable {
  package let store: Store
  package let library: SiteLibrary
  package let settings: NodeSettings
  package let ports: StorePorts

  package var site: SiteCode { store.identity.site }

  package init(store: Store, settings: NodeSettings = NodeSettings()) throws {
    self.store = store
    self.settings = settings
    ports = store.ports
    library = SiteLibrary(site: store.identity.site)
    try store.attach(library.followers)
  }
}
