import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let conflicts: [any Operation.Type] = [
    ConflictsList.self, ConflictsShow.self, ConflictsRestore.self,
  ]
}

/// A conflict as `conflicts list` shows it.
struct ConflictAnswer: Codable, Sendable {
  let id: String
  /// What the record is.
  let kind: String
  /// The record's id.
  let key: String
  let cell: String
  /// The value that shows, and the one that lost, as text.
  let kept: String
  let lost: String
  let lostBy: String
  /// When the lost value was written.
  let at: String

  enum CodingKeys: String, CodingKey {
    case id, kind, key, cell, kept, lost, at
    case lostBy = "lost_by"
  }

  init(_ conflict: CellConflict, text: (Int64) -> String) {
    id = conflict.id.description
    kind = conflict.key.kind.name
    key = conflict.key.id.description
    cell = conflict.cell
    kept = ConflictAnswer.value(conflict.cell, conflict.kept, text)
    lost = ConflictAnswer.value(conflict.cell, conflict.lost, text)
    lostBy = conflict.lost.stamp.author.text
    at = text(conflict.lost.stamp.time)
  }

  private static func value(
    _ cell: String, _ version: CellVersion, _ text: (Int64) -> String
  ) -> String {
    if ItemTimeField(rawValue: cell) != nil, let time = Int64(canonical: version.value) {
      return text(time)
    }
    return CellConflict.text(of: version.value)
  }
}

struct ConflictsList: Operation {
  static let spec = OperationSpec(
    "conflicts", "list", zh: "列出共同编辑中未被采纳的内容", en: "lists values that lost while co-editing",
    changes: false)

  struct Output: Answer {
    let conflicts: [ConflictAnswer]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "信息", "字段", "采纳", "未采纳", "站点", "时间"])
        : TextTable(["id", "item", "field", "kept", "lost", "by", "at"])
      for conflict in conflicts {
        table.add([
          String(conflict.id.prefix(8)), String(conflict.key.prefix(8)), conflict.cell,
          TextTable.clipped(conflict.kept, cellsMax: 30),
          TextTable.clipped(conflict.lost, cellsMax: 30), conflict.lostBy, conflict.at,
        ])
      }
      return table.text
    }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      Output(
        conflicts: try snapshot.conflicts().map { ConflictAnswer($0, text: context.text(of:)) })
    }
  }
}

struct ConflictsShow: Operation {
  static let spec = OperationSpec(
    "conflicts", "show", zh: "显示一处冲突的两种内容", en: "shows both values of a conflict",
    changes: false, [.conflict])

  struct Output: Answer {
    let conflict: ConflictAnswer
    let keptBy: String
    let keptAt: String

    private enum CodingKeys: String, CodingKey {
      case keptBy = "kept_by"
      case keptAt = "kept_at"
    }

    init(_ conflict: CellConflict, text: (Int64) -> String) {
      self.conflict = ConflictAnswer(conflict, text: text)
      keptBy = conflict.kept.stamp.author.text
      keptAt = text(conflict.kept.stamp.time)
    }

    init(from decoder: any Decoder) throws {
      conflict = try ConflictAnswer(from: decoder)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      keptBy = try members.decode(String.self, forKey: .keptBy)
      keptAt = try members.decode(String.self, forKey: .keptAt)
    }

    func encode(to encoder: any Encoder) throws {
      try conflict.encode(to: encoder)
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(keptBy, forKey: .keptBy)
      try members.encode(keptAt, forKey: .keptAt)
    }

    func text(_ language: Language) -> String {
      let item = Words(zh: "信息", en: "item")[language]
      let kept = Words(zh: "采纳", en: "kept")[language]
      let lost = Words(zh: "未采纳", en: "lost")[language]
      return [
        conflict.id, "\(item)  \(conflict.key)  \(conflict.cell)",
        "\(kept)  \(keptBy)  \(keptAt)  \(conflict.kept)",
        "\(lost)  \(conflict.lostBy)  \(conflict.at)  \(conflict.lost)",
      ].map(TextTable.line).joined(separator: "\n")
    }
  }

  private let conflict: String

  init(_ arguments: Arguments) throws { conflict = try arguments.text("conflict") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      Output(try snapshot.conflict(named: conflict), text: context.text(of:))
    }
  }
}

/// Writes the lost value anew, as one that has seen all: it wins everywhere.
struct ConflictsRestore: Operation {
  static let spec = OperationSpec(
    "conflicts", "restore", zh: "改用未被采纳的内容", en: "puts the lost value back", changes: true,
    [.conflict])

  struct Output: Answer {
    let id: String
    let key: String
    let cell: String
    /// The value that shows now, and the one that it replaced.
    let restored: String
    let replaced: String

    func text(_ language: Language) -> String {
      let words = Words(zh: "已恢复", en: "restored")[language]
      return TextTable.line("\(words)  \(key)  \(cell)  \(restored)")
    }
  }

  private let conflict: String

  init(_ arguments: Arguments) throws { conflict = try arguments.text("conflict") }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, library in
      let conflict = try transaction.conflict(named: conflict)
      guard let record = try transaction.record(conflict.key)?.record,
        library.directory.permissions.mayWrite(transaction.site, conflict.cell, of: record)
      else {
        throw Refusal(.notOwner, conflict.key.id.description, conflict.key.owner.text)
      }
      try transaction.write(conflict.restoration)
      let answer = ConflictAnswer(conflict, text: context.text(of:))
      return Output(
        id: answer.id, key: answer.key, cell: answer.cell, restored: answer.lost,
        replaced: answer.kept)
    }
  }
}

extension Parameter {
  fileprivate static let conflict = Parameter.positional(
    "conflict", "ID", zh: "冲突的标识", en: "the conflict's id")
}

extension Snapshot {

  /// The conflict whose id an argument is, or begins.
  fileprivate func conflict(named text: String) throws -> CellConflict {
    let wanted = text.lowercased().utf8
    guard wanted.count >= RecordName.charactersMin else { throw Refusal(.unknownID, text) }
    let found = try conflicts().filter { $0.id.description.utf8.starts(with: wanted) }
    guard let conflict = found.first else { throw Refusal(.unknownID, text) }
    if found.count > 1 {
      throw Refusal(.ambiguousID, text, found.map(\.id.description).joined(separator: " "))
    }
    return conflict
  }
}
