import Bytes
import Library
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// Takes records from one neighbour: checks what would change the copy here, joins, notes what is
/// agreed. Within one transaction.
final class Reception {
  let transaction: Transaction
  let library: SiteLibrary
  let link: Int64
  private let peer: SiteCode
  let isFromUpstream: Bool
  let isRefilling: Bool
  private var permissions: WritePermissions
  private var tree: SiteTree { didSet { lastAuthor = nil } }
  private var lastAuthor: (code: SiteCode, isOfThisSide: Bool)?
  private var gauge: QuotaGauge?
  /// Whether the last whole was new here.
  private var expectsNew = true
  /// New items that the followers have not read.
  private var unsettledItems = 0

  /// `quota`: what a child may have here; while this store is refilled it may bring all it has.
  init(
    _ transaction: Transaction, _ library: SiteLibrary, _ link: LinkState,
    quota: SiteQuota = SiteQuota()
  ) throws {
    self.transaction = transaction
    self.library = library
    self.link = link.id
    peer = link.peer
    isFromUpstream = link.isUpstream
    isRefilling = link.isRefilling
    permissions = library.directory.permissions
    tree = library.directory.tree
    if !link.isUpstream, !link.isRefilling {
      gauge = try QuotaGauge(quota, of: link.peer, library.directory, in: transaction)
    }
  }

  /// What became of one item of a stream.
  enum Outcome {
    case taken(RecordKey)
    /// The base of a patch is another here: the whole is wanted.
    case wanted(RecordKey)
    /// Some cells, or all, were refused; the others are taken.
    case refused(RecordKey, Digest, [CellRefusal])
    case left(RecordKey)
    /// Not a record at all; its key where that much can be read.
    case unreadable(Malformed, RecordKey?, Digest)
    /// The copy here is damaged: nothing is joined with it.
    case damaged(RecordKey, Digest)
  }

  static let damagedReason = "damaged"

  func receive(_ item: ReadItem) throws -> Outcome {
    switch item {
    case .left(let key): return .left(key)
    case .patch(let key, let patch): return try receivePatch(key, patch)
    case .record(let record, let packed):
      if let outcome = try takeNew(record, packed) { return outcome }
      guard let mine = try present(record.key) else {
        return try damaged(record.key, packed.digest)
      }
      expectsNew = mine == nil
      return try take(record, packed.digest, packed, over: mine)
    case .unreadable(let malformed, let key, let digest):
      return .unreadable(malformed, key, digest)
    }
  }

  /// Lets the followers read what has come so far: what comes next is judged by it.
  func settle() throws {
    unsettledItems = 0
    try transaction.settle()
    permissions = library.directory.permissions
    tree = library.directory.tree
  }

  /// Nil for a copy that cannot be read.
  private func present(_ key: RecordKey) throws -> StoredRecord?? {
    do {
      return .some(try transaction.record(key))
    } catch StoreFault.damaged {
      return nil
    }
  }

  private func damaged(_ key: RecordKey, _ digest: Digest) throws -> Outcome {
    if let row = try transaction.row(of: key) { try transaction.noteDamage(row) }
    return .damaged(key, digest)
  }

  private func receivePatch(_ key: RecordKey, _ patch: RecordPatch) throws -> Outcome {
    guard let present = try present(key), let mine = present else { return .wanted(key) }
    if mine.digest.prefix(RecordPatch.resultOctets) == patch.result {
      return try take(mine.record, mine.digest, nil, over: mine)
    }
    guard
      let made = patch.applied(
        to: mine.record.bytes, mine.digest, algorithm: transaction.algorithm,
        inflater: transaction.codec.patchInflater),
      let record = try? Record(canonical: made.bytes), record.key == key
    else { return .wanted(key) }
    transaction.codec.patches.keep(patch, from: mine.digest, to: made.digest)
    return try take(record, made.digest, nil, over: mine)
  }

  /// A whole is most often new here, and is found to be so by storing it. Nil where it is not, or
  /// where something is to be refused.
  private func takeNew(_ record: Record, _ packed: PackedRecord) throws -> Outcome? {
    guard expectsNew, gauge == nil else { return nil }
    let heads = telling(record)
    guard !heads.contains(where: { refusal(of: $0, stamp: $1, record, nil) != nil }) else {
      return nil
    }
    guard let stored = try transaction.insert(record, packed.digest, packed) else { return nil }
    observe(record, heads)
    try agree(stored, packed.digest, isChanged: true)
    if record.key.kind == .item { unsettledItems += 1 }
    // While they are in the processor's cache: each follower reads all that it is given.
    if unsettledItems == Self.itemsAtOnce { try settle() }
    return .taken(record.key)
  }

  private static let itemsAtOnce = 32

  /// The cells that tell whether a record that is new here may be taken: of an item that its origin
  /// alone wrote, one with the greatest time stands for all.
  private func telling(_ record: Record) -> [(name: String, stamp: Stamp?)] {
    guard let time = record.ownersTime, permissions.isOriginsOwn(record) else {
      return record.heads
    }
    return [(ItemField.title.rawValue, Stamp(time: time, author: record.key.owner))]
  }

