import Bytes
import Replication
import SQLite
import SiteGroup
import Storage

/// An item that shows in a column, as lists on pages need it.
package struct ShownItem: Sendable {
  package let key: RecordKey
  /// Of its record.
  package let digest: Digest
  /// As the column shows it: the adopted title, with the column's prefix.
  package let title: String
  package let publishedAt: Int64?
  package let isPinned: Bool
  package let isArchived: Bool
  package let hasAttachments: Bool
  /// The adopted content that shows in its place.
  package let snapshot: RecordKey?
}

extension Snapshot {
  /// What shows in a column, in its order: pins, then the newest, then the least key.
  package func shownItems(in column: RecordKey) throws -> [ShownItem] {
    try connection.all(
      """
      \(Snapshot.standing)
      SELECT i.key, r.digest, i.title, i.published_at, i.state, standing.pin IS NOT NULL,
        standing.snapshot, standing.prefix,
        EXISTS (SELECT 1 FROM blob_references b WHERE b.record = i.record)
      FROM standing JOIN items i ON i.record = standing.record
        JOIN records r ON r.row = i.record
      WHERE i.shows = 1 AND r.bytes IS NOT NULL
      ORDER BY standing.pin IS NULL, standing.pin, \(ItemRow.order)
      """, [.blob(column.octets)]
    ) { row in
      let adopted = row.optionalBlob(6).flatMap { RecordKey(octets: $0) }
      let snapshot = try adopted.flatMap { SnapshotRecord(try record($0)?.record) }
      return ShownItem(
        key: try key(row, 0), digest: try digest(row, 1),
        title: row.text(7) + (snapshot?.field(.title) ?? row.text(2)),
        publishedAt: row.optionalInteger(3), isPinned: row.integer(5) != 0,
        isArchived: row.integer(4) == Int64(LifeRung.archived.rawValue),
        hasAttachments: row.integer(8) != 0, snapshot: snapshot?.key)
    }
  }
}
