import Library
import Replication
import SiteGroup
import Storage

struct ItemAdd: Operation {
  static let spec = OperationSpec(
    "item", "add", zh: "新增一条信息（不带 --publish 为草稿）",
    en: "adds an item: a draft, without --publish", changes: true,
    [
      .options(
        "column", "C", zh: "栏目（可多次给出）", en: "a column it stands in (repeatable)",
        isRequired: true)
    ] + ItemFieldOptions.parameters + [
      .option("external_id", "ID", zh: "外部系统的标识", en: "the id in the system it comes from"),
      .flag("publish", zh: "立即发布", en: "publishes it at once"),
      .flag("coedited", zh: "由栏目的共建单位共同编辑", en: "the columns' contributors may edit it"),
    ])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws {
    _ = try arguments.text("title")
    self.arguments = arguments
  }

  func run(in context: OperationContext) throws -> ItemChange {
    var changes = try ItemFieldOptions.changes(of: arguments, in: context)
    let intake = AttachmentIntake(context.node, keeps: !context.dryRun)
    let attached = try arguments.texts("attach").map(intake.take)
    if !attached.isEmpty { changes.attachments = try Attachment.list([], adding: attached) }
    let key = try newKey(in: context)
    return try context.change { transaction, library in
      try intake.settle(in: transaction)
      let columns = try library.openColumns(arguments.texts("column"))
      let item = ItemRecord(try transaction.record(key)?.record)
      if let externalID = arguments.optionalText("external_id") {
        let exists = try item != nil || transaction.draft(key) != nil
        if exists { throw Refusal(.itemExists, externalID, key.id.description) }
      }
      guard arguments.flag("publish") else {
        let draft = ItemDraft.writing(
          changes, columns: columns.map(\.key), isCoedited: arguments.flag("coedited"),
          externalID: arguments.optionalText("external_id"), over: nil, key: key)
        try transaction.setDraft(draft)
        return ItemChange(key, state: "draft", changed: true)
      }
      try context.requireReview(of: key, in: transaction)
      if changes.times[.publishedAt] == nil { changes.times[.publishedAt] = transaction.now }
      let terms = ItemWriter.Terms(
        columns: columns, isCoedited: arguments.flag("coedited"),
        externalID: arguments.optionalText("external_id"))
      try ItemWriter(transaction: transaction, library: library)
        .publish(key, changes, terms, over: item)
      return ItemChange(key, state: LifeRung.published.name, changed: true)
    }
  }

  /// The head of its external id's digest, else random.
  private func newKey(in context: OperationContext) throws -> RecordKey {
    if let externalID = arguments.optionalText("external_id") {
      do { try ItemChecks.check(externalID: externalID) } catch { throw Refusal(error) }
      return .item(context.node.site, externalID: externalID)
    }
    guard let id = RecordID(context.node.ports.random(RecordID.octetsCount)) else {
      preconditionFailure("the port gives as many octets as it is asked for")
    }
    return RecordKey(owner: context.node.site, kind: .item, id: id)
  }
}

struct ItemEdit: Operation {
  static let spec = OperationSpec(
    "item", "edit", zh: "修改信息的字段或栏目", en: "changes fields or columns of an item",
    changes: true,
    [.item] + ItemFieldOptions.parameters + [
      .options("column", "C", zh: "改为只在这些栏目", en: "stands in these columns alone"),
      .options("add_column", "C", zh: "增加栏目", en: "stands in this column too"),
      .options("detach", "NAME", zh: "去掉的附件", en: "an attachment that goes"),
      .options("remove_column", "C", zh: "移出栏目", en: "stands in this column no longer"),
      .flag("draft", zh: "先存为草稿，publish 后生效", en: "keeps the change until publish"),
    ])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    let isReplaced = !arguments.texts("column").isEmpty
    for name in ["add_column", "remove_column"] where isReplaced {
      if arguments.texts(name).isEmpty { continue }
      throw Refusal(.conflictingOptions, "--column", arguments.label(name))
    }
  }

  func run(in context: OperationContext) throws -> ItemChange {
    var changes = try ItemFieldOptions.changes(of: arguments, in: context)
    let intake = AttachmentIntake(context.node, keeps: !context.dryRun)
    let attached = try arguments.texts("attach").map(intake.take)
    return try context.change { transaction, library in
      try intake.settle(in: transaction)
      let key = try transaction.key(of: .item, named: arguments.text("item"))
      let item = ItemRecord(try transaction.record(key)?.record)
      if let item, item.record.isPurged { throw Refusal(.purged, item) }
      let draft = try transaction.draft(key)
      changes.attachments = try attachments(
        over: draft?.record.value(Record.attachmentsCell) ?? item?.attachments ?? [],
        adding: attached)
      let writer = ItemWriter(transaction: transaction, library: library)
      if let item, item.life != nil, !arguments.flag("draft") {
        try context.require(OperatorRights.editPublished, in: transaction)
        try context.requireReview(of: key, in: transaction)
        return try edit(item, changes, by: writer)
      }
      guard key.owner == transaction.site else {
        throw Refusal(.notOwner, key.id.description, key.owner.text)
      }
      let now = try draft?.columns ?? item.map { try writer.columns(of: $0) } ?? []
      let columns = try columns(over: now, in: library)
      let isChanged = try transaction.setDraft(
        ItemDraft.writing(changes, columns: columns?.map(\.key), over: draft, key: key))
      return ItemChange(key, state: ItemWords.state(of: item), changed: isChanged)
    }
  }

  /// Nil where the call does not speak of attachments.
  private func attachments(
    over old: [Attachment], adding new: [Attachment]
  ) throws -> [Attachment]? {
    let names = arguments.texts("detach")
    if new.isEmpty, names.isEmpty { return nil }
    for name in names where !old.contains(where: { $0.isNamed(name) }) {
      throw arguments.bad("detach", expected: old.map(\.name).joined(separator: " | "))
    }
    let kept = old.filter { one in !names.contains { one.isNamed($0) } }
    return try Attachment.list(kept, adding: new)
  }

  private func edit(
    _ item: ItemRecord, _ changes: ItemChanges, by writer: ItemWriter
  ) throws -> ItemChange {
    var terms = ItemWriter.Terms()
    terms.columns = try columns(over: writer.columns(of: item), in: writer.library)
    if terms.columns != nil, item.origin != writer.site {
      throw Refusal(.notOwner, item.id.description, item.origin.text)
    }
    let isChanged = try writer.publish(item.key, changes, terms, over: item)
    let warnings =
      item.state == .withdrawn ? [Notice(.staysWithdrawn, item.id.description)] : []
    return ItemChange(
      item.key, state: ItemWords.state(of: item), changed: isChanged, warnings: warnings)
  }

  /// Nil where the call does not speak of columns.
  private func columns(
    over now: [RecordKey], in library: SiteLibrary
  ) throws -> [ColumnRecord]? {
    if !arguments.texts("column").isEmpty {
      return try library.openColumns(arguments.texts("column"))
    }
    let added = try library.openColumns(arguments.texts("add_column"))
    let removed = try arguments.texts("remove_column").map {
      try library.directory.column(named: $0).key
    }
    if added.isEmpty, removed.isEmpty { return nil }
    let kept = now.filter { key in !removed.contains(key) && !added.contains { $0.key == key } }
    return try library.openColumns(kept) + added
  }
}
