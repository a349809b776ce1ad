import NodeCore
import Replication
import SiteGroup
import Storage

/// Where a backup becomes a store with a life of its own. Until it is moved into place nothing of
/// the node is touched.
struct RestoreStage {
  static let replacedName = Node.storeName + ".replaced"

  private let directory: NodeDirectory
  private let stage: StoreStage

  init(_ directory: NodeDirectory) {
    self.directory = directory
    stage = StoreStage(directory, name: "restore.new")
  }

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
    try stage.begin()
    do {
      try Store.copy(backup: file, to: "\(stage.folder)/\(Node.storeName)")
      let node = try Node.open(
        directory: stage.folder, settings: NodeSettings(), ports: SystemPorts.store)
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

  func moveIn() throws { try stage.moveIn(keepingOldAs: RestoreStage.replacedName) }

  func clear() { stage.clear() }
}
