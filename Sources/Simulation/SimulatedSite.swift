import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// One site's directory and the process that runs its node.
final class SimulatedSite {
  /// What a site stands in, whichever process runs it.
  struct Place {
    let code: SiteCode
    let directory: String
    let clock: VirtualClock
    let network: SimulatedNetwork
    let upstream: SiteCode?
  }

  let place: Place
  private let seed: UInt64
  private var lives = 0
  private(set) var fault = FaultPlan()
  /// The keys lie beside the store.
  private(set) var vault: MemoryVault
  private var process: Node?
  /// How far the ledger has read.
  var drained: Int64 = 0

  var code: SiteCode { place.code }

  /// Makes the node of a new directory.
  init(_ identity: StoreIdentity, in place: Place, seed: UInt64) throws {
    (self.place, self.seed, vault) = (place, seed, MemoryVault())
    try FileManager.default.createDirectory(
      atPath: place.directory, withIntermediateDirectories: true)
    try start(identity)
  }

  /// Runs what lies in a directory: a clone. Nobody reaches it from below.
  init(cloneOf other: SimulatedSite, in directory: String, seed: UInt64) throws {
    place = Place(
      code: other.code, directory: directory, clock: other.place.clock,
      network: other.place.network, upstream: other.place.upstream)
    (self.seed, vault) = (seed, MemoryVault())
    try vault.save(try other.vault.load())
    try start(nil, isServed: false)
  }

  var node: Node {
    guard let process else { preconditionFailure("asked between two lives") }
    return process
  }

  private func start(_ identity: StoreIdentity?, isServed: Bool = true) throws {
    let (clock, code, fault) = (place.clock, place.code, fault)
    let dice = Lock(Dice(seed: seed &+ UInt64(lives) &* 7919))
    let ports = StorePorts(
      now: { clock.now(at: code) }, random: { count in dice.withLock { $0.octets(count) } })
    let store = try Store(
      path: "\(place.directory)/\(Node.storeName)", creating: identity, ports: ports,
      isDurable: false, fault: { fault.next() })
    let node = try Node(
      store: store,
      settings: NodeSettings(
        upstream: try place.upstream.map { try SimulatedNetwork.url($0) },
        blobBytesPerSecond: World.blobChunkOctets),
      vault: vault, network: place.network)
    try store.attach(node.library.followers + [WriteRecorder()])
    process = node
    if isServed { place.network.serve(node, fault) }
  }

  /// A process that died is started again: all it knows is what lies in the directory.
  func restart() throws {
    lives += 1
    // Closed before the file is opened anew: SQLite unlinks a log by its name.
    process = nil
    fault = FaultPlan()
    try start(nil)
  }

  // MARK: copies of the directory

  private static let files = ["", "-wal"].map { Node.storeName + $0 }

  func copy(to target: String) throws {
    try? FileManager.default.removeItem(atPath: target)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for file in SimulatedSite.files
    where FileManager.default.fileExists(atPath: "\(place.directory)/\(file)") {
      try FileManager.default.copyItem(
        atPath: "\(place.directory)/\(file)", toPath: "\(target)/\(file)")
    }
  }

  /// An old copy of the store takes its place; keys and blobs lie apart.
  func replace(by source: String) throws {
    process = nil
    for file in SimulatedSite.files {
      let path = "\(place.directory)/\(file)"
      try? FileManager.default.removeItem(atPath: path)
      if FileManager.default.fileExists(atPath: "\(source)/\(file)") {
        try FileManager.default.copyItem(atPath: "\(source)/\(file)", toPath: path)
      }
    }
    try restart()
    drained = try Ledger.last(node.store)
  }

  // MARK: blobs

  /// The files of whole blobs, in order.
  func blobFiles() throws -> [(digest: Digest, path: String)] {
    try node.blobs.all().map { digest in
      let name = digest.description
      let folder = "\(place.directory)/\(Node.storeName).blobs/\(name.prefix(2))"
      return (digest, "\(folder)/\(name)")
    }
  }
}
