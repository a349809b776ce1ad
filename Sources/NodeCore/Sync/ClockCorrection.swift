import Replication
import Storage

/// Brings hybrid time back after a clock that was ahead has been corrected. Stamps that no peer can
/// hold are written anew; those that one may hold stay, and time stays behind none of them.
extension Transaction {
  /// The peer has spoken: what it has accepted so far was not ahead of its clock. An earlier
  /// request that comes late is not taken any more.
  func heard(_ link: Int64, peerTime: Int64) throws {
    try change(link) {
      let (limit, isOver) = peerTime.addingReportingOverflow(HybridClock.aheadMillisecondsMax)
      if !isOver { $0.offered = min($0.offered, limit) }
    }
  }

  /// Falls back where hybrid time is ahead of the wall clock and may be.
  func correctClock() throws {
    guard clock.last > max(now, foreignClock) else { return }
    var floor = now
    for link in try allLinks() { floor = max(floor, try linkState(link.id).offered) }
    guard clock.last > max(floor, foreignClock) else { return }
    var late: Set<Stamp> = []
    var rows: [Int64] = []
    try records(skipsDamaged: true) { stored in
      let stamps = stored.record.cells.values.flatMap(\.stamps)
        .filter { $0.author == site && $0.time > floor }
      if stamps.isEmpty { return }
      late.formUnion(stamps)
      rows.append(stored.row)
    }
    fallBack(to: floor)
    let renewed = Dictionary(
      late.sorted().map { ($0, freshStamp()) }, uniquingKeysWith: { first, _ in first })
    for row in rows {
      guard let stored = try record(row: row) else { continue }
      let cells = stored.record.cells.mapValues { cell in
        // Earlier stamps first: new ones lie below all old ones, so none is moved twice.
        cell.stamps.sorted().reduce(cell) { moved, stamp in
          renewed[stamp].map { moved.restamping(stamp, as: $0) } ?? moved
        }
      }
      if let record = Record(key: stored.record.key, cells: cells) {
        try put(record, over: stored)
      }
    }
  }
}
