import Library
import Replication
import SiteGroup
import Storage

/// Offers an item of this site to a column of a site above: pins its content, and asks.
struct Submit: Operation {
  static let spec = OperationSpec(
    "submit", zh: "报送：把本站信息报给上级的栏目", en: "offers an item to a column of a site above",
    changes: true,
    [
      .positional("item", "ITEM", zh: "信息的标识", en: "the item's id"),
      .option(
        "to", "COLUMN", zh: "上级的栏目：站点:路径，或最近上级的路径",
        en: "CODE:PATH, or a path at the nearest site above", isRequired: true),
      .option("note", "TEXT", zh: "给审核人的说明", en: "a note to the reviewer"),
    ])

  private let item: String
  private let column: String
  private let note: String

  init(_ arguments: Arguments) throws {
    item = try arguments.text("item")
    column = try arguments.text("to")
    note = try SubmissionText.checked(arguments, "note")
  }

  func run(in context: OperationContext) throws -> SubmissionChange {
    try context.change { transaction, library in
      let item = try offerable(transaction)
      let column = try library.directory.columnAbove(named: column)
      let pinning = SnapshotRecord.pinning(item, by: transaction.site)
      let key = SubmissionRecord.key(
        offering: pinning.key, to: column.key, by: transaction.site)
      if try transaction.record(key) != nil {
        throw Refusal(.alreadyOffered, item.id.description, key.id.description)
      }
      try transaction.write(pinning)
      try transaction.write(
        SubmissionRecord.offering(
          item.key, as: pinning.key, to: column.key, by: transaction.site, note: note,
          at: transaction.now))
      var warnings: [Notice] = []
      if !column.modes.contains(.submit) {
        let name = library.directory.name(ofColumn: column.key)
        warnings.append(Notice(.takesNoSubmissions, name))
      }
      return SubmissionChange(key, item.key, column, .offered, warnings)
    }
  }

  private func offerable(_ snapshot: Transaction) throws -> ItemRecord {
    let (_, item) = try snapshot.item(named: item)
    let id = item.id.description
    guard item.origin == snapshot.site else { throw Refusal(.notOwner, id, item.origin.text) }
    if item.record.isPurged { throw Refusal(.wrongState, id, "purged", LifeRung.published.name) }
    switch item.state {
    case .published: return item
    case .withdrawn: throw Refusal(.alreadyWithdrawn, id)
    case .archived:
      throw Refusal(.wrongState, id, LifeRung.archived.name, LifeRung.published.name)
    case nil: throw Refusal(.notPublished, id)
    }
  }
}

/// What an offer or a verdict did.
struct SubmissionChange: Answer {
  let id: String
  let item: String
  let column: String
  let path: String
  let state: String
  let warnings: [Notice]

  init(
    _ submission: RecordKey, _ item: RecordKey, _ column: ColumnRecord,
    _ state: SubmissionRecord.State, _ warnings: [Notice]
  ) {
    id = submission.id.description
    self.item = item.id.description
    self.column = column.id.description
    path = column.path
    self.state = state.name
    self.warnings = warnings
  }

  func text(_ language: Language) -> String {
    let line = "\(SubmissionText.state(state)[language])  \(id)  → \(path)"
    return ([TextTable.line(line)] + warnings.lines(language)).joined(separator: "\n")
  }
}

/// Words around submissions.
enum SubmissionText {
  private static let octetsMax = 4000

  /// A text that was given, or none.
  static func checked(_ arguments: Arguments, _ name: String) throws(Refusal) -> String {
    let text = arguments.optionalText(name) ?? ""
    if text.utf8.count > octetsMax { throw arguments.bad(name, expected: "≤ \(octetsMax) bytes") }
    return text
  }

  static func state(_ name: String) -> Words {
    switch name {
    case SubmissionRecord.State.offered.name: Words(zh: "已报送", en: "offered")
    case SubmissionRecord.State.adopted.name: Words(zh: "已采用", en: "adopted")
    case SubmissionRecord.State.returned.name: Words(zh: "已退回", en: "returned")
    default: Words(zh: name, en: name)
    }
  }
}

extension Directory {
  /// The column above this site that an argument names.
  fileprivate func columnAbove(named text: String) throws(Refusal) -> ColumnRecord {
    let column: ColumnRecord?
    do { column = try columnAbove(text) } catch { throw Refusal(error, text) }
    guard let column else { throw Refusal(.notUpward, text) }
    return column
  }
}
