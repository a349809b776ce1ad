import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let placing: [any Operation.Type] = [Place.self, Unplace.self]
}

/// What placing or unplacing did.
package struct PlacementChange: Answer {
  package let id: String
  package let column: String
  package let site: String
  package let path: String
  /// Whether the item stands in the column after it.
  package let placed: Bool
  package let changed: Bool
  package let warnings: [Notice]

  package func text(_ language: Language) -> String {
    let name = "\(site):\(path)"
    let words =
      switch (placed, changed) {
      case (true, true): Words(zh: "已置入栏目 \(name)", en: "placed in \(name)")
      case (true, false): Words(zh: "仍在栏目 \(name) 中", en: "stands in \(name), unchanged")
      case (false, true): Words(zh: "已移出栏目 \(name)", en: "taken out of \(name)")
      case (false, false): Words(zh: "本不在栏目 \(name) 中", en: "does not stand in \(name)")
      }
    return ([words[language]] + warnings.lines(language)).joined(separator: "\n")
  }
}

extension Parameter {
  fileprivate static let column = Parameter.positional(
    "column", "COLUMN", zh: "栏目：路径、CODE:路径或标识", en: "a path, CODE:PATH, or an id")
}

struct Place: Operation {
  static let spec = OperationSpec(
    "place", zh: "将信息置入栏目", en: "puts an item into a column", changes: true, [.item, .column])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws { self.arguments = arguments }

  func run(in context: OperationContext) throws -> PlacementChange {
    try context.change { transaction, library in
      let (_, item) = try transaction.item(named: try arguments.text("item"))
      let column = try library.openColumn(try arguments.text("column"))
      return try Placing(item, column, transaction).place()
    }
  }
}

struct Unplace: Operation {
  static let spec = OperationSpec(
    "unplace", zh: "将信息移出栏目", en: "takes an item out of a column", changes: true,
    [.item, .column])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws { self.arguments = arguments }

  func run(in context: OperationContext) throws -> PlacementChange {
    try context.change { transaction, library in
      let (_, item) = try transaction.item(named: try arguments.text("item"))
      let column = try library.openColumn(try arguments.text("column"))
      return try Placing(item, column, transaction).unplace(library.directory)
    }
  }
}

/// One item and one column, as this site's hand sees them.
private struct Placing {
  let item: ItemRecord
  let column: ColumnRecord
  let transaction: Transaction
  let placement: PlacementRecord?

  init(_ item: ItemRecord, _ column: ColumnRecord, _ transaction: Transaction) throws {
    self.item = item
    self.column = column
    self.transaction = transaction
    placement = PlacementRecord(
      try transaction.record(.placement(of: item.key, in: column.key))?.record)
  }

  private var site: SiteCode { transaction.site }
  private var manual: PlacementCause { PlacementCause(site: site, kind: .manual) }
  private var isOwnColumn: Bool { column.owner == site }
  /// The origin's own column: an ordinary item is one record.
  private var isAtHome: Bool { isOwnColumn && item.origin == site }
  private var stands: Bool {
    item.columns.contains(column.key) || !(placement?.causes.isEmpty ?? true)
  }

  // MARK: place

  func place() throws -> PlacementChange {
    var isChanged = false
    if isAtHome {
      var edit = RecordEdit(item.key)
      edit.set(ItemRecord.Cell.placed(column.id), true)
      isChanged = try transaction.write(edit)
    } else if placement?.path(of: manual) == nil {
      isChanged = try transaction.write(
        PlacementRecord.edit(item.key, in: column.key, cause: manual, path: []))
    }
    if isOwnColumn, placement?.isHidden == true {
      var edit = RecordEdit(.placement(of: item.key, in: column.key))
      edit.set(PlacementRecord.Cell.hide, false)
      isChanged = try transaction.write(edit) || isChanged
    }
    return change(placed: true, isChanged)
  }

  // MARK: unplace

  func unplace(_ directory: Directory) throws -> PlacementChange {
    guard stands else { return change(placed: false, false) }
    let mandate = liveMandate(directory)
    let hasManual = item.columns.contains(column.key) || placement?.path(of: manual) != nil
    if let mandate, !hasManual {
      throw Refusal(.mandated, item.id.description, mandate.id.description, mandate.owner.text)
    }
    var isChanged = false
    if isAtHome, item.columns.contains(column.key) {
      var edit = RecordEdit(item.key)
      edit.set(ItemRecord.Cell.placed(column.id), false)
      isChanged = try transaction.write(edit)
    }
    if let placement {
      isChanged = try clear(placement, keepingMandate: mandate) || isChanged
    }
    let notices = mandate.map { [Notice(.stillMandated, $0.id.description)] } ?? []
    return change(placed: mandate != nil, isChanged, notices)
  }

  /// The mandate, not lifted, by which the item stands here.
  private func liveMandate(_ directory: Directory) -> MandateRecord? {
    guard let placement, isOwnColumn else { return nil }
    let ids = Set(
      placement.causes.filter { $0.kind == .mandate && $0.site == site }.compactMap(\.id))
    return directory.mandates.values.sorted { $0.key < $1.key }
      .first { ids.contains($0.id) && !$0.isLifted && $0.waiver(site) == nil }
  }

  /// Ends this site's manual causes and those of lifted mandates; what others or rules placed the
  /// owner hides.
  private func clear(
    _ placement: PlacementRecord, keepingMandate mandate: MandateRecord?
  ) throws -> Bool {
    var edit = RecordEdit(placement.key)
    var remaining = 0
    for cause in placement.causes {
      let isOver = cause.kind == .mandate && mandate == nil
      if cause.site == site, cause.kind == .manual || isOver {
        edit.set(cause.cell, false)
      } else {
        remaining += 1
      }
    }
    if remaining > 0, mandate == nil, isOwnColumn { edit.set(PlacementRecord.Cell.hide, true) }
    return try transaction.write(edit)
  }

  private func change(
    placed: Bool, _ isChanged: Bool, _ warnings: [Notice] = []
  ) -> PlacementChange {
    PlacementChange(
      id: item.id.description, column: column.id.description, site: column.owner.text,
      path: column.path, placed: placed, changed: isChanged, warnings: warnings)
  }
}
