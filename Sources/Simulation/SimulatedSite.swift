import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage

/// One site's disk and directory, and the process that runs its node.
final class SimulatedSite {
  /// What a site stands in, whichever process runs it.
  struct Place {
    let code: SiteCode
    /// Where its blobs lie; the store is on a disk of its own.
    let directory: String
    let clock: VirtualClock
    let network: SimulatedNetwork
    let upstream: SiteCode?
  }

  /// What is wrong with its disk until it strikes.
  enum Trouble: Equatable {
    /// The machine stops at a call, and loses what was not flushed.
    case power
    case error(DiskCall)
    case full
  }

  /// The files of a store, by what follows its name.
  typealias Image = [String: [UInt8]]

  let place: Place
  let disk: SimulatedDisk
  private let seed: UInt64
  private var lives = 0
  private(set) var fault = FaultPlan()
  private(set) var trouble: Trouble?
  /// The keys lie beside the store.
  private(set) var vault: MemoryVault
  private var process: Node?
  /// How far the ledger has read.
  var drained: Int64 = 0

  var code: SiteCode { place.code }

  /// Makes the node of a new directory.
  convenience init(_ identity: StoreIdentity, in place: Place, seed: UInt64) throws {
    try self.init(place, seed, MemoryVault())
    try start(identity)
  }

  /// Runs what lies in a directory: a clone. Nobody reaches it from below.
  convenience init(cloneOf other: SimulatedSite, in directory: String, seed: UInt64) throws {
    let place = Place(
      code: other.code, directory: directory, clock: other.place.clock,
      network: other.place.network, upstream: other.place.upstream)
    try self.init(place, seed, MemoryVault())
    try vault.save(try other.vault.load())
    put(other.image)
    try start(nil, isServed: false)
  }

  private init(_ place: Place, _ seed: UInt64, _ vault: MemoryVault) throws {
    (self.place, self.seed, self.vault) = (place, seed, vault)
    let (clock, code, dice) = (place.clock, place.code, Lock(Dice(seed: seed)))
    disk = SimulatedDisk(
      now: { clock.now(at: code) }, random: { count in dice.withLock { $0.octets(count) } })
    try FileManager.default.createDirectory(
      atPath: place.directory, withIntermediateDirectories: true)
  }

  var node: Node {
    guard let process else { preconditionFailure("asked between two lives") }
    return process
  }

  private static let path = "/\(Node.storeName)"

  private func start(_ identity: StoreIdentity?, isServed: Bool = true) throws {
    let (clock, code, fault) = (place.clock, place.code, fault)
    let dice = Lock(Dice(seed: seed &+ UInt64(lives) &* 7919))
    let ports = StorePorts(
      now: { clock.now(at: code) }, random: { count in dice.withLock { $0.octets(count) } })
    let store = try Store(
      path: SimulatedSite.path, creating: identity, ports: ports, vfs: disk.vfs,
      fault: { fault.next() })
    let node = try Node(
      store: store,
      settings: NodeSettings(
        upstream: try place.upstream.map { try SimulatedNetwork.url($0) },
        blobBytesPerSecond: World.blobChunkOctets),
      vault: vault, network: place.network,
      blobs: DirectoryBlobStore(path: "\(place.directory)/blobs", of: store))
    try store.attach(node.library.followers + [WriteRecorder()])
    // As in a daemon in every second life; what was left is deflated in a later one.
    if (seed &+ UInt64(lives)) % 2 == 0 { store.deferDeflating {} }
    process = node
    if isServed { place.network.serve(node, fault) }
  }

  /// A process that died is started again: all it knows is what lies on its disk. `crash`: the
  /// power has failed, and these dice say what is lost.
  func restart(crash: ((Int) -> Int)? = nil, under failing: DiskFault? = nil) throws {
    lives += 1
    // First: what is still open is of the dead, and does nothing any more.
    if let crash { disk.crash(crash) } else { disk.kill() }
    process = nil
    calm()
    fault = FaultPlan()
    disk.fault = failing
    try start(nil)
  }

  // MARK: faults

  /// Whether a fault has struck that nobody has seen to.
  var isStruck: Bool { fault.isDead || fault.hasFired || disk.strikes > 0 }

  func harm(_ trouble: Trouble, _ fault: DiskFault? = nil, room: Int? = nil) {
    self.trouble = trouble
    disk.fault = fault
    disk.capacityOctets = room.map { disk.usedOctets + $0 }
  }

  /// No fault is to come any more.
  func calm() {
    fault.disarm()
    disk.fault = nil
    disk.capacityOctets = nil
    trouble = nil
  }

  /// Runs what no fault may hit.
  func undisturbed<Result>(_ body: () throws -> Result) rethrows -> Result {
    let (fault, capacity, trouble) = (disk.fault, disk.capacityOctets, trouble)
    let isStruck = disk.strikes > 0
    if fault != nil { disk.fault = nil }
    if capacity != nil { disk.capacityOctets = nil }
    defer {
      self.trouble = trouble
      // One that has struck once is over.
      if let fault, fault.isLasting || !isStruck { disk.fault = fault }
      if capacity != nil { disk.capacityOctets = capacity }
    }
    return try self.fault.paused(body)
  }

  // MARK: copies of the store

  private static let suffixes = ["", "-wal"]

  var image: Image {
    var image: Image = [:]
    for suffix in SimulatedSite.suffixes {
      image[suffix] = disk.octets(of: SimulatedSite.path + suffix)
    }
    return image
  }

  private func put(_ image: Image) {
    for suffix in SimulatedSite.suffixes {
      disk.put(image[suffix], as: SimulatedSite.path + suffix)
    }
  }

  /// An old copy of the store takes its place; keys and blobs lie apart.
  func replace(by image: Image) throws {
    disk.kill()
    process = nil
    put(image)
    try restart()
    drained = try Ledger.last(node.store)
  }

  /// The medium decays under `octets`, as they lie in the store's file. False where they do not.
  func flip(bit: Int, under octets: [UInt8]) -> Bool {
    guard let file = disk.octets(of: SimulatedSite.path),
      let place = file.firstRange(of: octets)?.lowerBound
    else { return false }
    disk.flip(bit: place * 8 + bit, of: SimulatedSite.path)
    return true
  }

  /// Pages of the store's file.
  var pagesCount: Int { (disk.octets(of: SimulatedSite.path)?.count ?? 0) / 4096 }

  func flip(bit: Int, ofPage page: Int) {
    disk.flip(bit: page * 4096 * 8 + bit, of: SimulatedSite.path)
  }

  // MARK: blobs

  /// The files of whole blobs, in order.
  func blobFiles() throws -> [(digest: Digest, path: String)] {
    try node.blobs.all().map { digest in
      let name = digest.description
      return (digest, "\(place.directory)/blobs/\(name.prefix(2))/\(name)")
    }
  }

  /// The files of blobs that are not whole yet, in order.
  func stagedFiles() throws -> [(digest: Digest, path: String)] {
    try node.blobs.allStaged().map { digest, source in
      (digest, "\(place.directory)/blobs/staged/\(digest).\(source)")
    }
  }
}
