import Bytes
import Replication

/// The kinds of records. A number, once shipped, names its kind for ever.
extension RecordKind {
  package static let site = RecordKind(rawValue: 1)
  package static let contact = RecordKind(rawValue: 2)
  package static let column = RecordKind(rawValue: 3)
  package static let item = RecordKind(rawValue: 4)
  package static let placement = RecordKind(rawValue: 5)
  package static let mapping = RecordKind(rawValue: 6)
  package static let mandate = RecordKind(rawValue: 7)
  package static let receipt = RecordKind(rawValue: 8)
  package static let submission = RecordKind(rawValue: 9)
  package static let snapshot = RecordKind(rawValue: 10)

  /// Its noun; the number where this program does not know it.
  package var name: String {
    let names = [
      "site", "contact", "column", "item", "placement", "mapping", "mandate", "receipt",
      "submission", "snapshot",
    ]
    let index = Int(rawValue) - 1
    return names.indices.contains(index) ? names[index] : String(rawValue)
  }
}

/// A typed value is a view over its record: reading decodes a cell, a decision returns an edit.
package protocol RecordView {
  static var kind: RecordKind { get }
  var record: Record { get }
  init(_ record: Record)
}

extension RecordView {
  package var key: RecordKey { record.key }
  package var id: RecordID { record.key.id }
  package var owner: SiteCode { record.key.owner }

  /// Nil where the record is missing or of another kind.
  package init?(_ record: Record?) {
    guard let record, record.key.kind == Self.kind else { return nil }
    self.init(record)
  }
}

extension RecordKey {
  /// A key named by the digest of its parts, always SHA-256 whatever the tree's digest is.
  package static func named(
    _ kind: RecordKind, of owner: SiteCode, by parts: String...
  ) -> RecordKey {
    var writer = CBORWriter()
    writer.array(parts.count)
    for part in parts { writer.text(part) }
    return RecordKey(
      owner: owner, kind: kind, id: RecordID(head: DigestAlgorithm.sha256.digest(writer.bytes)))
  }

  /// The site's own record in the registry, written by its parent (by itself at the root).
  package static func site(_ code: SiteCode, registeredBy parent: SiteCode) -> RecordKey {
    named(.site, of: parent, by: code.text)
  }

  /// `path` is the path at creation; renaming keeps the key.
  package static func column(_ site: SiteCode, path: String) -> RecordKey {
    named(.column, of: site, by: site.text, path)
  }

  /// The site's code is part of the name, so that two sites that import from one system get
  /// different ids.
  package static func item(_ site: SiteCode, externalID: String) -> RecordKey {
    named(.item, of: site, by: site.text, externalID)
  }

  package static func placement(of item: RecordKey, in column: RecordKey) -> RecordKey {
    named(.placement, of: column.owner, by: column.description, item.description)
  }

  package static func receipt(of site: SiteCode, for mandate: RecordKey) -> RecordKey {
    named(.receipt, of: site, by: mandate.description)
  }
}
