import Library
import Replication
import SiteGroup
import Storage

/// What one child and all below it may have in this store in all; nil is not bounded.
package struct SiteQuota: Sendable, Equatable {
  package var records: Int64?
  /// Canonical octets of records: the same at both ends, whatever they take once they are deflated.
  package var octets: Int64?
  package var blobs: Int64?
  package var blobOctets: Int64?

  package init(
    records: Int64? = nil, octets: Int64? = nil, blobs: Int64? = nil, blobOctets: Int64? = nil
  ) {
    self.records = records
    self.octets = octets
    self.blobs = blobs
    self.blobOctets = blobOctets
  }

  package static let most: Int64 = 1 << 50

  var isBounded: Bool { boundsRecords || boundsBlobs }
  var boundsRecords: Bool { records != nil || octets != nil }
  var boundsBlobs: Bool { blobs != nil || blobOctets != nil }

  /// Which bound one more would break, as `records 10/10`; nil where there is room.
  func excess(of added: SiteTotals, over used: SiteTotals) -> String? {
    for (name, limit, has, more) in [
      ("records", records, used.records, added.records),
      ("bytes", octets, used.octets, added.octets), ("blobs", blobs, used.blobs, added.blobs),
      ("blob_bytes", blobOctets, used.blobOctets, added.blobOctets),
    ] {
      if let limit, more > 0, has > limit - more { return "\(name) \(has)+\(more)/\(limit)" }
    }
    return nil
  }

  /// What the child is told, coarse enough to change seldom: the limits, and how many sixteenths
  /// of the scarcest are free. When it changes, what was refused is worth another try.
  func room(_ used: SiteTotals) -> [Int64] {
    let pairs = [
      (records, used.records), (octets, used.octets), (blobs, used.blobs),
      (blobOctets, used.blobOctets),
    ]
    let free = pairs.compactMap { limit, used in
      limit.map { max(0, $0 - used) / max(1, $0 / Self.shares) }
    }
    return pairs.map { $0.0 ?? 0 } + [min(free.min() ?? 0, Self.shares)]
  }

  private static let shares: Int64 = 16
}

extension Snapshot {
  /// What a child and all below it have here.
  func totals(ofChild code: SiteCode, _ directory: Directory) throws -> SiteTotals {
    try totals(of: directory.tree.within(code))
  }
}

extension Node {
  /// What the child of a link is told of its room; nothing where it has no quota.
  func room(for peer: SiteCode, in snapshot: Snapshot) throws -> [Int64] {
    let quota = settings.siteLimits.quota
    if !quota.isBounded { return [] }
    return quota.room(try snapshot.totals(ofChild: peer, library.directory))
  }
}

/// Weighs what a child pushes against its quota, within one transaction.
///
/// A new record that would break a bound is refused whole, unless it answers an order of this site
/// or one above. Of a record that is here, what grows is refused once the octets are used up;
/// life cycles and holds pass always, and so does whatever takes no more octets than before.
struct QuotaGauge {
  private let quota: SiteQuota
  private let directory: Directory
  /// A push may bring sites that are new.
  private var tree: SiteTree { directory.tree }
  private let peer: SiteCode
  private var used: SiteTotals
  /// The last maker of the child's side: most records of a push have one.
  private var lastMaker: SiteCode?

  /// Nil where nothing is bounded.
  init?(
    _ quota: SiteQuota, of peer: SiteCode, _ directory: Directory, in snapshot: Snapshot
  ) throws {
    guard quota.boundsRecords else { return nil }
    (self.quota, self.peer, self.directory) = (quota, peer, directory)
    used = try snapshot.totals(ofChild: peer, directory)
  }

  /// An answer to an order is small, and so is the reason of a purge.
  private static let dutyOctetsMax = 4096

  func refusals(
    _ changed: [(String, Stamp?)], of record: Record, making merged: Record, over mine: Record?
  ) -> [CellRefusal] {
    guard let excess = quota.excess(of: merged.totals - (mine?.totals ?? .none), over: used),
      mine != nil || !isDuty(merged)
    else { return [] }
    return changed.compactMap { name, stamp in
      if let mine, !grows(name, merged, mine) { return nil }
      guard let stamp = stamp ?? record.cell(name)?.stamps.first else { return nil }
      return CellRefusal(cell: name, reason: .quota, stamp: stamp, excess: excess)
    }
  }

  private func grows(_ name: String, _ merged: Record, _ mine: Record) -> Bool {
    if Self.passing.contains(name) || Self.passingPrefixes.contains(where: name.hasPrefix) {
      return false
    }
    let octets = merged.cell(name)?.canonical.count ?? 0
    if name == Record.purgeCell, octets <= Self.dutyOctetsMax { return false }
    return octets > mine.cell(name)?.canonical.count ?? 0
  }

  /// What takes content out of view; each has one author and a fixed size.
  private static let passing: Set<String> = [ItemRecord.Cell.life]
  private static let passingPrefixes = [ItemRecord.Cell.lifePrefix, ItemRecord.Cell.holdPrefix]

  /// A receipt, or a placement, for a mandate from above: the duty was given from here.
  private func isDuty(_ record: Record) -> Bool {
    guard record.bytes.count <= Self.dutyOctetsMax else { return false }
    func isOrdered(_ mandate: RecordKey) -> Bool {
      directory.mandates[mandate] != nil && !tree.isWithin(mandate.owner, peer)
    }
    switch record.key.kind {
    case .receipt: return ReceiptRecord(record).mandate.map(isOrdered) ?? false
    case .placement:
      let ids = PlacementRecord(record).causes.filter { $0.kind == .mandate }.compactMap(\.id)
      return directory.mandates.keys.contains { ids.contains($0.id) && isOrdered($0) }
    default: return false
    }
  }

  /// A record was stored.
  mutating func note(_ after: Record, over before: Record?) {
    if let before, isOfChild(before.maker) { used -= before.totals }
    if isOfChild(after.maker) { used += after.totals }
  }

  private mutating func isOfChild(_ maker: SiteCode) -> Bool {
    if maker == lastMaker { return true }
    guard tree.isWithin(maker, peer) else { return false }
    lastMaker = maker
    return true
  }
}
