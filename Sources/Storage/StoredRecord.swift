import Bytes
import Replication

/// A record as it stands in the store.
package struct StoredRecord: Sendable {
  /// The store's own number of the key; never leaves the node.
  package let row: Int64
  package let record: Record
  package let digest: Digest
  /// Milliseconds UTC at this node.
  package let changedAt: Int64

  package init(row: Int64, record: Record, digest: Digest, changedAt: Int64) {
    self.row = row
    self.record = record
    self.digest = digest
    self.changedAt = changedAt
  }
}

/// The stored octets of a record, as they travel.
package struct PackedRecord: Sendable {
  package let dictionary: Int64
  package let bytes: [UInt8]
  package let digest: Digest

  package init(dictionary: Int64, bytes: [UInt8], digest: Digest) {
    self.dictionary = dictionary
    self.bytes = bytes
    self.digest = digest
  }
}

extension PackedRecord {
  /// A new record, as it is stored and travels.
  init(_ record: Record, _ digest: Digest, _ codec: RecordCodec) {
    let dictionary = RecordCodec.dictionary
    self.init(
      dictionary: dictionary, bytes: codec.deflated(record.bytes, dictionary: dictionary),
      digest: digest)
  }
}

/// One change of one record, as followers read it: each of them, so it is shared, not copied.
package final class Change: Sendable {
  package let row: Int64
  package let key: RecordKey
  /// Nil where the record is new here.
  package let before: Record?
  /// Nil where the record has left this node.
  package let after: Record?
  package let digestBefore: Digest?
  package let digestAfter: Digest?

  init(
    row: Int64, key: RecordKey, before: Record?, after: Record?, digestBefore: Digest?,
    digestAfter: Digest?
  ) {
    (self.row, self.key) = (row, key)
    (self.before, self.after) = (before, after)
    (self.digestBefore, self.digestAfter) = (digestBefore, digestAfter)
  }
}

extension Change {
  /// A record as a follower reads it that is made anew.
  package convenience init(asNew stored: StoredRecord) {
    self.init(
      row: stored.row, key: stored.record.key, before: nil, after: stored.record,
      digestBefore: nil, digestAfter: stored.digest)
  }
}

/// A reader of the change feed that keeps something derived: a table, placements, receipts, scopes.
///
/// Runs inside the transaction of the change and may write records itself; it is asked again for
/// those. When its version rises, its tables are made anew and every record is fed to it once.
package protocol Follower: AnyObject {
  var name: String { get }
  var version: Int { get }
  /// Drops and creates its tables.
  func reset(in transaction: Transaction) throws
  /// Loads what it keeps in memory, after opening or after a rollback.
  func load(from snapshot: Snapshot) throws
  func follow(_ changes: [Change], in transaction: Transaction) throws
}
