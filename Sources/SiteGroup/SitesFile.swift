import Replication

/// A list of sites as a file: `code kind name short site`, separated by tabs. Refused as a whole
/// where a row is wrong.
package struct SitesFile: Sendable {
  package struct Row: Sendable {
    package let line: Int
    package let code: SiteCode
    package let kind: SiteKind
    package let name: String
  }

  package static let header = ["code", "kind", "name", "short", "site"]
  package static let nameOctetsMax = 400

  package let rows: [Row]

  package init(_ text: String) throws(RowFaults) {
    let table = try TableFile(text, header: SitesFile.header, optionalCount: 2)
    var faults = table.faults
    var rows: [Row] = []
    var lineByCode: [SiteCode: Int] = [:]
    for row in table.rows {
      do throws(RowFault) {
        let read = try Row(row)
        if let line = lineByCode[read.code] { throw RowFault(line: row.line, .repeats(line)) }
        lineByCode[read.code] = row.line
        rows.append(read)
      } catch {
        faults.append(error)
      }
    }
    guard faults.isEmpty else { throw RowFaults(faults.sorted { $0.line < $1.line }) }
    self.rows = rows
  }
}

extension SitesFile.Row {
  fileprivate init(_ row: TableFile.Row) throws(RowFault) {
    let cells = row.cells.map(PrintedText.trimmed)
    for index in 0..<3 where cells[index].isEmpty {
      throw RowFault(line: row.line, .missing(SitesFile.header[index]))
    }
    guard let code = SiteCode(cells[0]) else {
      throw RowFault(line: row.line, .value(SitesFile.header[0], cells[0]))
    }
    guard let kind = SiteKind(rawValue: cells[1]) else {
      throw RowFault(line: row.line, .value(SitesFile.header[1], cells[1]))
    }
    guard cells[2].utf8.count <= SitesFile.nameOctetsMax else {
      throw RowFault(line: row.line, .value(SitesFile.header[2], cells[2]))
    }
    (line, self.code, self.kind, name) = (row.line, code, kind, cells[2])
  }
}
