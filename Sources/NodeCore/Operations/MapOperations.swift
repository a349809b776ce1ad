import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let mappings: [any Operation.Type] = [
    MapAdd.self, MapList.self, MapShow.self, MapRemove.self, MapPreview.self,
  ]
}

struct MapAdd: Operation {
  static let spec = OperationSpec(
    "map", "add", zh: "新增栏目映射（平台调用）", en: "adds a mapping: items of the source stand in the target",
    changes: true, RuleArguments.parameters(isRequired: true))

  struct Output: Answer {
    let id: String
    /// `added`, `changed` or `unchanged`.
    let result: String
    /// How many items stand in the target by this rule now.
    let items: Int
    let warnings: [Notice]

    func text(_ language: Language) -> String {
      let words =
        switch result {
        case "added": Words(zh: "已新增", en: "added")
        case "changed": Words(zh: "已修改", en: "changed")
        default: Words(zh: "没有变化", en: "unchanged")
        }
      let line =
        language == .zh
        ? "\(words.zh)  \(id)  调用 \(items) 条信息" : "\(words.en)  \(id)  \(items) items"
      return ([line] + warnings.lines(language)).map(TextTable.line).joined(separator: "\n")
    }
  }

  private let rule: RuleArguments

  init(_ arguments: Arguments) throws { rule = try RuleArguments(arguments) }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, library in
      let directory = library.directory
      let written = try rule.write(in: transaction, directory)
      try transaction.settle()
      var warnings: [Notice] = []
      let isServed = directory.columns().contains {
        directory.mappings[written.rule]?.takes(from: $0, in: directory.tree) ?? false
      }
      if !isServed { warnings.append(Notice(.sourceNotHere, rule.source.text)) }
      let record = directory.mappings[written.rule]
      return Output(
        id: written.rule.id.description,
        result: written.isNew ? "added" : written.isWritten ? "changed" : "unchanged",
        items: try record.map { try transaction.placements(of: $0).count } ?? 0,
        warnings: warnings)
    }
  }
}

struct MapList: Operation {
  static let spec = OperationSpec(
    "map", "list", zh: "列出栏目映射", en: "lists mappings", changes: false,
    [.flag("all", zh: "也列出其他站点的和已停用的", en: "those of other sites and removed ones too")])

  struct Output: Answer {
    let rules: [RuleAnswer]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "来源", "目标", "已有", "启用", "信息"], right: [5])
        : TextTable(["id", "from", "to", "existing", "live", "items"], right: [5])
      func word(_ flag: Bool) -> String {
        language == .zh ? (flag ? "是" : "否") : (flag ? "yes" : "no")
      }
      for rule in rules {
        table.add([
          String(rule.id.prefix(8)), rule.from, rule.path, word(rule.existing), word(rule.live),
          String(rule.items),
        ])
      }
      return table.text
    }
  }

  private let all: Bool

  init(_ arguments: Arguments) throws { all = arguments.flag("all") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let directory = library.directory
      let rules =
        all
        ? directory.mappings.values.sorted { $0.key < $1.key }
        : directory.ownMappings.filter(\.isLive)
      return Output(rules: try rules.map { try RuleAnswer($0, in: snapshot, directory) })
    }
  }
}

struct MapShow: Operation {
  static let spec = OperationSpec(
    "map", "show", zh: "显示一条栏目映射", en: "shows a mapping", changes: false,
    [.positional("rule", "RULE", zh: "映射的标识", en: "its id")])

  struct Output: Answer {
    let id: String
    let site: String
    let from: String
    let to: String
    let path: String
    let existing: Bool
    let live: Bool
    let items: Int
    let titlePrefix: String
    let keyword: String
    let label: String
    /// The columns that it takes from now, as `CODE:PATH`.
    let sources: [String]

    enum CodingKeys: String, CodingKey {
      case id, site, from, to, path, existing, live, items, keyword, label, sources
      case titlePrefix = "title_prefix"
    }

    func text(_ language: Language) -> String {
      var lines = ["\(id)", "\(from) → \(path)"]
      func add(_ zh: String, _ en: String, _ value: String) {
        if !value.isEmpty { lines.append("\(language == .zh ? zh : en)  \(value)") }
      }
      if !live { lines.append(language == .zh ? "已停用" : "removed") }
      add("标题前缀", "title prefix", titlePrefix)
      add("标题含", "keyword", keyword)
      add("标签", "label", label)
      add("信息", "items", String(items))
      for source in sources { add("来源栏目", "source", source) }
      return lines.map(TextTable.line).joined(separator: "\n")
    }
  }

  private let rule: String

  init(_ arguments: Arguments) throws { rule = try arguments.text("rule") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let directory = library.directory
      let key = try snapshot.key(of: .mapping, named: rule)
      guard let record = directory.mappings[key] else { throw Refusal(.unknownID, rule) }
      let answer = try RuleAnswer(record, in: snapshot, directory)
      let sources = directory.columns().filter { record.takes(from: $0, in: directory.tree) }
      return Output(
        id: answer.id, site: record.owner.text, from: answer.from, to: answer.to,
        path: answer.path, existing: answer.existing, live: answer.live, items: answer.items,
        titlePrefix: record.titlePrefix, keyword: record.keyword, label: record.label,
        sources: sources.map { directory.name(ofColumn: $0.key) })
    }
  }
}
