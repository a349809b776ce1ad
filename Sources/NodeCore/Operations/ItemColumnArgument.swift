import Library
import Replication
import SiteGroup

extension SiteLibrary {
  /// A column that this site may place items in: its own, or one granted to it.
  func openColumn(_ text: String) throws(Refusal) -> ColumnRecord {
    try open(directory.column(named: text), named: text)
  }

  /// Columns as they are named, each once.
  func openColumns(_ texts: [String]) throws(Refusal) -> [ColumnRecord] {
    var columns: [ColumnRecord] = []
    for text in texts {
      let column = try openColumn(text)
      if !columns.contains(where: { $0.key == column.key }) { columns.append(column) }
    }
    return columns
  }

  /// The columns that a draft names. One that has gone is left out.
  func openColumns(_ keys: [RecordKey]) throws(Refusal) -> [ColumnRecord] {
    var columns: [ColumnRecord] = []
    for column in keys.compactMap({ directory.column($0) }) {
      columns.append(try open(column, named: directory.name(ofColumn: column.key)))
    }
    return columns
  }

  private func open(_ column: ColumnRecord, named text: String) throws(Refusal) -> ColumnRecord {
    guard column.grant(directory.site) == .contribute else {
      throw Refusal(.notGranted, text, directory.site.text)
    }
    return column
  }
}
