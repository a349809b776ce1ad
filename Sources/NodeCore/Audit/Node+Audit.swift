import HTTPCore
import Replication
import Storage

extension Node {
  /// Tells of something refused, in a transaction of its own, where its sort is not told already.
  /// A store that takes nothing must not turn one refusal into another.
  package func noteRefusal(_ event: AuditEvent) {
    guard let told = refusals.take(event, now: ports.now()) else { return }
    try? store.write { $0.tell(told) }
  }

  /// The same within the transaction in which it was refused.
  func noteRefusal(_ event: AuditEvent, in transaction: Transaction) {
    if let told = refusals.take(event, now: transaction.now) { transaction.tell(told) }
  }

  /// Refused records of one message, by reason: how many, and the first of each.
  func noteRefused(
    _ refused: [(key: RecordKey, reason: String)], by operation: String, of peer: SiteCode,
    in transaction: Transaction
  ) {
    let reasons = Dictionary(grouping: refused) { $0.reason }
    for (reason, ones) in reasons.sorted(by: { utf8Less($0.key, $1.key) }) {
      noteRefusal(
        AuditEvent(
          .refusal, site: peer.text, operation: operation,
          subject: ones.first?.key.description ?? "", result: reason, count: Int64(ones.count)),
        in: transaction)
    }
  }

  /// A request that did not get past the gate. A code is named only where it is a child's: anybody
  /// could write others.
  func noteRefusedRequest(_ request: HTTPRequest, _ operation: String) {
    let claimed = (try? SignedRequest.parse(request)).flatMap { SiteCode($0.keyID) }
    let site = claimed.flatMap { keys.key(ofChild: $0) == nil ? nil : $0.text } ?? ""
    noteRefusal(
      AuditEvent(
        .refusal, site: site, operation: operation, result: Reason.wrongKey.rawValue))
  }

  /// Counts a request that was refused before anybody was known.
  package func noteStranger(status: Int, network: String) {
    strangers.note(status: status, network: network)
  }

  /// What became of a signed request that a rule stands against.
  func noteRefused(_ operation: String, of site: SiteCode, subject: String = "", _ code: String) {
    noteRefusal(
      AuditEvent(
        .refusal, site: site.text, operation: operation, subject: subject, result: code))
  }

  /// Tells of the strangers that were counted, where it is time to.
  package func tellStrangers() throws {
    try tell(strangers.drain(now: ports.now(), atOnce: false))
  }

  /// Tells of what was counted so far.
  package func tellRefusals() throws {
    try tell(refusals.drain() + strangers.drain(now: ports.now(), atOnce: true))
  }

  private func tell(_ events: [AuditEvent]) throws {
    if events.isEmpty { return }
    try store.write { transaction in
      for event in events { transaction.tell(event) }
    }
  }
}
