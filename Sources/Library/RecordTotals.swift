import Replication
import SiteGroup
import Storage

/// How many records each site has here, and how many octets they are. Counted for everybody: one
/// row for each site that a transaction concerns is less than asking whether it is wanted.
package final class RecordTotals: Follower {
  package let name = "totals"
  package let version = 1

  package init() {}

  package func load(from snapshot: Snapshot) throws {}
  package func reset(in transaction: Transaction) throws { try transaction.resetRecordTotals() }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    var sums: [SiteCode: SiteTotals] = [:]
    for change in changes {
      if let before = change.before { sums[before.maker, default: .none] -= before.totals }
      if let after = change.after { sums[after.maker, default: .none] += after.totals }
    }
    for (site, sum) in sums.sorted(by: { $0.key < $1.key }) {
      try transaction.addTotals(sum, to: site)
    }
  }
}

extension SiteTotals {
  package static func += (a: inout SiteTotals, b: SiteTotals) { a = a + b }
  package static func -= (a: inout SiteTotals, b: SiteTotals) { a = a - b }
}

extension Record {
  /// The site for which the record is counted: its owner; of a placement, which may stand in
  /// another's column, who brought it.
  package var maker: SiteCode {
    guard key.kind == .placement else { return key.owner }
    return stamp(PlacementRecord.Cell.item)?.author ?? key.owner
  }

  /// What it counts for. Nothing can be named any more of what was purged: room was made.
  package var totals: SiteTotals {
    SiteTotals(records: isPurged ? 0 : 1, octets: Int64(bytes.count))
  }
}
