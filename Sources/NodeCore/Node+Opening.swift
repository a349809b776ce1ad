import Bytes
import Replication
import SQLite
import SiteGroup
import Storage

/// What a new node is told about itself.
package struct NodeFounding: Sendable {
  package let code: SiteCode
  package let name: String
  package let kind: SiteKind
  package let algorithm: DigestAlgorithm
  /// Whether it is the root of a tree: then it stands in its own registry from the first day.
  package let isRoot: Bool

  package init(
    code: SiteCode, name: String, kind: SiteKind, algorithm: DigestAlgorithm, isRoot: Bool
  ) {
    self.code = code
    self.name = name
    self.kind = kind
    self.algorithm = algorithm
    self.isRoot = isRoot
  }
}

extension Node {
  /// The store's file in a node's directory.
  package static let storeName = "node.db"

  /// Opens the node of a directory. The caller owns the directory. `loadsAtOnce`: else what is kept
  /// in memory is read when it is needed.
  package static func open(
    directory: String, settings: NodeSettings, ports: StorePorts,
    vault: any KeyVault = MemoryVault(), network: any Network = NoNetwork(), vfs: String? = nil,
    loadsAtOnce: Bool = true
  ) throws -> Node {
    let store = try Store(
      path: "\(directory)/\(storeName)", creating: nil, ports: ports, vfs: vfs)
    return try Node(
      store: store, settings: settings, vault: vault, network: network,
      blobs: try blobStore("\(directory)/blobs", of: store, settings, network),
      pages: PageManifest(path: "\(directory)/pages.db"), loadsAtOnce: loadsAtOnce)
  }

  /// The store of blobs that the settings name.
  package static func blobStore(
    _ path: String, of store: Store, _ settings: NodeSettings, _ network: any Network
  ) throws -> any BlobStore {
    let algorithms = store.blobAlgorithms
    guard let s3 = settings.objectStore else {
      return DirectoryBlobStore(path: path, algorithms: algorithms)
    }
    let objects = S3ObjectStore(
      s3, site: store.identity.site, network: network, now: store.ports.now)
    guard let objects else { throw Refusal(.badURL, "\(s3.endpoint) \(s3.bucket)") }
    return ObjectBlobStore(
      path: path, objects: objects, home: settings.blobHome, algorithms: algorithms)
  }

  /// Makes the store of a new node in a directory that has none.
  package static func found(
    _ founding: NodeFounding, directory: String, ports: StorePorts, by operatorName: String
  ) throws {
    let identity = StoreIdentity(site: founding.code, algorithm: founding.algorithm)
    let store = try Store(path: "\(directory)/\(storeName)", creating: identity, ports: ports)
    let node = try Node(store: store)
    try node.begin(
      as: NodeProfile(name: founding.name, kind: founding.kind), isRoot: founding.isRoot,
      by: operatorName)
    try node.store.checkpoint()
  }
}
