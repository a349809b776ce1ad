import Library
import Replication
import SiteGroup
import Storage

struct ItemPublish: Operation {
  static let spec = OperationSpec(
    "item", "publish", zh: "发布草稿", en: "publishes a draft", changes: true, [.item])

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> ItemChange {
    try context.change { transaction, library in
      let key = try transaction.key(of: .item, named: item)
      let item = ItemRecord(try transaction.record(key)?.record)
      guard key.owner == transaction.site else {
        throw Refusal(.notOwner, key.id.description, key.owner.text)
      }
      guard let draft = try transaction.draft(key) else {
        return ItemChange(key, state: ItemWords.state(of: item), changed: false)
      }
      if context.node.settings.reviewsBeforePublishing {
        try context.requireOther(thanEditorOf: key, in: transaction)
      }
      let writer = ItemWriter(transaction: transaction, library: library)
      try writer.publish(draft, over: item)
      try transaction.dropDraft(key)
      let after = ItemRecord(try transaction.record(key)?.record)
      return ItemChange(
        key, state: ItemWords.state(of: after), changed: true,
        warnings: after?.state == .withdrawn
          ? [Notice(.staysWithdrawn, key.id.description)] : [])
    }
  }
}

extension ItemWriter {
  /// What the draft holds, as of now where it names no date.
  func publish(_ draft: ItemDraft, over item: ItemRecord?) throws {
    var changes = ItemChanges(of: draft.item)
    if item?.publishedAt == nil, changes.times[.publishedAt] == nil {
      changes.times[.publishedAt] = transaction.now
    }
    var terms = Terms(isCoedited: draft.isCoedited, externalID: draft.item.externalID)
    if draft.record.cell(ItemDraft.Cell.columns) != nil {
      terms.columns = try library.openColumns(draft.columns)
    }
    try publish(draft.key, changes, terms, over: item)
  }
}

struct ItemWithdraw: Operation {
  static let spec = OperationSpec(
    "item", "withdraw", zh: "撤稿：首发站点或其上级收回信息", en: "takes an item back, everywhere",
    changes: true,
    [
      .item,
      .option("reason", "R", zh: "撤稿理由", en: "why", isRequired: true),
      .wait,
    ])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws { self.arguments = arguments }

  func run(in context: OperationContext) throws -> ItemChange {
    let reason = try arguments.text("reason")
    return try context.change { transaction, library in
      let change = try changeLife(named: arguments.text("item"), transaction, library) { item in
        try item.withdrawing(by: transaction.site, in: library.directory.tree, reason: reason)
      }
      guard arguments.flag("wait") else { return change.answer }
      var answer = change.answer
      answer.sites = try transaction.settledCopies(of: change.key, text: context.text(of:))
      return answer
    }
  }
}

extension Transaction {
  /// Which neighbours hold the item's present state, once all that follows from it is written.
  func settledCopies(of key: RecordKey, text: (Int64) -> String) throws -> [SiteCopy]? {
    try settle()
    return try record(key).map { try copies(of: $0, site: site, text: text) }
  }
}

struct ItemReissue: Operation {
  static let spec = OperationSpec(
    "item", "reissue", zh: "重新发布本级撤回或归档的信息", en: "opens a new epoch after a withdrawal",
    changes: true, [.item])

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> ItemChange {
    try context.change { transaction, library in
      try changeLife(named: item, transaction, library) { item in
        try item.reissuing(by: transaction.site, in: library.directory.tree)
      }.answer
    }
  }
}

struct ItemArchive: Operation {
  static let spec = OperationSpec(
    "item", "archive", zh: "归档：仍可见，标注“已归档”", en: "archives an item: it shows, labelled so",
    changes: true, [.item])

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> ItemChange {
    try context.change { transaction, library in
      try changeLife(named: item, transaction, library) { item in
        try item.archiving(by: transaction.site)
      }.answer
    }
  }
}

struct ItemHold: Operation {
  static let spec = OperationSpec(
    "item", "hold", zh: "下架：上级使信息不可见", en: "takes an item of a site below out of view",
    changes: true, [.item, .reason])

  private let item: String
  private let reason: String

  init(_ arguments: Arguments) throws {
    item = try arguments.text("item")
    reason = arguments.optionalText("reason") ?? ""
  }

  func run(in context: OperationContext) throws -> ItemChange {
    try context.change { transaction, library in
      try changeLife(named: item, transaction, library) { item in
        try item.holding(by: transaction.site, in: library.directory.tree, reason: reason)
      }.answer
    }
  }
}

struct ItemRelease: Operation {
  static let spec = OperationSpec(
    "item", "release", zh: "解除本级的下架", en: "ends this level's hold", changes: true, [.item])

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> ItemChange {
    try context.change { transaction, library in
      try changeLife(named: item, transaction, library) { item in
        try item.releasing(by: transaction.site, in: library.directory.tree)
      }.answer
    }
  }
}

/// Decides, writes, and says what else keeps the item from showing.
private func changeLife(
  named text: String, _ transaction: Transaction, _ library: SiteLibrary,
  _ decide: (ItemRecord) throws -> RecordEdit?
) throws -> (key: RecordKey, answer: ItemChange) {
  let (_, item) = try transaction.item(named: text)
  let edit: RecordEdit?
  do { edit = try decide(item) } catch let fault as ItemRefusal { throw Refusal(fault, item) }
  if let edit {
    try ItemWriter(transaction: transaction, library: library).write([edit])
  }
  let after = ItemRecord(try transaction.record(item.key)?.record) ?? item
  let site = transaction.site
  let warnings =
    after.withdrawers.filter { $0 != site }.map { Notice(.withdrawnAbove, $0.text) }
    + after.holders.filter { $0 != site }.map { Notice(.heldAbove, $0.text) }
  return (
    item.key,
    ItemChange(
      item.key, state: ItemWords.state(of: after), changed: edit != nil, warnings: warnings)
  )
}
