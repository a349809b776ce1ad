import Bytes
import Library
import Replication
import Storage
import SyncProtocol

/// A site's node: its store and what it decides. Has no sockets and no threads.
package final class Node: Sendable {
  package let store: Store
  package let library: SiteLibrary
  package let settings: NodeSettings
  package let ports: StorePorts
  package let keys: KeyRing
  package let network: any Network
  package let blobs: any BlobStore
  /// What it has published as pages.
  package let pages: PageManifest
  /// Blobs that something under way needs, with how many do: they are not collected.
  let blobPins = Lock<[Digest: Int]>([:])
  /// What was refused again and again, not told yet.
  let refusals = RefusalTally()
  /// What was refused before anybody was known, not told yet.
  let strangers = StrangerTally()
  /// Whether blobs are being exchanged with the upstream.
  let blobGate = Lock(false)
  /// Before this time the upstream wants no exchange of blobs; milliseconds UTC.
  let blobsNotBefore = Lock<Int64>(0)
  /// How much goes in one message over the line to the upstream.
  let portions: Lock<Portions>
  /// Whether a session with the upstream is under way.
  let sessionGate = Lock(false)
  /// Numbers of requests that the last session made durable and did not use.
  let spareNumbers = Lock<ClosedRange<Int64>?>(nil)
  /// What the upstream said when it ended the last watch.
  let watched = Lock<Watched?>(nil)

  package var site: SiteCode { store.identity.site }

  package init(
    store: Store, settings: NodeSettings = NodeSettings(), vault: any KeyVault = MemoryVault(),
    network: any Network = NoNetwork(), blobs: (any BlobStore)? = nil,
    pages: PageManifest? = nil, loadsAtOnce: Bool = true
  ) throws {
    self.store = store
    self.pages = pages ?? PageManifest(path: store.path + ".pages")
    self.blobs =
      try blobs
      ?? Node.blobStore(store.path + ".blobs", of: store, settings, network)
    self.settings = settings
    portions = Lock(Portions(bytesPerSecond: settings.bytesPerSecond))
    self.network = network
    ports = store.ports
    keys = try KeyRing(vault)
    library = SiteLibrary(
      site: store.identity.site, repostsAtOnce: settings.reposting == .auto)
    try store.attach(library.followers, loadsAtOnce: loadsAtOnce)
  }
}

extension DirectoryBlobStore {
  /// Blobs beside a store.
  package convenience init(path: String, of store: Store, files: BlobFiles = BlobFiles()) {
    self.init(path: path, files: files, algorithms: store.blobAlgorithms)
  }
}

extension Store {
  /// What blobs are named by: this tree's algorithm; what a site took in before it joined its tree
  /// keeps its name by SHA-256.
  var blobAlgorithms: @Sendable () -> [DigestAlgorithm] {
    { [self] in
      let algorithm = identity.algorithm
      return algorithm == .sha256 ? [.sha256] : [algorithm, .sha256]
    }
  }
}
