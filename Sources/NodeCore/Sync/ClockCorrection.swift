import Replication
import Storage

/// Brings hybrid time back after a clock that was ahead has been corrected. Stamps that no peer can
/// hold are written anew; those that one may hold stay, and time stays behind none of them.
extension Transaction {
  /// The peer has spoken: what it has accepted since it last did was not ahead of its clock. An
  /// earlier request that comes late is not taken any more. What it may have accepted before stays
  /// so, though its clock has stepped back meanwhile.
  func heard(_ link: Int64, peerTime: Int64) throws {
    let (limit, isOver) = peerTime.addingReportingOverflow(HybridClock.aheadMillisecondsMax)
    if isOver { return }
    let name = "accepted/\(link)"
    let accepted = try meta(name).flatMap { Int64($0) } ?? 0
    let offered = min(try linkState(link).offered, max(limit, accepted))
    try change(link) { $0.offered = offered }
    if offered != accepted { try setMeta(name, String(offered)) }
  }

  /// Falls back where hybrid time is ahead of the wall clock by more than `tolerance`, and may be.
  /// Peers take what is a little ahead: only one that refuses it gives a reason to write it anew.
  func correctClock(tolerance: Int64 = HybridClock.aheadMillisecondsMax) throws {
    guard clock.last - tolerance > now, clock.last > foreignClock else { return }
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

extension Snapshot {
  /// Whether hybrid time may have to be brought back.
  func isClockAhead() throws -> Bool {
    try clockTime() - HybridClock.aheadMillisecondsMax > now
  }
}
