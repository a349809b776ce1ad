import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// One site's directory and the process that runs its node.
final class SimulatedSite {
  let code: SiteCode
  private let directory: String
  private let clock: VirtualClock
  private let seed: UInt64
  private var lives = 0
  private(set) var fault = FaultPlan()
  private var process: Node?
  /// How far the ledger has read.
  var drained: Int64 = 0

  /// Makes the node of a new directory.
  init(
    _ identity: StoreIdentity, in directory: String, clock: VirtualClock, seed: UInt64
  ) throws {
    (code, self.directory, self.clock, self.seed) = (identity.site, directory, clock, seed)
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    process = try SimulatedSite.start(
      directory, identity, SimulatedSite.ports(code, clock, seed), fault)
  }

  /// Runs what lies in a directory: a clone.
  init(
    cloneOf other: SimulatedSite, in directory: String, seed: UInt64
  ) throws {
    (code, self.directory, clock, self.seed) = (other.code, directory, other.clock, seed)
    process = try SimulatedSite.start(
      directory, nil, SimulatedSite.ports(other.code, other.clock, seed), fault)
  }

  var node: Node {
    guard let process else { preconditionFailure("asked between two lives") }
    return process
  }

  private static func start(
    _ directory: String, _ identity: StoreIdentity?, _ ports: StorePorts, _ fault: FaultPlan
  ) throws -> Node {
    let store = try Store(
      path: "\(directory)/\(Node.storeName)", creating: identity, ports: ports, isDurable: false,
      fault: { fault.next() })
    let node = try Node(store: store)
    try store.attach(node.library.followers + [WriteRecorder()])
    return node
  }

  private static func ports(
    _ code: SiteCode, _ clock: VirtualClock, _ seed: UInt64
  ) -> StorePorts {
    let dice = Lock(Dice(seed: seed))
    return StorePorts(
      now: { clock.now(at: code) },
      random: { count in dice.withLock { $0.octets(count) } })
  }

  /// A process that died is started again: all it knows is what lies in the directory.
  func restart() throws {
    lives += 1
    // Closed before the file is opened anew: SQLite unlinks a log by its name.
    process = nil
    fault = FaultPlan()
    process = try SimulatedSite.start(
      directory, nil, SimulatedSite.ports(code, clock, seed &+ UInt64(lives) &* 7919), fault)
  }

  // MARK: copies of the directory

  private static let files = ["", "-wal"].map { Node.storeName + $0 }

  func copy(to target: String) throws {
    try? FileManager.default.removeItem(atPath: target)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for file in SimulatedSite.files
    where FileManager.default.fileExists(atPath: "\(directory)/\(file)") {
      try FileManager.default.copyItem(
        atPath: "\(directory)/\(file)", toPath: "\(target)/\(file)")
    }
  }

  /// An old copy of the directory takes its place.
  func replace(by source: String) throws {
    let away = "\(directory).old"
    process = nil
    try? FileManager.default.removeItem(atPath: away)
    try FileManager.default.moveItem(atPath: directory, toPath: away)
    try FileManager.default.copyItem(atPath: source, toPath: directory)
    try restart()
    drained = try Ledger.last(node.store)
  }
}
