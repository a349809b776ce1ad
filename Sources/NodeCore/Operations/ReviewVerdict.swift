import Library
import Replication
import SiteGroup
import Storage

struct ReviewAdopt: Operation {
  static let spec = OperationSpec(
    "review", "adopt", zh: "采用报送件：按报送时的内容进入栏目",
    en: "adopts a submission: its item stands in the column as it was offered", changes: true,
    [.submission, .option("opinion", "TEXT", zh: "审核意见", en: "the reviewer's opinion")])

  private let submission: String
  private let opinion: String

  init(_ arguments: Arguments) throws {
    submission = try arguments.text("submission")
    opinion = try SubmissionText.checked(arguments, "opinion")
  }

  func run(in context: OperationContext) throws -> SubmissionChange {
    try context.change { transaction, library in
      let open = try OpenSubmission(named: submission, transaction, library.directory)
      try context.requireOther(thanEditorOf: open.item, in: transaction)
      guard let content = try transaction.content(of: open.submission), content.isIntact,
        content.owner == open.submission.owner, content.item == open.item
      else { throw Refusal(.offerIncomplete, open.submission.id.description) }
      try transaction.write(
        open.submission.deciding(
          .adopted, opinion: opinion, by: context.operatorName, at: transaction.now))
      let placement = try transaction.record(.placement(of: open.item, in: open.column.key))
      try transaction.write(
        open.submission.placing(
          open.item, in: open.column.key, over: PlacementRecord(placement?.record)))
      let item = ItemRecord(try transaction.record(open.item)?.record)
      let warnings =
        item?.shows == true ? [] : [Notice(.notShowing, open.item.id.description)]
      return open.answer(.adopted, warnings)
    }
  }
}

struct ReviewReturn: Operation {
  static let spec = OperationSpec(
    "review", "return", zh: "退回报送件", en: "returns a submission", changes: true,
    [.submission, .option("reason", "R", zh: "退回理由", en: "why", isRequired: true)])

  private let submission: String
  private let reason: String

  init(_ arguments: Arguments) throws {
    submission = try arguments.text("submission")
    reason = try SubmissionText.checked(arguments, "reason")
    if reason.isEmpty { throw Refusal(.missingArgument, "--reason") }
  }

  func run(in context: OperationContext) throws -> SubmissionChange {
    try context.change { transaction, library in
      let open = try OpenSubmission(named: submission, transaction, library.directory)
      try context.requireOther(thanEditorOf: open.item, in: transaction)
      try transaction.write(
        open.submission.deciding(
          .returned, opinion: reason, by: context.operatorName, at: transaction.now))
      return open.answer(.returned, [])
    }
  }
}

/// A submission that this site has to decide and has not decided yet.
private struct OpenSubmission {
  let submission: SubmissionRecord
  let item: RecordKey
  let column: ColumnRecord

  init(named text: String, _ snapshot: Snapshot, _ directory: Directory) throws {
    submission = try snapshot.submission(named: text)
    let id = submission.id.description
    guard let item = submission.item, let columnKey = submission.column else {
      throw Refusal(.offerIncomplete, id)
    }
    guard columnKey.owner == directory.site else {
      throw Refusal(.notOwner, directory.name(ofColumn: columnKey), columnKey.owner.text)
    }
    guard let column = directory.column(columnKey) else {
      throw Refusal(.unknownColumn, columnKey.id.description, "")
    }
    guard submission.state == .offered else {
      throw Refusal(
        .wrongState, id, submission.state.name, SubmissionRecord.State.offered.name)
    }
    if try snapshot.record(item)?.record.isPurged == true {
      throw Refusal(.wrongState, item.id.description, "purged", LifeRung.published.name)
    }
    self.item = item
    self.column = column
  }

  func answer(_ state: SubmissionRecord.State, _ warnings: [Notice]) -> SubmissionChange {
    SubmissionChange(submission.key, item, column, state, warnings)
  }
}
