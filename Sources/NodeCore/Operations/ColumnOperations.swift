import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let columns: [any Operation.Type] = [
    ColumnImport.self, ColumnList.self, ColumnShow.self, ColumnAdd.self, ColumnSet.self,
    ColumnGrantOperation.self, ColumnRevoke.self,
  ]
}

struct ColumnList: Operation {
  static let spec = OperationSpec(
    "column", "list", zh: "列出栏目", en: "lists columns", changes: false,
    [
      .option("site", "CODE", zh: "哪个站点的栏目（默认本站）", en: "whose columns (default: this site's)"),
      .flag("all", zh: "所有已知站点的栏目", en: "those of every site known here"),
    ])

  struct Output: Answer {
    let columns: [ColumnAnswer]
    func text(_ language: Language) -> String { ColumnAnswer.table(columns, language) }
  }

  let site: String?
  let all: Bool

  init(_ arguments: Arguments) throws {
    (site, all) = (arguments.optionalText("site"), arguments.flag("all"))
    if site != nil, all { throw Refusal(.conflictingOptions, "--site", "--all") }
  }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let named = try site.map { try library.directory.site(named: $0).code }
      let site = named ?? (all ? nil : context.node.site)
      return Output(
        columns: try library.directory.columns(of: site).map { try ColumnAnswer($0, in: snapshot) })
    }
  }
}

struct ColumnShow: Operation {
  static let spec = OperationSpec(
    "column", "show", zh: "显示一个栏目", en: "shows a column", changes: false,
    [.positional("column", "COLUMN", zh: "路径、站点:路径或标识", en: "PATH, CODE:PATH or an id")])

  let column: String

  init(_ arguments: Arguments) throws { column = try arguments.text("column") }

  func run(in context: OperationContext) throws -> ColumnDetail {
    try context.read { snapshot, library in
      try ColumnDetail(library.directory.column(named: column), in: snapshot)
    }
  }
}

/// What `column add` and `column set` write besides the path.
private struct ColumnSettings {
  let type: String?
  let modes: [SupplyMode]?
  let position: Int?
  let url: String?

  static let parameters: [Parameter] = [
    .option("type", "T", zh: "栏目类型，如 动态、公告、转载", en: "its type, such as 动态, 公告, repost"),
    .option(
      "modes", "MODES", zh: "保障方式，用逗号或顿号分隔", en: "supply modes: map,submit,link,cobuild,share"),
    .option("position", "N", zh: "排列次序", en: "its place in the order"),
    .option("url", "U", zh: "链接地址", en: "the address that a link column leads to"),
  ]

  init(_ arguments: Arguments) throws(Refusal) {
    type = try ColumnSettings.text("type", arguments)
    position = try arguments.integer("position", in: 0...1_000_000)
    url = try ColumnSettings.text("url", arguments)
    guard let text = arguments.optionalText("modes") else {
      modes = nil
      return
    }
    var modes: [SupplyMode] = []
    for word in text.split(whereSeparator: { ",，、".contains($0) }).map(String.init) {
      guard let mode = SupplyMode(rawValue: word) ?? SupplyMode(printed: word) else {
        let known = SupplyMode.allCases.map(\.rawValue).joined(separator: ",")
        throw Refusal(.badValue, "--modes", word, known)
      }
      if !modes.contains(mode) { modes.append(mode) }
    }
    self.modes = modes
  }

  private static let textOctetsMax = 2000

  private static func text(_ name: String, _ arguments: Arguments) throws(Refusal) -> String? {
    guard let text = arguments.optionalText(name) else { return nil }
    guard text.utf8.count <= textOctetsMax, !text.utf8.contains(0) else {
      throw arguments.bad(name, expected: "≤ \(textOctetsMax), ≠ \\u0000")
    }
    return text
  }

  func write(to edit: inout RecordEdit) {
    if let type { edit.set(ColumnRecord.Cell.type, type) }
    if let modes { edit.set(ColumnRecord.Cell.modes, modes.map(\.rawValue)) }
    if let position { edit.set(ColumnRecord.Cell.position, Int64(position)) }
    if let url { edit.set(ColumnRecord.Cell.url, url) }
  }
}

struct ColumnAdd: Operation {
  static let spec = OperationSpec(
    "column", "add", zh: "新增栏目", en: "adds a column", changes: true,
    [.positional("path", "PATH", zh: "一至三级，用 / 连接", en: "one to three levels joined by /")]
      + ColumnSettings.parameters)

  let path: ColumnPath
  private let settings: ColumnSettings

  init(_ arguments: Arguments) throws {
    guard let path = ColumnPath(try arguments.text("path")) else {
      throw arguments.bad("path", expected: "A/B/C")
    }
    self.path = path
    settings = try ColumnSettings(arguments)
  }

  func run(in context: OperationContext) throws -> ColumnChange {
    try context.change { transaction, library in
      let directory = library.directory
      let known = directory.column(directory.site, path: path.text)
      let key = known?.key ?? directory.newColumnKey(path: path.text)
      var edit = RecordEdit(key)
      edit.set(ColumnRecord.Cell.path, path.text)
      settings.write(to: &edit)
      if known == nil, settings.position == nil {
        let last = directory.columns(of: directory.site).last?.position ?? 0
        edit.set(ColumnRecord.Cell.position, last < .max ? last + 1 : last)
      }
      let isWritten = try transaction.write(edit)
      return ColumnChange(
        id: key.id.description, path: path.text,
        result: known == nil ? "added" : isWritten ? "changed" : "unchanged", warnings: [])
    }
  }
}

struct ColumnSet: Operation {
  static let spec = OperationSpec(
    "column", "set", zh: "修改栏目（改名不影响其中的信息）", en: "changes a column; its items stay",
    changes: true,
    [
      .positional("column", "COLUMN", zh: "本站的栏目", en: "a column of this site"),
      .option("rename", "PATH", zh: "新的路径", en: "its new path"),
    ] + ColumnSettings.parameters)

  let column: String
  let path: ColumnPath?
  private let settings: ColumnSettings

  init(_ arguments: Arguments) throws {
    column = try arguments.text("column")
    path = try arguments.optionalText("rename").map { text in
      guard let path = ColumnPath(text) else { throw arguments.bad("rename", expected: "A/B/C") }
      return path
    }
    settings = try ColumnSettings(arguments)
  }

  func run(in context: OperationContext) throws -> ColumnChange {
    try context.change { transaction, library in
      let column = try library.directory.ownColumn(named: column)
      var edit = RecordEdit(column.key)
      settings.write(to: &edit)
      if let path {
        let other = library.directory.column(column.owner, path: path.text)
        if let other, other.key != column.key { throw Refusal(.columnExists, path.text) }
        edit.set(ColumnRecord.Cell.path, path.text)
      }
      if edit.isEmpty { throw Refusal(.missingArgument, "--rename") }
      let isWritten = try transaction.write(edit)
      return ColumnChange(
        id: column.id.description, path: path?.text ?? column.path,
        result: isWritten ? "changed" : "unchanged", warnings: [])
    }
  }
}
