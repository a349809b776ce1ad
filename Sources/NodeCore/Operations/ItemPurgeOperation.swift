import Library
import Replication
import SiteGroup
import Storage

/// For a leaked secret: what `item withdraw` only hides, this erases, here at once and at every
/// site that has it with its next session.
struct ItemPurge: Operation {
  static let spec = OperationSpec(
    "item", "purge", zh: "清除：彻底删除信息的全部内容，不可恢复",
    en: "erases an item's content everywhere, for good", changes: true,
    [
      .item,
      .option(
        "reason", "R", zh: "清除理由（随信息保留，勿写入泄露的内容）",
        en: "why; it stays, so name no secret in it", isRequired: true),
      .wait,
    ])

  private let arguments: Arguments
  private let reason: String

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    reason = try arguments.text("reason")
    if reason.utf8.count > Purge.reasonOctetsMax {
      throw arguments.bad("reason", expected: "≤ \(Purge.reasonOctetsMax) bytes")
    }
  }

  func run(in context: OperationContext) throws -> ItemChange {
    let answer = try context.change { transaction, library in
      let key = try transaction.key(of: .item, named: arguments.text("item"))
      let record = try transaction.record(key)?.record
      guard let item = try ItemRecord(record) ?? transaction.draft(key)?.item else {
        throw Refusal(.unknownID, key.id.description)
      }
      var answer = ItemChange(key, state: "purged", changed: try purge(item, transaction, library))
      if arguments.flag("wait") {
        answer.sites = try transaction.settledCopies(of: key, text: context.text(of:))
      }
      return answer
    }
    if context.dryRun { return answer }
    // Whoever asks again may do so because the files could not be removed.
    if answer.changed {
      try context.node.collectDroppedBlobs()
    } else {
      try context.node.collectBlobs()
    }
    return answer
  }

  private func purge(
    _ item: ItemRecord, _ transaction: Transaction, _ library: SiteLibrary
  ) throws -> Bool {
    let edit: RecordEdit?
    do {
      edit = try item.purging(
        by: transaction.site, in: library.directory.tree, reason: reason)
    } catch { throw Refusal(error, item) }
    guard let edit else { return false }
    return try ItemWriter(transaction: transaction, library: library).write([edit])
  }
}
