import Glibc
import NodeCore
import Replication
import SiteGroup
import Storage

/// A folder beside a node's store in which a backup becomes a store with a life of its own, before
/// it is moved into place. Until then nothing of the node is touched.
struct RestoreStage {
  static let replacedName = Node.storeName + ".replaced"
  /// What SQLite keeps beside a database.
  private static let suffixes = ["", "-wal", "-shm"]

  private let directory: NodeDirectory
  private var folder: String { "\(directory.path)/restore.new" }
  private var present: String { "\(directory.path)/\(Node.storeName)" }

  init(_ directory: NodeDirectory) { self.directory = directory }

  /// The code of the node that is there; nil where there is none, or none that opens.
  var presentCode: String? {
    guard directory.isNode else { return nil }
    return try? Node.open(
      directory: directory.path, settings: NodeSettings(), ports: SystemPorts.store
    ).site.text
  }

  /// Where the node that is there has operators, only an administrator replaces it. One that does
  /// not open, anybody may.
  func permit(_ operatorName: String) throws {
    guard directory.isNode,
      let node = try? Node.open(
        directory: directory.path, settings: NodeSettings(), ports: SystemPorts.store)
    else { return }
    try node.store.read {
      try $0.permit(
        operatorName, RestoreOperation.spec.name,
        OperatorRights.roles(for: RestoreOperation.spec.name, changes: true))
    }
  }

  /// Copies the backup here and gives it a new life. When this returns nothing has it open.
  func prepare(_ file: String, by operatorName: String) throws -> (code: String, records: Int) {
    clear()
    guard mkdir(folder, 0o700) == 0 else { throw OutputFile.failure(folder) }
    do {
      try Store.copy(backup: file, to: "\(folder)/\(Node.storeName)")
      let node = try Node.open(
        directory: folder, settings: NodeSettings(), ports: SystemPorts.store)
      try node.rejoin(by: operatorName, "restore")
      try node.store.checkpoint()
      return (node.site.text, try node.store.read { try $0.recordsCount() })
    } catch {
      let refusal = Refusal.of(error, directory: file)
      switch refusal.reason {
      case .damagedStore, .notANode, .internal:
        throw Refusal(.notABackup, file, refusal.details.last ?? "file is not a database")
      default: throw refusal
      }
    }
  }

  /// Keeps what is there under another name, and puts the prepared store in its place.
  func moveIn() throws {
    let kept = "\(directory.path)/\(RestoreStage.replacedName)"
    for suffix in RestoreStage.suffixes { unlink(kept + suffix) }
    for suffix in RestoreStage.suffixes where access(present + suffix, F_OK) == 0 {
      guard rename(present + suffix, kept + suffix) == 0 else {
        throw OutputFile.failure(directory.path)
      }
    }
    try OutputFile.flush("\(folder)/\(Node.storeName)")
    guard rename("\(folder)/\(Node.storeName)", present) == 0 else {
      throw OutputFile.failure(directory.path)
    }
    try OutputFile.flush(directory.path)
  }

  func clear() {
    for suffix in RestoreStage.suffixes + ["-journal"] {
      unlink("\(folder)/\(Node.storeName)\(suffix)")
    }
    rmdir(folder)
  }
}
