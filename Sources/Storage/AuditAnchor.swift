import Bytes
import Replication
import SQLite

/// Where a chain goes on whose earlier entries were pruned. Stands in the entry that tells of it,
/// so that it is chained, and its digest countersigned, as any other.
package struct AuditAnchor: Sendable, Equatable {
  /// The last entry that is gone.
  package let head: ChainHead
  /// The life that the store began last before it: the entry that began it, and its epoch.
  package let life: (number: Int64, epoch: [UInt8])?

  package init(head: ChainHead, life: (number: Int64, epoch: [UInt8])?) {
    self.head = head
    self.life = life
  }

  package static func == (a: AuditAnchor, b: AuditAnchor) -> Bool {
    a.head == b.head && a.life?.number == b.life?.number && a.life?.epoch == b.life?.epoch
  }
}

extension AuditEvent {
  private static let pruning = "audit prune"

  /// `count`: how many entries are gone.
  package static func pruned(
    _ anchor: AuditAnchor, count: Int64, operatorName: String
  ) -> AuditEvent {
    var words = ["\(anchor.head.number)", Hex.encode(anchor.head.digest.bytes)]
    if let life = anchor.life { words += ["\(life.number)", Hex.encode(life.epoch)] }
    return AuditEvent(
      .recovery, operatorName: operatorName, operation: pruning,
      subject: words.joined(separator: " "), count: count)
  }

  /// What a pruning entry says; nil for any other.
  var anchor: AuditAnchor? {
    guard kind == .recovery, operation == AuditEvent.pruning else { return nil }
    let words = subject.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    guard words.count == 2 || words.count == 4, let number = Int64(words[0]),
      let digest = Hex.decode(words[1]).flatMap({ Digest($0) })
    else { return nil }
    var life: (number: Int64, epoch: [UInt8])?
    if words.count == 4 {
      guard let begun = Int64(words[2]), let epoch = Hex.decode(words[3]) else { return nil }
      life = (begun, epoch)
    }
    return AuditAnchor(head: ChainHead(number: number, digest: digest), life: life)
  }
}

extension Transaction {
  /// Takes the entries up to the anchor away, and appends the one that says so. The last entry of
  /// the chain always stays: it holds the store's seal.
  package func pruneAudit(_ anchor: AuditAnchor, operatorName: String) throws {
    let digest = try connection.first(
      "SELECT digest FROM audit WHERE number = ?", [.integer(anchor.head.number)]
    ) { $0.blob(0) }
    guard digest == anchor.head.digest.bytes, try auditHead().number > anchor.head.number else {
      throw StoreFault.damaged("an entry of the audit is another")
    }
    try connection.run("DELETE FROM audit WHERE number <= ?", [.integer(anchor.head.number)])
    let count = Int64(connection.changedRows)
    attribute(to: .pruned(anchor, count: count, operatorName: operatorName), .always)
  }
}
