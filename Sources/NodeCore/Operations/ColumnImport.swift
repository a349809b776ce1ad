import Library
import Replication
import SiteGroup
import Storage

struct ColumnImport: Operation {
  static let spec = OperationSpec(
    "column", "import", zh: "导入责任目录", en: "imports the catalogue of columns", changes: true,
    [
      .positional(
        "file", "FILE",
        zh: "以制表符分隔，首行为表头：level1 level2 level3 modes update "
          + "responsible_units source",
        en: "separated by tabs, under the header level1 level2 level3 modes update "
          + "responsible_units source", content: .inputFile)
    ])

  static let fileBytesMax = 16 << 20

  struct Output: Answer {
    struct Renamed: Codable, Sendable {
      let id: String
      /// The path in the file.
      let row: String
      /// The column's own path, which stays.
      let path: String
    }

    var columns = 0
    var added = 0
    var changed = 0
    var unchanged = 0
    var renamed: [Renamed] = []
    var unmatchedUnits: [String] = []

    enum CodingKeys: String, CodingKey {
      case columns, added, changed, unchanged, renamed
      case unmatchedUnits = "unmatched_units"
    }

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      var lines = [
        isChinese
          ? "共 \(columns) 个栏目：新增 \(added)，修改 \(changed)，未变 \(unchanged)"
          : "\(columns) columns: \(added) added, \(changed) changed, \(unchanged) unchanged"
      ]
      for one in renamed {
        lines.append(
          isChinese ? "已改名，保留：\(one.row) → \(one.path)" : "renamed, kept: \(one.row) → \(one.path)")
      }
      if !unmatchedUnits.isEmpty {
        lines.append(isChinese ? "没有对应站点的责任单位：" : "units that match no site:")
        lines += unmatchedUnits.map { "  " + $0 }
      }
      return lines.map(TextTable.line).joined(separator: "\n")
    }
  }

  let file: String

  init(_ arguments: Arguments) throws { file = try arguments.text("file") }

  func run(in context: OperationContext) throws -> Output {
    let text = try InputFile.text(of: file, bytesMax: ColumnImport.fileBytesMax)
    let catalogue: CatalogueFile
    do throws(RowFaults) {
      catalogue = try CatalogueFile(text)
    } catch {
      throw Refusal.rows(of: file, error)
    }
    return try context.change { try take(catalogue, $0, $1.directory) }
  }

  private func take(
    _ catalogue: CatalogueFile, _ transaction: Transaction, _ directory: Directory
  ) throws -> Output {
    var output = Output()
    output.columns = catalogue.rows.count
    let known = match(catalogue.rows, directory)
    for (index, row) in catalogue.rows.enumerated() {
      let column = known[index]
      let key = column?.key ?? directory.newColumnKey(path: row.path.text)
      let isWritten = try transaction.write(edit(row, at: index, of: key, isNew: column == nil))
      switch (column, isWritten) {
      case (nil, _): output.added += 1
      case (_, true): output.changed += 1
      case (_, false): output.unchanged += 1
      }
      if let column, !column.path.utf8.elementsEqual(row.path.text.utf8) {
        output.renamed.append(
          Output.Renamed(id: key.id.description, row: row.path.text, path: column.path))
      }
    }
    output.unmatchedUnits = unmatched(catalogue.rows, directory)
    return output
  }

  /// Each row's column: first by its present path, then by the id that its path made.
  private func match(_ rows: [CatalogueFile.Row], _ directory: Directory) -> [Int: ColumnRecord] {
    var found: [Int: ColumnRecord] = [:]
    for (index, row) in rows.enumerated() {
      found[index] = directory.column(directory.site, path: row.path.text)
    }
    let taken = Set(found.values.map(\.key))
    for (index, row) in rows.enumerated() where found[index] == nil {
      let key = RecordKey.column(directory.site, path: row.path.text)
      if !taken.contains(key) { found[index] = directory.column(key) }
    }
    return found
  }

  private func edit(
    _ row: CatalogueFile.Row, at index: Int, of key: RecordKey, isNew: Bool
  ) -> RecordEdit {
    var edit = RecordEdit(key)
    if isNew { edit.set(ColumnRecord.Cell.path, row.path.text) }
    edit.set(ColumnRecord.Cell.position, Int64(index + 1))
    edit.set(ColumnRecord.Cell.modes, row.modes.map(\.rawValue))
    edit.set(ColumnRecord.Cell.update, row.update)
    edit.set(ColumnRecord.Cell.units, row.units)
    edit.set(ColumnRecord.Cell.source, row.source)
    edit.set(ColumnRecord.Cell.row, row.cells)
    return edit
  }

  /// In the order in which the catalogue names them first.
  private func unmatched(_ rows: [CatalogueFile.Row], _ directory: Directory) -> [String] {
    let matcher = UnitMatcher(directory.tree, below: directory.site)
    var seen: Set<[UInt8]> = []
    return rows.flatMap(\.units).filter {
      seen.insert(Array($0.utf8)).inserted && matcher.sites(of: $0).isEmpty
    }
  }
}
