import Bytes
import NodeCore
import Replication
import SiteGroup
import Storage

/// The operations of this module: pages of a site.
package enum ConsoleOperations {
  package static let all: [any Operation.Type] = [
    PagePublish.self, PageList.self, PageCheckOperation.self,
  ]

  static let directory = Parameter.option(
    "to", "DIR", zh: "页面目录（默认按配置的 pages.directory）",
    en: "the pages' directory (else what the configuration says)", content: .outputFile)
}

struct PagePublish: Operation {
  static let spec = OperationSpec(
    "page", "publish", zh: "发布本站页面、订阅源与站点地图", en: "publishes this site's pages and feeds",
    changes: true,
    [
      ConsoleOperations.directory,
      .flag("all", zh: "未变的页面也重写", en: "also writes what has not changed"),
    ])

  struct Output: Answer {
    let written: Int
    let removed: Int
    let unchanged: Int

    func text(_ language: Language) -> String {
      Words(
        zh: "写入 \(written)，移除 \(removed)，未变 \(unchanged)",
        en: "\(written) written, \(removed) removed, \(unchanged) unchanged")[language]
    }
  }

  private let directory: String?
  private let all: Bool

  init(_ arguments: Arguments) throws {
    directory = arguments.optionalText("to")
    all = arguments.flag("all")
  }

  /// What is overtaken while a round runs is made in the next; a busy node may do so for ever.
  private static let roundsMax = 3

  func run(in context: OperationContext) throws -> Output {
    let publisher = try PagePublisher(context.node, directory: directory)
    var report = PublishReport()
    for round in 0..<PagePublish.roundsMax {
      let next = try publisher.publish(
        all: all && round == 0, dryRun: context.dryRun,
        progress: { context.progress("\($0)/\($1)") })
      report.written += next.written
      report.removed += next.removed
      if round == 0 { report.unchanged = next.unchanged }
      if next.overtaken == 0 { break }
    }
    if report.written + report.removed > 0 { try context.tell() }
    return Output(
      written: report.written, removed: report.removed, unchanged: report.unchanged)
  }
}

struct PageList: Operation {
  static let spec = OperationSpec(
    "page", "list", zh: "列出已发布的页面", en: "lists what is published", changes: false,
    [
      ConsoleOperations.directory,
      .option("item", "ITEM", zh: "只列该信息的页面", en: "only the page of an item"),
    ])

  struct Page: Codable, Sendable {
    let path: String
    @Nullable var item: String?
    /// Of its octets; missing where writing it was broken off.
    let digest: String?
    let publishedAt: String

    enum CodingKeys: String, CodingKey {
      case path, item, digest
      case publishedAt = "published_at"
    }
  }

  struct Output: Answer {
    let pages: [Page]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["路径", "信息", "发布时间"]) : TextTable(["path", "item", "published"])
      for page in pages { table.add([page.path, page.item ?? "", page.publishedAt]) }
      return table.text
    }
  }

  private let directory: String?
  private let item: String?

  init(_ arguments: Arguments) throws {
    directory = arguments.optionalText("to")
    item = arguments.optionalText("item")
  }

  func run(in context: OperationContext) throws -> Output {
    let directory = try context.pageDirectory(directory)
    let wanted = try item.map { name in
      try context.read { snapshot, _ in
        let key = try snapshot.key(of: .item, named: name)
        return "\(key.owner):\(key.id)"
      }
    }
    let rows = try context.node.pages.rows(in: directory)
    return Output(
      pages: rows.filter { wanted == nil || $0.item == wanted }.map { row in
        Page(
          path: row.path, item: row.item, digest: row.digest?.description,
          publishedAt: context.text(of: row.publishedAt))
      })
  }
}

struct PageCheckOperation: Operation {
  static let spec = OperationSpec(
    "page", "check", zh: "核对已发布的页面是否被篡改", en: "checks published pages for tampering",
    changes: true,
    [
      ConsoleOperations.directory,
      .flag(
        "repair", zh: "重新发布被改动或丢失的页面", en: "writes changed and missing pages anew"),
    ])

  struct Damage: Codable, Sendable {
    let path: String
    /// `changed`, `forged`, `missing`, `foreign`.
    let what: String
  }

  struct Output: Answer {
    /// Whether nothing is wrong; after a repair, whether nothing is wrong any more.
    let ok: Bool
    let checked: Int
    let damaged: [Damage]
    let repaired: Int?

    var exitStatus: Int32 { ok ? 0 : 1 }

    func text(_ language: Language) -> String {
      var lines = [
        Words(
          zh: "核对 \(checked) 个文件，异常 \(damaged.count) 个",
          en: "checked \(checked) files, \(damaged.count) wrong")[language]
      ]
      lines += damaged.map { one in
        let words = PageDamage.What(rawValue: one.what)?.words[language] ?? one.what
        return TextTable.line("  \(words)  \(one.path)")
      }
      if let repaired {
        lines.append(
          Words(zh: "已重新发布 \(repaired) 个", en: "\(repaired) written anew")[language])
      }
      return lines.joined(separator: "\n")
    }
  }

  private let directory: String?
  private let repairs: Bool

  init(_ arguments: Arguments) throws {
    directory = arguments.optionalText("to")
    repairs = arguments.flag("repair")
  }

  func run(in context: OperationContext) throws -> Output {
    let check = try PageCheck(context.node, directory: directory)
    guard let (damaged, checked) = try check.run() else {
      return Output(ok: true, checked: 0, damaged: [], repaired: nil)
    }
    let found = damaged.map { Damage(path: $0.path, what: $0.what.rawValue) }
    let mendable = Set(damaged.filter { $0.what != .foreign }.map(\.path))
    guard repairs, !context.dryRun, !mendable.isEmpty else {
      return Output(
        ok: damaged.isEmpty, checked: checked, damaged: found, repaired: repairs ? 0 : nil)
    }
    let publisher = try PagePublisher(context.node, directory: directory)
    _ = try publisher.publish(renewing: mendable)
    try context.tell()
    let left = try check.run()?.damaged ?? []
    let stillWrong = Set(left.map(\.path))
    return Output(
      ok: left.isEmpty, checked: checked, damaged: found,
      repaired: mendable.count { !stillWrong.contains($0) })
  }
}

extension PageDamage.What {
  package var words: Words {
    switch self {
    case .changed: Words(zh: "内容被改动", en: "changed")
    case .forged: Words(zh: "内容被改动并伪造了校验值", en: "changed, its digest forged")
    case .missing: Words(zh: "文件丢失", en: "missing")
    case .foreign: Words(zh: "外来文件", en: "foreign")
    }
  }
}

extension OperationContext {
  /// The directory that the caller names, else the configuration's.
  func pageDirectory(_ named: String?) throws(Refusal) -> String {
    guard let path = named ?? node.settings.pages?.directory else {
      throw Refusal(.missingArgument, "--to")
    }
    return PageSettings.canonical(path)
  }
}
