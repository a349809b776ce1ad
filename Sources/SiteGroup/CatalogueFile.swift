import Replication

/// 责任目录 as a file: one row a column, cells as printed. Refused as a whole where a row is wrong.
package struct CatalogueFile: Sendable {
  package struct Row: Sendable {
    package let line: Int
    package let path: ColumnPath
    package let modes: [SupplyMode]
    package let update: String
    package let units: [String]
    package let source: String
    /// All seven, as printed.
    package let cells: [String]
  }

  package static let header = [
    "level1", "level2", "level3", "modes", "update", "responsible_units", "source",
  ]

  package let rows: [Row]

  package init(_ text: String) throws(RowFaults) {
    let table = try TableFile(text, header: CatalogueFile.header, optionalCount: 1)
    var faults = table.faults
    var rows: [Row] = []
    var lineByPath: [[UInt8]: Int] = [:]
    for row in table.rows {
      do throws(RowFault) {
        let read = try Row(row)
        let path = Array(read.path.text.utf8)
        if let line = lineByPath[path] { throw RowFault(line: row.line, .repeats(line)) }
        lineByPath[path] = row.line
        rows.append(read)
      } catch {
        faults.append(error)
      }
    }
    guard faults.isEmpty else { throw RowFaults(faults.sorted { $0.line < $1.line }) }
    self.rows = rows
  }
}

extension CatalogueFile.Row {
  fileprivate init(_ row: TableFile.Row) throws(RowFault) {
    let cells = row.cells.map(PrintedText.trimmed)
    for index in [0, 1, 3] where cells[index].isEmpty {
      throw RowFault(line: row.line, .missing(CatalogueFile.header[index]))
    }
    var levels: [String] = []
    for index in 0..<3 where !cells[index].isEmpty {
      guard ColumnPath.isLevel(cells[index]) else {
        throw RowFault(line: row.line, .value(CatalogueFile.header[index], cells[index]))
      }
      levels.append(cells[index])
    }
    guard let path = ColumnPath(levels: levels) else {
      throw RowFault(line: row.line, .value(CatalogueFile.header[0], cells[0]))
    }
    var modes: [SupplyMode] = []
    for printed in PrintedText.parts(of: cells[3]) {
      guard let mode = SupplyMode(printed: printed) else {
        throw RowFault(line: row.line, .unknownMode(printed))
      }
      if !modes.contains(mode) { modes.append(mode) }
    }
    if modes.isEmpty { throw RowFault(line: row.line, .missing(CatalogueFile.header[3])) }
    line = row.line
    self.path = path
    self.modes = modes
    update = cells[4]
    units = PrintedText.parts(of: cells[5])
    source = cells[6]
    self.cells = row.cells
  }
}

/// Finds the sites behind the units that a catalogue names.
package struct UnitMatcher {
  private let codesByName: [[UInt8]: SiteCode]
  private let tree: SiteTree
  private let site: SiteCode

  /// 各县(市、区)政府 and 市直各单位 name all counties and all departments.
  private static let phrases: [(text: String, kind: SiteKind)] = [
    ("各县(市、区)政府", .county), ("各县（市、区）政府", .county), ("各县(市、区)", .county),
    ("各县（市、区）", .county), ("市直各单位", .department), ("市直各有关单位", .department),
    ("市直有关单位", .department), ("市直群团组织", .department),
  ]

  /// For units of the sites at `site` and below.
  package init(_ tree: SiteTree, below site: SiteCode) {
    self.tree = tree
    self.site = site
    var codes: [[UInt8]: SiteCode] = [:]
    for code in tree.within(site) {
      if let name = tree.sites[code]?.name { codes[Array(name.utf8)] = code }
    }
    codesByName = codes
  }

  /// Sorted; empty where the unit matches no site.
  package func sites(of unit: String) -> [SiteCode] {
    if let code = codesByName[Array(unit.utf8)] { return [code] }
    let phrase = UnitMatcher.phrases.first { $0.text.utf8.elementsEqual(unit.utf8) }
    guard let kind = phrase?.kind else { return [] }
    return tree.within(site).filter { tree.sites[$0]?.kind == kind }
  }
}
