import Bytes
import Replication

/// A value of a co-edited cell that lost against one written at the same time. It stays in the cell
/// until a write that has seen it, so every node finds the same conflicts, under the same ids.
package struct CellConflict: Sendable, Equatable {
  package let key: RecordKey
  package let cell: String
  /// The version that shows.
  package let kept: CellVersion
  package let lost: CellVersion

  /// All conflicts of a record: by cell, then the time of the lost version. A version that says
  /// what the kept one says has lost nothing.
  package static func all(in record: Record) -> [CellConflict] {
    record.contested.flatMap { cell, versions -> [CellConflict] in
      guard let kept = versions.last else { return [] }
      return versions.dropLast().filter { $0.value != kept.value }.map {
        CellConflict(key: record.key, cell: cell, kept: kept, lost: $0)
      }
    }
  }

  package static func exist(in record: Record) -> Bool { !all(in: record).isEmpty }

  /// The head of the SHA-256 of what it is about, whatever the tree's digest is.
  package var id: RecordID {
    var writer = CBORWriter()
    writer.array(5)
    writer.recordKey(key)
    writer.text(cell)
    writer.stamp(lost.stamp)
    writer.octets(lost.value)
    return RecordID(head: DigestAlgorithm.sha256.digest(writer.bytes))
  }

  /// Writes the lost value anew, over all versions that stand now.
  package var restoration: RecordEdit {
    var edit = RecordEdit(key)
    edit[cell] = .coedited(lost.value)
    return edit
  }

  /// A value for people: text as it is, lists with 、 between, anything else in diagnostic notation.
  package static func text(of value: [UInt8]) -> String {
    if let text = String(canonical: value) { return text }
    if let list = [String](canonical: value) { return list.joined(separator: "、") }
    return (try? CBORValue(canonical: value))?.diagnostic ?? ""
  }
}
