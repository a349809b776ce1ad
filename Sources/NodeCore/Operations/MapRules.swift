import Library
import Replication
import SiteGroup
import Storage

/// A rule as `map list` shows it.
struct RuleAnswer: Codable, Sendable {
  let id: String
  /// The source as it was written.
  let from: String
  /// The target column's id, and its path.
  let to: String
  let path: String
  let existing: Bool
  let live: Bool
  /// How many items stand in the target by this rule.
  let items: Int

  init(_ rule: MappingRecord, in snapshot: Snapshot, _ directory: Directory) throws {
    id = rule.id.description
    from = rule.source?.text ?? ""
    to = rule.target?.id.description ?? ""
    path = rule.target.map { directory.name(ofColumn: $0, from: directory.site) } ?? ""
    existing = rule.takesExisting
    live = rule.isLive
    items = try snapshot.placements(of: rule).count
  }
}

extension Snapshot {
  /// Placements that the rule keeps up.
  func placements(of rule: MappingRecord) throws -> [PlacementRecord] {
    guard let target = rule.target else { return [] }
    let cause = PlacementCause(site: rule.owner, kind: .map, id: rule.id)
    return try placements(inColumn: target).map(\.placement).filter { $0.path(of: cause) != nil }
  }
}

/// What `map add` and `map preview` name a rule by.
struct RuleArguments {
  let source: MappingSource
  let target: String
  let takesExisting: Bool
  let titlePrefix: String
  let keyword: String
  let label: String

  static func parameters(isRequired: Bool) -> [Parameter] {
    [
      .option(
        "from", "SOURCE", zh: "来源：站点:路径，或本站群的 central: county: department: all: 路径；/** 含下级栏目",
        en: "CODE:PATH, or central: county: department: all: PATH here; PATH/** takes all below",
        isRequired: isRequired),
      .option(
        "to", "COLUMN", zh: "目标：本站的栏目", en: "a column of this site", isRequired: isRequired),
      .flag("existing", zh: "也调用已有的信息", en: "takes items that stand there already"),
      .option("title_prefix", "TEXT", zh: "显示时标题前加的文字", en: "stands before the titles"),
      .option("keyword", "WORD", zh: "只要标题含此词的", en: "only titles that contain it"),
      .option("label", "LABEL", zh: "只要带此标签的", en: "only items with the label"),
    ]
  }

  private static let textOctetsMax = 400

  init(_ arguments: Arguments) throws(Refusal) {
    let text = try arguments.text("from")
    guard let source = MappingSource(text: text) else {
      throw arguments.bad("from", expected: "CODE:PATH | county:PATH | all:PATH/**")
    }
    self.source = source
    target = try arguments.text("to")
    takesExisting = arguments.flag("existing")
    titlePrefix = arguments.optionalText("title_prefix") ?? ""
    keyword = arguments.optionalText("keyword") ?? ""
    label = arguments.optionalText("label") ?? ""
    for name in ["title_prefix", "keyword", "label"]
    where (arguments.optionalText(name) ?? "").utf8.count > RuleArguments.textOctetsMax {
      throw arguments.bad(name, expected: "≤ \(RuleArguments.textOctetsMax) bytes")
    }
  }

  /// Writes the rule; answers it, and whether it is new or differs. The same source and target
  /// name the same rule.
  func write(
    in transaction: Transaction, _ directory: Directory
  ) throws -> (rule: RecordKey, target: ColumnRecord, isNew: Bool, isWritten: Bool) {
    let column = try directory.ownColumn(named: target)
    let sourceColumn = source.column(in: directory)
    if sourceColumn?.key == column.key {
      throw Refusal(.badValue, "--from", source.text, "≠ --to")
    }
    let key = RecordKey.named(
      .mapping, of: directory.site, by: source.text, column.key.description)
    let known = directory.mappings[key]
    var edit = RecordEdit(key)
    edit.set(MappingRecord.Cell.source, source.text)
    edit.set(MappingRecord.Cell.target, column.key)
    if known?.sourceColumn == nil, let sourceColumn {
      edit.set(MappingRecord.Cell.sourceColumn, sourceColumn.key)
    }
    edit.set(MappingRecord.Cell.takesExisting, takesExisting)
    edit.set(MappingRecord.Cell.titlePrefix, titlePrefix)
    edit.set(MappingRecord.Cell.keyword, keyword)
    edit.set(MappingRecord.Cell.label, label)
    edit.set(MappingRecord.Cell.isLive, true)
    let isNew = known?.isLive != true
    if isNew { edit.set(MappingRecord.Cell.since, transaction.now) }
    return (key, column, isNew, try transaction.write(edit))
  }
}
