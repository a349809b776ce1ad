import Library
import Replication
import SiteGroup
import Storage

/// Ends a rule. What it placed goes, stays by this site's own hand, or stays and is hidden.
struct MapRemove: Operation {
  static let spec = OperationSpec(
    "map", "remove", zh: "停用一条栏目映射", en: "removes a mapping", changes: true,
    [
      .positional("rule", "RULE", zh: "映射的标识", en: "its id"),
      .flag("keep", zh: "信息留在栏目中", en: "its items stay in the column"),
      .flag("unplace", zh: "信息移出栏目（默认）", en: "its items leave the column (the default)"),
      .flag("archive", zh: "信息留在栏目中但不再显示", en: "its items stay, hidden"),
    ])

  struct Output: Answer {
    let id: String
    /// How many items the rule had placed.
    let items: Int
    /// `unplaced`, `kept` or `archived`; `unchanged` where it was removed before.
    let result: String

    func text(_ language: Language) -> String {
      let words =
        switch result {
        case "kept": Words(zh: "映射已停用，保留信息", en: "removed; items kept:")
        case "archived": Words(zh: "映射已停用，隐藏信息", en: "removed; items hidden:")
        case "unplaced": Words(zh: "映射已停用，移出信息", en: "removed; items unplaced:")
        default: Words(zh: "映射早已停用，信息", en: "was removed before; items:")
        }
      return "\(words[language]) \(items)"
    }
  }

  private enum Fate: String { case keep, unplace, archive }

  private let rule: String
  private let fate: Fate

  init(_ arguments: Arguments) throws {
    rule = try arguments.text("rule")
    let fates = [Fate.keep, .unplace, .archive].filter { arguments.flag($0.rawValue) }
    if fates.count > 1 {
      throw Refusal(.conflictingOptions, "--\(fates[0].rawValue)", "--\(fates[1].rawValue)")
    }
    fate = fates.first ?? .unplace
  }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, library in
      let key = try transaction.key(of: .mapping, named: rule)
      guard let record = library.directory.mappings[key] else { throw Refusal(.unknownID, rule) }
      guard record.owner == library.directory.site else {
        throw Refusal(.notOwner, rule, record.owner.text)
      }
      if !record.isLive {
        return Output(id: key.id.description, items: 0, result: "unchanged")
      }
      let placements = try transaction.placements(of: record)
      for placement in placements { try settle(placement, record, transaction) }
      var edit = RecordEdit(key)
      edit.set(MappingRecord.Cell.isLive, false)
      try transaction.write(edit)
      let results = [Fate.keep: "kept", .unplace: "unplaced", .archive: "archived"]
      return Output(
        id: key.id.description, items: placements.count, result: results[fate] ?? "unplaced")
    }
  }

  private func settle(
    _ placement: PlacementRecord, _ rule: MappingRecord, _ transaction: Transaction
  ) throws {
    guard fate != .unplace, let item = placement.item, let column = placement.column else { return }
    let byRule = PlacementCause(site: rule.owner, kind: .map, id: rule.id)
    let isInByHand =
      ItemRecord(try transaction.record(item)?.record)?.columns.contains(column) ?? false
    let isOnlyCause = !isInByHand && placement.causes.allSatisfy { $0 == byRule }
    if fate == .archive, !isOnlyCause { return }
    var edit = PlacementRecord.edit(
      item, in: column, cause: PlacementCause(site: rule.owner, kind: .manual), path: [])
    if fate == .archive { edit.set(PlacementRecord.Cell.hide, true) }
    try transaction.write(edit)
  }
}
