import Replication
import SiteGroup

/// Why a column was not found.
package enum ColumnFault: Error, Sendable, Equatable {
  /// With the paths that could have been meant.
  case unknown([String])
  case ambiguous([String])
}

extension Directory {
  /// The column that an operator names: a path of `site` (else of this node's site), `CODE:PATH`,
  /// `CODE:ID`, an id, or the beginning of an id that no other column shares.
  package func resolve(
    _ text: String, site: SiteCode? = nil
  ) throws(ColumnFault) -> ColumnRecord {
    let home = site ?? self.site
    if let column = column(home, path: text) { return column }
    if let colon = text.utf8.firstIndex(of: 0x3A), let code = SiteCode(String(text[..<colon])) {
      let rest = String(text[text.utf8.index(after: colon)...])
      if let column = column(code, path: rest) { return column }
      if let column = try identified(rest, among: columns(of: code)) { return column }
      throw .unknown(columns(of: code).map { "\(code):\($0.path)" })
    }
    if let column = try identified(text, among: columns()) { return column }
    throw .unknown(columns(of: home).map(\.path))
  }

  private func identified(
    _ text: String, among columns: [ColumnRecord]
  ) throws(ColumnFault) -> ColumnRecord? {
    let wanted = text.lowercased().utf8
    guard wanted.count >= RecordName.charactersMin else { return nil }
    let found = columns.filter { $0.id.description.utf8.starts(with: wanted) }
    if found.count > 1 { throw .ambiguous(found.map(\.id.description)) }
    return found.first
  }

  /// How people name the column: its path at home, `CODE:PATH` elsewhere; the id where it is not
  /// known here.
  package func name(ofColumn key: RecordKey, from site: SiteCode? = nil) -> String {
    let path = column(key)?.path ?? key.id.description
    return key.owner == site ? path : "\(key.owner):\(path)"
  }

  /// A key for a new column of this site. A column that was renamed away from the path keeps the
  /// key that the path named, so a later one takes the next.
  package func newColumnKey(path: String) -> RecordKey {
    var key = RecordKey.column(site, path: path)
    var number = 1
    while column(key) != nil {
      number += 1
      key = .named(.column, of: site, by: site.text, path, String(number))
    }
    return key
  }
}
