import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let reposts: [any Operation.Type] = [
    RepostIssue.self, RepostList.self, RepostShow.self, RepostRun.self, RepostLift.self,
    RepostWaive.self,
  ]
}

extension Parameter {
  static let mandate = Parameter.positional(
    "mandate", "ID", zh: "转载任务的标识", en: "the mandate's id")
}

struct RepostIssue: Operation {
  static let spec = OperationSpec(
    "repost", "issue", zh: "下达转载任务", en: "orders sites below to repost an item", changes: true,
    [
      .positional("item", "ITEM", zh: "信息的标识", en: "the item's id"),
      .option(
        "to", "SITES", zh: "all、central、county、department，或用逗号分隔的站点代码",
        en: "all, central, county, department, or codes separated by commas", isRequired: true),
      .option(
        "column", "C", zh: "各站点的栏目路径或栏目类型（默认由站点选择）",
        en: "a column's path, or its type, at each site (default: the site chooses)"),
      .option(
        "due", "TIME", zh: "期限，如 12h（默认）、1d", en: "how long they have: 12h (the default), 1d"),
    ])

  static let dueMillisecondsDefault: Int64 = 12 * 3_600_000
  static let dueMillisecondsMax: Int64 = 366 * 86_400_000
  static let columnOctetsMax = 1300

  struct Output: Answer {
    let id: String
    let sites: [String]
    let dueAt: String

    enum CodingKeys: String, CodingKey {
      case id, sites
      case dueAt = "due_at"
    }

    func text(_ language: Language) -> String {
      language == .zh
        ? "已下达 \(id)，\(sites.count) 个站点，期限 \(dueAt)"
        : "issued \(id) to \(sites.count) sites, due \(dueAt)"
    }
  }

  private let item: String
  private let selection: SiteSelection
  private let to: String
  private let column: String
  private let due: Int64

  init(_ arguments: Arguments) throws {
    item = try arguments.text("item")
    to = try arguments.text("to")
    guard let selection = SiteSelection(text: to) else {
      throw arguments.bad("to", expected: "all | central | county | department | CODE,…")
    }
    self.selection = selection
    column = arguments.optionalText("column") ?? ""
    if column.utf8.count > RepostIssue.columnOctetsMax {
      throw arguments.bad("column", expected: "≤ \(RepostIssue.columnOctetsMax) bytes")
    }
    let text = arguments.optionalText("due")
    let due = try text.map { text in
      guard let due = try? SyncSchedule.duration(text) else {
        throw arguments.bad("due", expected: "12h | 30m | 1d")
      }
      return due
    }
    self.due = due ?? RepostIssue.dueMillisecondsDefault
    guard (1...RepostIssue.dueMillisecondsMax).contains(self.due) else {
      throw arguments.bad("due", expected: "12h | 30m | 1d")
    }
  }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, library in
      let directory = library.directory
      try checkSites(directory)
      let item = try transaction.item(named: item).item
      guard item.shows else { throw Refusal(.notPublished, item.id.description) }
      guard let id = RecordID(transaction.ports.random(RecordID.octetsCount)) else {
        throw Refusal(.internal, "random")
      }
      var edit = RecordEdit(RecordKey(owner: directory.site, kind: .mandate, id: id))
      edit.set(MandateRecord.Cell.item, item.key)
      edit.set(MandateRecord.Cell.sites, selection.text)
      edit.set(MandateRecord.Cell.column, column)
      edit.set(MandateRecord.Cell.issuedAt, transaction.now)
      edit.set(MandateRecord.Cell.dueAt, transaction.now + due)
      edit[MandateRecord.Cell.state] = .rung(MandateRecord.issued)
      try transaction.write(edit)
      try transaction.settle()
      let sites = directory.mandates[edit.key]?.sites(in: directory.tree) ?? []
      if sites.isEmpty { throw Refusal(.noSites, to) }
      return Output(
        id: id.description, sites: sites.map(\.text),
        dueAt: context.text(of: transaction.now + due))
    }
  }

  /// Every code that was named must stand below this site.
  private func checkSites(_ directory: Directory) throws(Refusal) {
    guard case .sites(let codes) = selection else { return }
    for code in codes {
      let site = try directory.site(named: code.text)
      guard code != directory.site, directory.tree.isWithin(site.code, directory.site) else {
        throw Refusal(.notBelow, code.text, directory.site.text)
      }
    }
  }
}

struct RepostLift: Operation {
  static let spec = OperationSpec(
    "repost", "lift", zh: "解除转载任务（已转载的由各站点自定去留）",
    en: "lifts a mandate: sites may take the item out again", changes: true, [.mandate])

  private let mandate: String

  init(_ arguments: Arguments) throws { mandate = try arguments.text("mandate") }

  func run(in context: OperationContext) throws -> RepostChange {
    try context.change { transaction, library in
      let record = try transaction.issuedMandate(named: mandate, library.directory)
      var edit = RecordEdit(record.key)
      edit[MandateRecord.Cell.state] = .rung(MandateRecord.lifted)
      let isWritten = try !record.isLifted && transaction.write(edit)
      return RepostChange(id: record.id.description, result: isWritten ? "lifted" : "unchanged")
    }
  }
}

struct RepostWaive: Operation {
  static let spec = OperationSpec(
    "repost", "waive", zh: "豁免一个站点", en: "releases one site from a mandate", changes: true,
    [
      .mandate, .positional("site", "SITE", zh: "站点代码", en: "its code"),
      .option("reason", "TEXT", zh: "理由", en: "why", isRequired: true),
    ])

  static let reasonOctetsMax = 2000

  private let mandate: String
  private let site: String
  private let reason: String

  init(_ arguments: Arguments) throws {
    mandate = try arguments.text("mandate")
    site = try arguments.text("site")
    reason = try arguments.text("reason")
    guard (1...RepostWaive.reasonOctetsMax).contains(reason.utf8.count) else {
      throw arguments.bad("reason", expected: "1–\(RepostWaive.reasonOctetsMax) bytes")
    }
  }

  func run(in context: OperationContext) throws -> RepostChange {
    try context.change { transaction, library in
      let directory = library.directory
      let record = try transaction.issuedMandate(named: mandate, directory)
      let code = try directory.site(named: site).code
      guard record.selects(code, in: directory.tree) else { throw Refusal(.noSites, site) }
      var edit = RecordEdit(record.key)
      edit.set(MandateRecord.Cell.waiver(code), reason)
      let isWritten = try transaction.write(edit)
      return RepostChange(id: record.id.description, result: isWritten ? "waived" : "unchanged")
    }
  }
}

/// What became of a mandate.
struct RepostChange: Answer {
  let id: String
  /// `lifted`, `waived` or `unchanged`.
  let result: String

  func text(_ language: Language) -> String {
    let word =
      result == "unchanged"
      ? Words(zh: "没有变化", en: "unchanged")[language] : RepostWords.state(result, language)
    return "\(word)  \(id)"
  }
}

extension Snapshot {
  /// A mandate that this site has issued.
  fileprivate func issuedMandate(
    named text: String, _ directory: Directory
  ) throws -> MandateRecord {
    let mandate = try mandate(named: text, directory)
    guard mandate.owner == directory.site else {
      throw Refusal(.notOwner, text, mandate.owner.text)
    }
    return mandate
  }
}
