import Storage

/// Keeps a flood of refusals from filling the disk: the first of its sort is told at once, those
/// that follow within ten minutes are counted, and told together.
package final class RefusalTally: Sendable {
  static let windowMilliseconds: Int64 = 600_000
  static let sortsMax = 1000

  private struct Sort: Hashable {
    let operatorName: String
    let site: String
    let operation: String
    /// Of a person's refusals alone: a neighbour could name millions.
    let subject: String
    let result: String

    init(_ event: AuditEvent) {
      operatorName = event.operatorName
      site = event.site
      operation = event.operation
      subject = event.operatorName.isEmpty ? "" : event.subject
      result = event.result
    }
  }

  fileprivate struct Pending {
    var since: Int64
    /// Not told yet.
    var count: Int64
    var last: AuditEvent
  }

  private let pending = Lock<[Sort: Pending]>([:])

  /// What is to be told now; nil where it is only counted.
  func take(_ event: AuditEvent, now: Int64) -> AuditEvent? {
    pending.withLock { pending in
      var event = event
      if pending.count >= RefusalTally.sortsMax, pending[Sort(event)] == nil {
        pending = pending.filter { $0.value.count > 0 || $0.value.isFresh(at: now) }
        if pending.count >= RefusalTally.sortsMax {
          event = AuditEvent(
            .refusal, operation: "", result: event.result, count: event.count)
        }
      }
      let sort = Sort(event)
      guard let known = pending[sort], known.isFresh(at: now) else {
        event.count += pending[sort]?.count ?? 0
        pending[sort] = Pending(since: now, count: 0, last: event)
        return event
      }
      pending[sort]?.count += event.count
      pending[sort]?.last = event
      return nil
    }
  }

  /// What was only counted so far; from here on it counts as told.
  func drain() -> [AuditEvent] {
    pending.withLock { pending in
      var events: [AuditEvent] = []
      for (sort, one) in pending where one.count > 0 {
        var event = one.last
        event.count = one.count
        events.append(event)
        pending[sort]?.count = 0
      }
      return events.sorted { a, b in
        [a.operation, a.site, a.operatorName, a.subject, a.result].joined(separator: "\0").utf8
          .lexicographicallyPrecedes(
            [b.operation, b.site, b.operatorName, b.subject, b.result].joined(separator: "\0").utf8)
      }
    }
  }
}

extension RefusalTally.Pending {
  fileprivate func isFresh(at now: Int64) -> Bool {
    (0..<RefusalTally.windowMilliseconds).contains(now - since)
  }
}
