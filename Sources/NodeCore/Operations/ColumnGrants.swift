import Library
import Replication
import SiteGroup
import Storage

struct ColumnGrantOperation: Operation {
  static let spec = OperationSpec(
    "column", "grant", zh: "让其他站点共建（或共享）本站的栏目",
    en: "lets other sites contribute to (or read) a column of this site", changes: true,
    [
      .positional("column", "COLUMN", zh: "本站的栏目", en: "a column of this site"),
      .positionals("site", "SITE", zh: "站点代码", en: "their codes"),
      .flag("share", zh: "只共享，不共建", en: "they may read it, not contribute"),
    ])

  let column: String
  let sites: [String]
  let grant: ColumnGrant

  init(_ arguments: Arguments) throws {
    column = try arguments.text("column")
    sites = arguments.texts("site")
    grant = arguments.flag("share") ? .read : .contribute
  }

  func run(in context: OperationContext) throws -> ColumnChange {
    try context.change { try setGrant(grant, column, sites, $0, $1.directory) }
  }
}

struct ColumnRevoke: Operation {
  static let spec = OperationSpec(
    "column", "revoke", zh: "收回共建或共享", en: "takes grants back", changes: true,
    [
      .positional("column", "COLUMN", zh: "本站的栏目", en: "a column of this site"),
      .positionals("site", "SITE", zh: "站点代码", en: "their codes"),
    ])

  let column: String
  let sites: [String]

  init(_ arguments: Arguments) throws {
    column = try arguments.text("column")
    sites = arguments.texts("site")
  }

  func run(in context: OperationContext) throws -> ColumnChange {
    try context.change { try setGrant(.none, column, sites, $0, $1.directory) }
  }
}

/// Grants go to sites of the registry; one that was given before can be taken back all the same.
private func setGrant(
  _ grant: ColumnGrant, _ text: String, _ sites: [String], _ transaction: Transaction,
  _ directory: Directory
) throws -> ColumnChange {
  let column = try directory.ownColumn(named: text)
  var edit = RecordEdit(column.key)
  for site in sites {
    let known = SiteCode(site).flatMap { column.grant($0) == .none ? nil : $0 }
    let code = try known ?? directory.site(named: site).code
    if code == column.owner { throw Refusal(.badValue, "SITE", site, "≠ \(column.owner)") }
    if grant != .none || column.grant(code) != .none {
      edit.set(ColumnRecord.Cell.grant(code), grant.rawValue)
    }
  }
  let isWritten = try !edit.isEmpty && transaction.write(edit)
  return ColumnChange(
    id: column.id.description, path: column.path, result: isWritten ? "changed" : "unchanged",
    warnings: [])
}
