import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// What must hold of the whole tree once it is quiet.
extension World {
  func check() throws {
    try drainLedger()
    happenings[.restamped] += ledger.restamped
    for code in present {
      try audit(code)
      let derived = try DerivedCheck(site(code).node.store, site(code).node.library)
        .faults(besides: [])
      try need(derived.isEmpty, "\(code) derives otherwise: \(derived)")
    }
    let replicas = try Dictionary(
      uniqueKeysWithValues: present.map { ($0, try Replica(site($0).node)) })
    for child in children {
      guard let parent = shape.parents[child], let lower = replicas[child],
        let upper = replicas[parent]
      else { continue }
      try checkLink(lower, upper)
    }
    try checkWrites(replicas)
    try checkItems(replicas)
    try checkForbidden(replicas)
    try checkReach(replicas)
    try checkBlobs(replicas)
    if !isHarmed { try need(mismatches == 0, "fingerprints differed without a restore") }
  }

  // MARK: neighbours

  private func checkLink(_ lower: Replica, _ upper: Replica) throws {
    let (child, parent) = (lower.code, upper.code)
    guard let up = lower.links[parent], let down = upper.links[child] else {
      throw Violation("no link \(child)–\(parent)")
    }
    try need(
      up.fingerprint == down.fingerprint, "fingerprints differ: \(child)–\(parent)")
    let needs = [up.operatorNeeded, down.operatorNeeded].compactMap { $0 }
    try need(needs.isEmpty, "\(child)–\(parent) still needs an operator: \(needs)")
    try need(isHarmed || up.unknowns.isEmpty, "unknown without a restore at \(child)")
    try need(up.pending.isEmpty, "pending at \(child): \(up.pending)")
    try need(down.pending.isEmpty, "pending at \(parent) for \(child): \(down.pending)")
    let wanted = upper.oracle.downward(to: child, entries: down.entries)
    let own = lower.oracle.upward(entries: up.entries)
    for key in wanted.union(own).sorted() {
      try checkEqual(key, lower, upper, isAside: up.asides.contains(key))
    }
    let extra = Set(lower.records.keys).subtracting(wanted).subtracting(own)
      .subtracting(up.unknowns)
    try need(extra.isEmpty, "out of scope at \(child): \(extra.sorted())")
  }

  /// Equal octets; of what is set aside, all but the cells that the upper end refuses.
  private func checkEqual(
    _ key: RecordKey, _ lower: Replica, _ upper: Replica, isAside: Bool
  ) throws {
    let (mine, theirs) = (lower.records[key], upper.records[key])
    if mine?.bytes == theirs?.bytes { return }
    try need(
      isAside && mine != nil,
      "replicas differ: \(key) at \(lower.code) and \(upper.code): "
        + "\(describe(mine, besides: theirs)) / \(describe(theirs, besides: mine))")
    guard let mine else { return }
    for name in mine.names {
      guard let cell = mine.cell(name) else { continue }
      if let other = theirs?.cell(name), other.joined(with: cell) == other { continue }
      let isRefused = cell.stamps.contains { stamp in
        !upper.permissions.mayWrite(stamp.author, name, of: mine)
      }
      try need(
        isRefused || theirs == nil, "set aside, but \(name) of \(key) is lost at \(upper.code)")
    }
  }

  private func describe(_ record: Record?, besides other: Record?) -> String {
    guard let record else { return "missing" }
    return record.names.filter { record.cell($0) != other?.cell($0) }
      .map { "\($0) \(record.cell($0)?.stamps ?? [])" }.joined(separator: ", ")
  }

  // MARK: writes

  private func checkWrites(_ replicas: [SiteCode: Replica]) throws {
    for write in ledger.writes {
      let key = write.part.key
      let line = [write.writer] + shape.above(write.writer)
      let isAside = line.contains { replicas[$0]?.asides.contains(key) ?? false }
      let holders = (isAside ? [write.writer] : [write.writer, key.owner])
        .compactMap { replicas[$0] }.filter { $0.records[key] != nil }
      try need(
        !holders.isEmpty, "a write of \(write.writer) is gone: \(key) \(write.part.names)")
      for holder in holders {
        try need(
          holder.records[key]?.covers(write.part) ?? false,
          "a write of \(write.writer) was lost at \(holder.code): \(key) \(write.part.names)")
      }
    }
  }

  /// What a site may not write stays with it.
  private func checkForbidden(_ replicas: [SiteCode: Replica]) throws {
    for code in present {
      for (key, record) in replicas[code]?.records ?? [:] {
        let authors = (record.cell(WriteRecorder.forbiddenCell)?.stamps ?? []).map(\.author)
        try need(
          authors.allSatisfy { $0 == code }, "\(code) took what nobody may write: \(key)")
      }
    }
  }

  private func checkItems(_ replicas: [SiteCode: Replica]) throws {
    var truths: [RecordKey: Record] = [:]
    for write in ledger.writes where write.part.key.kind == .item {
      let key = write.part.key
      truths[key] = truths[key]?.joined(with: write.part).record ?? write.part
    }
    for key in truths.keys.sorted() {
      guard let truth = truths[key] else { continue }
      for code in present {
        guard let replica = replicas[code] else { continue }
        let mine = replica.records[key]
        if truth.isPurged {
          happenings[.purges] += 1
          try need(mine?.isPurged ?? true, "a purged item lives at \(code): \(key)")
          try need(
            !replica.keysWithVersions.contains(key),
            "a purged item's octets are at \(code): \(key)")
        } else if let mine, ItemRecord(mine).shows, !replica.unknowns.contains(key),
          !replica.asides.contains(key)
        {
          // What is kept for a refused change alone gets no news any more.
          try need(ItemRecord(truth).shows, "withdrawn, but shows at \(code): \(key)")
        }
      }
    }
  }
}
