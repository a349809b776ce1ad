import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let submissions: [any Operation.Type] = [
    Submit.self, ReviewList.self, ReviewShow.self, ReviewAdopt.self, ReviewReturn.self,
  ]
}

struct ReviewList: Operation {
  static let spec = OperationSpec(
    "review", "list", zh: "列出报送件，新的在前", en: "lists submissions, newest first",
    changes: false,
    [
      .option(
        "state", "S", zh: "只要某一状态：offered、adopted、returned",
        en: "in one state: offered, adopted, returned"),
      .flag("all", zh: "所有状态（默认）", en: "in every state (the default)"),
    ])

  struct Output: Answer {
    let submissions: [SubmissionAnswer]
    func text(_ language: Language) -> String { SubmissionAnswer.table(submissions, language) }
  }

  private let state: String?

  init(_ arguments: Arguments) throws {
    let states: [SubmissionRecord.State] = [.offered, .adopted, .returned]
    state = try arguments.choice("state", of: states.map(\.name))
    if state != nil, arguments.flag("all") {
      throw Refusal(.conflictingOptions, "--state", "--all")
    }
  }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let wanted = try snapshot.submissions().filter { state == nil || $0.state.name == state }
      return Output(
        submissions: try wanted.map {
          try SubmissionAnswer($0, in: snapshot, library.directory, text: context.text(of:))
        })
    }
  }
}

struct ReviewShow: Operation {
  static let spec = OperationSpec(
    "review", "show", zh: "显示一个报送件及其内容", en: "shows a submission and its content",
    changes: false, [.submission])

  private let submission: String

  init(_ arguments: Arguments) throws { submission = try arguments.text("submission") }

  func run(in context: OperationContext) throws -> SubmissionDetail {
    try context.read { snapshot, library in
      try SubmissionDetail(
        snapshot.submission(named: submission), in: snapshot, library.directory,
        text: context.text(of:))
    }
  }
}

extension Parameter {
  static let submission = Parameter.positional(
    "submission", "ID", zh: "报送件的标识", en: "the submission's id")
}

extension Snapshot {
  /// The submission that an argument names.
  func submission(named text: String) throws -> SubmissionRecord {
    let key = try key(of: .submission, named: text)
    guard let submission = SubmissionRecord(try record(key)?.record) else {
      throw Refusal(.unknownID, text)
    }
    return submission
  }
}
