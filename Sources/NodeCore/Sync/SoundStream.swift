import Bytes
import Replication
import Storage
import SyncProtocol

/// Wholes travel as they are stored, and nobody reads them to send them. So a message carries the
/// sum of the digests that its sender has of them; who receives them adds up what it reads.
extension Transaction {
  /// What goes to a peer, and its part of the sum. Nil for what is damaged: it is noted, and told.
  func sound(
    _ entry: StreamEntry, for dictionaries: [Int64], checks: Bool, _ sum: inout DigestSum
  ) throws -> StreamItem? {
    do {
      if checks, try !isIntact(entry.row) {
        throw StoreFault.damagedRecord(entry.key)
      }
      guard let item = try packed(entry, for: dictionaries) else { return nil }
      if case .whole = item, let digest = entry.digest { sum.add(digest) }
      return item
    } catch is StoreFault {
      try holdBack(entry)
      return nil
    }
  }

  /// Why a record that is damaged is set aside.
  func damageReason(_ row: Int64) -> String {
    (try? record(row: row)) == nil ? "unreadable" : Reception.damagedReason
  }

  /// What is damaged goes to nobody until it is what it was.
  func holdBack(_ entry: StreamEntry) throws {
    try noteDamage(entry.row)
    tell(
      AuditEvent(
        .recovery, operation: "send", subject: entry.key.description,
        result: Reception.damagedReason))
  }
}
