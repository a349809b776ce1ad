import Bytes
import Replication
import SQLite

/// A head of a chain that its upstream has seen. The upstream keeps those of its children, a child
/// its own with the upstream's countersignature.
package struct AuditMark: Sendable, Equatable {
  package enum Fault: Int64, Sendable {
    /// The head stood higher before.
    case wentBack = 1
    /// The same number stood before with another digest.
    case forked = 2
  }

  package var head: ChainHead
  /// The life of the child's store.
  package var epoch: [UInt8]
  /// Milliseconds UTC, by the upstream's clock.
  package var at: Int64
  /// The upstream's HMAC; nil where it gave none.
  package var proof: [UInt8]?
  package var fault: Fault?

  package init(
    head: ChainHead, epoch: [UInt8], at: Int64, proof: [UInt8]? = nil, fault: Fault? = nil
  ) {
    self.head = head
    self.epoch = epoch
    self.at = at
    self.proof = proof
    self.fault = fault
  }

  /// The newest are all kept, of earlier days the last.
  static let recentMax: Int64 = 32
}

extension Snapshot {
  private static let columns = "number, digest, epoch, at, proof, fault"

  /// The marks of a link, oldest first.
  package func auditMarks(_ link: Int64) throws -> [AuditMark] {
    try connection.all(
      "SELECT \(Snapshot.columns) FROM audit_marks WHERE link = ? ORDER BY id", [.integer(link)],
      mark)
  }

  /// The newest mark of a link that is no fault.
  package func lastAuditMark(_ link: Int64) throws -> AuditMark? {
    try connection.first(
      """
      SELECT \(Snapshot.columns) FROM audit_marks WHERE link = ? AND fault IS NULL
      ORDER BY id DESC LIMIT 1
      """, [.integer(link)], mark)
  }

  /// The newest mark of a link, a fault or none.
  package func newestAuditMark(_ link: Int64) throws -> AuditMark? {
    try connection.first(
      "SELECT \(Snapshot.columns) FROM audit_marks WHERE link = ? ORDER BY id DESC LIMIT 1",
      [.integer(link)], mark)
  }

  private func mark(_ row: Statement) throws -> AuditMark {
    AuditMark(
      head: ChainHead(number: row.integer(0), digest: try digest(row, 1)), epoch: row.blob(2),
      at: row.integer(3), proof: row.optionalBlob(4),
      fault: row.optionalInteger(5).flatMap { AuditMark.Fault(rawValue: $0) })
  }
}

extension Transaction {
  package func addAuditMark(_ mark: AuditMark, _ link: Int64) throws {
    try connection.run(
      """
      INSERT INTO audit_marks(link, number, digest, epoch, at, proof, fault)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(link), .integer(mark.head.number), .blob(mark.head.digest.bytes),
        .blob(mark.epoch), .integer(mark.at), SQLValue(mark.proof),
        SQLValue(mark.fault?.rawValue),
      ])
    // Now and then: what is too many for a while costs little.
    guard connection.lastRow % AuditMark.recentMax == 0 else { return }
    try connection.run(
      """
      DELETE FROM audit_marks WHERE link = ?1 AND fault IS NULL AND id NOT IN
        (SELECT id FROM audit_marks WHERE link = ?1 ORDER BY id DESC LIMIT ?2)
      AND EXISTS (SELECT 1 FROM audit_marks AS later WHERE later.link = ?1
        AND later.id > audit_marks.id AND later.at / 86400000 = audit_marks.at / 86400000
        AND later.epoch = audit_marks.epoch)
      """, [.integer(link), .integer(AuditMark.recentMax)])
  }
}
