import Library
import Replication
import SiteGroup
import Storage

struct RepostList: Operation {
  static let spec = OperationSpec(
    "repost", "list", zh: "列出转载任务", en: "lists mandates", changes: false,
    [.flag("all", zh: "也列出已解除的", en: "lifted ones too")])

  struct Row: Codable, Sendable {
    let id: String
    let site: String
    let item: String
    let title: String
    let issuedAt: String
    let dueAt: String
    /// `open`, `done` or `lifted`.
    let state: String
    let sitesCount: Int
    let done: Int

    enum CodingKeys: String, CodingKey {
      case id, site, item, title, state, done
      case issuedAt = "issued_at"
      case dueAt = "due_at"
      case sitesCount = "sites_count"
    }
  }

  struct Output: Answer {
    let mandates: [Row]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "下达", "信息", "期限", "状态", "完成"], right: [5])
        : TextTable(["id", "by", "item", "due", "state", "done"], right: [5])
      for row in mandates {
        table.add([
          String(row.id.prefix(8)), row.site, TextTable.clipped(row.title, cellsMax: 40),
          row.dueAt, RepostWords.state(row.state, language), "\(row.done)/\(row.sitesCount)",
        ])
      }
      return table.text
    }
  }

  private let all: Bool

  init(_ arguments: Arguments) throws { all = arguments.flag("all") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let progress = RepostProgress(snapshot, library.directory)
      let mandates = library.directory.mandates.values.filter { all || !$0.isLifted }
        .sorted { ($0.issuedAt, $0.key) < ($1.issuedAt, $1.key) }
      return Output(mandates: try mandates.map { try row(of: $0, progress, context) })
    }
  }

  private func row(
    of mandate: MandateRecord, _ progress: RepostProgress, _ context: OperationContext
  ) throws -> Row {
    let sites = progress.sites(of: mandate)
    let done = try sites.filter { try progress.state(of: $0, for: mandate).state.isDone }.count
    return Row(
      id: mandate.id.description, site: mandate.owner.text,
      item: mandate.item?.id.description ?? "",
      title: try progress.snapshot.title(ofItem: mandate.item),
      issuedAt: context.text(of: mandate.issuedAt), dueAt: context.text(of: mandate.dueAt),
      state: mandate.isLifted ? "lifted" : done == sites.count ? "done" : "open",
      sitesCount: sites.count, done: done)
  }
}

struct RepostShow: Operation {
  static let spec = OperationSpec(
    "repost", "show", zh: "显示转载任务及各站点的进度", en: "shows a mandate and how far each site is",
    changes: false, [.mandate])

  struct Output: Answer {
    let id: String
    let site: String
    let item: String
    let title: String
    let to: String
    let column: String
    let issuedAt: String
    let dueAt: String
    let lifted: Bool
    let sites: [RepostSite]

    enum CodingKeys: String, CodingKey {
      case id, site, item, title, to, column, lifted, sites
      case issuedAt = "issued_at"
      case dueAt = "due_at"
    }

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      var lines = [
        "\(id)  \(title)",
        isChinese
          ? "下达 \(site) \(issuedAt)  期限 \(dueAt)" : "issued by \(site) \(issuedAt)  due \(dueAt)",
      ]
      if lifted { lines.append(RepostWords.state("lifted", language)) }
      var table =
        isChinese
        ? TextTable(["站点", "名称", "状态", "时间", "超时（小时）", "原因"], right: [4])
        : TextTable(["site", "name", "state", "at", "hours late", "reason"], right: [4])
      for row in sites {
        table.add([
          row.code, row.name, RepostWords.state(row.state, language), row.at ?? "",
          row.hoursLate > 0 ? String(row.hoursLate) : "",
          RepostWords.reason(row.reason, language),
        ])
      }
      return lines.map(TextTable.line).joined(separator: "\n") + "\n" + table.text
    }
  }

  private let mandate: String

  init(_ arguments: Arguments) throws { mandate = try arguments.text("mandate") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let record = try snapshot.mandate(named: mandate, library.directory)
      let progress = RepostProgress(snapshot, library.directory)
      return Output(
        id: record.id.description, site: record.owner.text,
        item: record.item?.id.description ?? "", title: try snapshot.title(ofItem: record.item),
        to: record.selection?.text ?? "", column: record.column,
        issuedAt: context.text(of: record.issuedAt), dueAt: context.text(of: record.dueAt),
        lifted: record.isLifted,
        sites: try progress.sites(of: record).map {
          try progress.row(of: $0, for: record, time: context.text(of:))
        })
    }
  }
}

/// Fulfils mandates at this site by command, where the node does not do it by itself.
struct RepostRun: Operation {
  static let spec = OperationSpec(
    "repost", "run", zh: "执行本站的转载任务", en: "fulfils the mandates that name this site",
    changes: true, [.optionalPositional("mandate", "ID", zh: "只执行这一个", en: "only this one")])

  struct Row: Codable, Sendable {
    let id: String
    let item: String
    let title: String
    let state: String
    let reason: String
  }

  struct Output: Answer {
    let mandates: [Row]

    var exitStatus: Int32 { mandates.contains { $0.state == "failed" } ? 1 : 0 }

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "信息", "状态", "原因"]) : TextTable(["id", "item", "state", "reason"])
      for row in mandates {
        table.add([
          String(row.id.prefix(8)), TextTable.clipped(row.title, cellsMax: 40),
          RepostWords.state(row.state, language), RepostWords.reason(row.reason, language),
        ])
      }
      return table.text
    }
  }

  private let mandate: String?

  init(_ arguments: Arguments) throws { mandate = arguments.optionalText("mandate") }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, library in
      let directory = library.directory
      let duties = try chosen(from: library.mandateRunner.duties, transaction, directory)
      let progress = RepostProgress(transaction, directory)
      let open = try duties.filter {
        try progress.state(of: directory.site, for: $0).state != .reposted
      }
      for duty in open { try library.mandateRunner.fulfil(duty.key, in: transaction) }
      try transaction.settle()
      return Output(
        mandates: try open.map { duty in
          let (state, _, reason) = try progress.state(of: directory.site, for: duty)
          return Row(
            id: duty.id.description, item: duty.item?.id.description ?? "",
            title: try transaction.title(ofItem: duty.item), state: state.rawValue,
            reason: reason)
        })
    }
  }

  private func chosen(
    from duties: [MandateRecord], _ snapshot: Snapshot, _ directory: Directory
  ) throws -> [MandateRecord] {
    guard let mandate else { return duties }
    let record = try snapshot.mandate(named: mandate, directory)
    guard duties.contains(where: { $0.key == record.key }) else {
      let isWaived = record.waiver(directory.site) != nil
      throw Refusal(
        .wrongState, mandate, record.isLifted ? "lifted" : isWaived ? "waived" : "for others")
    }
    return [record]
  }
}