  private func take(
    _ record: Record, _ digest: Digest, _ packed: PackedRecord?, over mine: StoredRecord?
  ) throws -> Outcome {
    if let mine, mine.digest == digest {
      try agree(mine, digest, isChanged: false)
      return .taken(record.key)
    }
    if let mine, try !transaction.isSound(mine) { return try damaged(record.key, digest) }
    let joined = mine?.record.joined(with: record)
    if joined?.isSound == false {
      // Stored, it could never be read again.
      let malformed = Malformed("what both copies hold together is no record", at: 0)
      return .unreadable(malformed, record.key, digest)
    }
    let changed = joined?.changed.map { ($0, record.stamp($0)) } ?? record.heads
    var refusals = changed.compactMap { refusal(of: $0, stamp: $1, record, mine?.record) }
    if !refusals.isEmpty, transaction.hasUnsettledChanges {
      // The site or column that allows it may have come just before.
      try settle()
      return try take(record, digest, packed, over: try transaction.record(record.key))
    }
    if let gauge {
      let known = Set(refusals.map(\.cell))
      refusals += gauge.refusals(
        changed.filter { !known.contains($0.0) }, of: record, making: joined?.record ?? record,
        over: mine?.record)
    }
    guard refusals.isEmpty else {
      let refused = Set(refusals.map(\.cell))
      let isPurge = joined?.record.isPurged ?? record.isPurged
      if !isPurge, let part = record.keeping({ !refused.contains($0) }) {
        observe(part, changed.filter { !refused.contains($0.0) })
        let kept = mine?.record.joined(with: part).record ?? part
        try transaction.put(kept, over: mine)
        gauge?.note(kept, over: mine?.record)
      }
      return .refused(record.key, digest, refusals)
    }
    observe(record, changed)
    let merged = joined?.record ?? record
    let stored: StoredRecord
    if let packed, areEqual(merged.bytes[...], record.bytes[...]) {
      stored = try transaction.put(record, digest, packed, over: mine)
    } else {
      stored = try transaction.put(merged, over: mine)
    }
    gauge?.note(merged, over: mine?.record)
    try agree(stored, digest, isChanged: mine?.digest != stored.digest)
    return .taken(record.key)
  }

  /// The peer holds these octets: nothing of them echoes.
  private func agree(_ stored: StoredRecord, _ digest: Digest, isChanged: Bool) throws {
    let old = try transaction.entry(link, stored.row)
    var entry =
      old ?? LinkEntry(sequence: transaction.nextSequence(), isInScope: false)
    entry.agreed = digest
    entry.hasLeft = false
    entry.settle(with: stored.digest)
    entry.isOffered = false
    // An old copy: what stands here goes out again; upward even what is not this side's own, for
    // an upstream that lacks what it once sent is old itself.
    if stored.digest != digest {
      entry.sequence = transaction.nextSequence()
      entry.isOffered = isFromUpstream
    }
    try transaction.setEntry(link, stored.row, from: old, to: entry)
    // A change makes the scope look at it anyway; else what is in none must leave (again).
    if !isChanged, !entry.isInScope { try library.scope.refresh(stored, in: transaction) }
  }

  private func observe(_ record: Record, _ cells: [(String, Stamp?)]) {
    for (name, stamp) in cells {
      if let stamp {
        transaction.observe(stamp)
      } else {
        for stamp in record.cell(name)?.stamps ?? [] { transaction.observe(stamp) }
      }
    }
  }

  // MARK: what would change the copy here

  private func refusal(
    of cell: String, stamp: Stamp?, _ record: Record, _ mine: Record?
  ) -> CellRefusal? {
    if mine == nil, let stamp {
      // Most cells hold one version, and claim no other.
      return reason(for: stamp, cell, record, mine).map {
        CellRefusal(cell: cell, reason: $0, stamp: stamp)
      }
    }
    guard let coming = record.cell(cell) else { return nil }
    let here = mine?.cell(cell)
    let news = coming.news(over: here)
    for stamp in news {
      if let reason = reason(for: stamp, cell, record, mine) {
        return CellRefusal(cell: cell, reason: reason, stamp: stamp)
      }
    }
    // A time seen that is still to come would drop what its author is yet to write.
    let limit = transaction.now + HybridClock.aheadMillisecondsMax
    let held = Set(here?.claims ?? [])
    if let ahead = coming.claims.first(where: { $0.time > limit && !held.contains($0) }) {
      return CellRefusal(cell: cell, reason: .clock, stamp: ahead)
    }
    // Another join, or versions declared replaced, by nobody who would have written instead.
    if news.isEmpty, !isFromUpstream, !isRefilling, let stamp = coming.claims.first {
      return CellRefusal(cell: cell, reason: .forbidden, stamp: stamp)
    }
    return nil
  }

  private func reason(
    for stamp: Stamp, _ cell: String, _ record: Record, _ mine: Record?
  ) -> CellRefusal.Reason? {
    let mayWrite = permissions.mayWrite(
      stamp.author, cell, of: record, present: isFromUpstream || isRefilling ? nil : mine,
      isFromAbove: isFromUpstream || isRefilling)
    if !mayWrite { return .forbidden }
    if isUnheard(record, mine), stamp.author != record.key.owner { return .forbidden }
    if stamp.time > transaction.now + HybridClock.aheadMillisecondsMax { return .clock }
    if isRefilling { return nil }
    let isOfThisSide = isOfThisSide(stamp.author)
    if isFromUpstream { return isOfThisSide ? .rejoin : nil }
    if tree.isWithin(stamp.author, peer) { return nil }
    return isOfThisSide ? .rejoin : .foreign
  }

  /// This site or one below it. Most records of a page have one author.
  private func isOfThisSide(_ author: SiteCode) -> Bool {
    if let known = lastAuthor, known.code == author { return known.isOfThisSide }
    let isOfThisSide = tree.isWithin(author, library.directory.site)
    lastAuthor = (author, isOfThisSide)
    return isOfThisSide
  }

  /// An item that its origin, on another side, has not sent yet: what the record says of who may
  /// write in it is not the origin's word.
  private func isUnheard(_ record: Record, _ mine: Record?) -> Bool {
    !isFromUpstream && !isRefilling && mine == nil && record.key.kind == .item
      && !tree.isWithin(record.key.owner, peer)
  }
}
