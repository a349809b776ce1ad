import Library
import Replication
import SiteGroup
import Storage

/// What a target column would gain and lose by a rule, or lose without an existing one. Does it
/// all, looks, and takes it back.
struct MapPreview: Operation {
  static let spec = OperationSpec(
    "map", "preview", zh: "预览一条映射的得失（已有映射则预览停用的结果）",
    en: "shows what a rule would gain and lose (an existing one: what its removal would)",
    changes: false,
    [.optionalPositional("rule", "RULE", zh: "已有映射的标识", en: "the id of an existing rule")]
      + RuleArguments.parameters(isRequired: false))

  struct Gain: Codable, Sendable {
    let item: String
    let title: String
    /// The columns that it comes by.
    let reason: String
  }

  struct Loss: Codable, Sendable {
    let item: String
    let title: String
    /// `no_other_cause` or `filtered`.
    let reason: String
  }

  struct Output: Answer {
    let gained: [Gain]
    let lost: [Loss]

    func text(_ language: Language) -> String {
      var lines = [
        language == .zh
          ? "将增加 \(gained.count) 条，减少 \(lost.count) 条"
          : "would gain \(gained.count) and lose \(lost.count)"
      ]
      for gain in gained { lines.append("+ \(gain.item.prefix(8))  \(gain.title)  \(gain.reason)") }
      for loss in lost { lines.append("- \(loss.item.prefix(8))  \(loss.title)  \(loss.reason)") }
      return lines.map(TextTable.line).joined(separator: "\n")
    }
  }

  private let existing: String?
  private let new: RuleArguments?

  init(_ arguments: Arguments) throws {
    existing = arguments.optionalText("rule")
    let isNew = arguments.optionalText("from") != nil || existing == nil
    if existing != nil, isNew { throw Refusal(.conflictingOptions, "RULE", "--from") }
    new = isNew ? try RuleArguments(arguments) : nil
  }

  func run(in context: OperationContext) throws -> Output {
    try context.node.store.rehearse { transaction in
      let directory = context.node.library.directory
      let target = try target(in: transaction, directory)
      let before = Set(try transaction.standing(inColumn: target))
      let rule = try apply(in: transaction, directory)
      try transaction.settle()
      let after = Set(try transaction.standing(inColumn: target))
      let gained = try after.subtracting(before).sorted().map { item in
        Gain(
          item: item.id.description, title: try title(item, transaction),
          reason: try path(of: item, in: target, rule, transaction, directory))
      }
      let lost = try before.subtracting(after).sorted().map { item in
        Loss(
          item: item.id.description, title: try title(item, transaction),
          reason: new == nil ? "no_other_cause" : "filtered")
      }
      return Output(gained: gained, lost: lost)
    }
  }

  private func target(in snapshot: Snapshot, _ directory: Directory) throws -> RecordKey {
    if let new { return try directory.ownColumn(named: new.target).key }
    let key = try snapshot.key(of: .mapping, named: existing ?? "")
    guard let target = directory.mappings[key]?.target else {
      throw Refusal(.unknownID, existing ?? "")
    }
    guard key.owner == directory.site else {
      throw Refusal(.notOwner, existing ?? "", key.owner.text)
    }
    return target
  }

  private func apply(in transaction: Transaction, _ directory: Directory) throws -> RecordKey {
    if let new { return try new.write(in: transaction, directory).rule }
    let key = try transaction.key(of: .mapping, named: existing ?? "")
    var edit = RecordEdit(key)
    edit.set(MappingRecord.Cell.isLive, false)
    try transaction.write(edit)
    return key
  }

  private func title(_ item: RecordKey, _ snapshot: Snapshot) throws -> String {
    ItemRecord(try snapshot.record(item)?.record)?.title ?? ""
  }

  private func path(
    of item: RecordKey, in target: RecordKey, _ rule: RecordKey, _ snapshot: Snapshot,
    _ directory: Directory
  ) throws -> String {
    let placement = PlacementRecord(
      try snapshot.record(.placement(of: item, in: target))?.record)
    let cause = PlacementCause(site: rule.owner, kind: .map, id: rule.id)
    return (placement?.path(of: cause) ?? []).map { directory.name(ofColumn: $0) }
      .joined(separator: " → ")
  }
}
