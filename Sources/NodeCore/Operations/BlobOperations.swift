import Bytes
import Storage

/// Takes attachments to where the configuration wants them: from the node's directory to its object
/// store, or back. What was moved is checked there first; one that is interrupted goes on.
struct MoveBlobs: Operation {
  static let spec = OperationSpec(
    "blobs", "move", zh: "按配置把附件移入对象存储，或移回本地目录",
    en: "moves attachments to the object store of the configuration, or back", changes: true)

  struct Output: Answer {
    let moved: Int
    /// Digests of what was damaged where it was; it is fetched again.
    let damaged: [String]
    let place: String?

    var exitStatus: Int32 { damaged.isEmpty ? 0 : 1 }

    func text(_ language: Language) -> String {
      let more = damaged.map { "\n\($0.prefix(16))" }.joined()
      guard place != nil else {
        return Words(
          zh: "没有配置对象存储，附件都在本地目录",
          en: "no object store is configured: attachments are in the directory")[language]
      }
      let words = Words(
        zh: "移动附件 \(moved) 个，损坏待重新取回 \(damaged.count) 个",
        en: "moved \(moved) attachments; damaged and to be fetched again: \(damaged.count)")
      return words[language] + more
    }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    if context.dryRun {
      return Output(
        moved: try node.blobs.misplaced().count, damaged: [], place: node.blobs.place)
    }
    let (moved, lost) = try node.moveBlobs { context.progress("\($0)/\($1)") }
    return Output(moved: moved, damaged: lost.map(\.description), place: node.blobs.place)
  }
}
