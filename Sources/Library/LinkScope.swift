import Bytes
import Replication
import SiteGroup
import Storage

/// Decides what each neighbour is sent, and keeps the entries of the links by it. Nobody lists
/// subscriptions: a column that a site below maps, co-builds or shares brings its placements, a
/// placement or mandate its item: but one by the child's own hand only what has come within its
/// reach in another way (`LinkReach`). Reads after all other followers.
package final class LinkScope: Follower {
  package let name = "scope"
  package let version = 1

  struct Link {
    let id: Int64
    let peer: SiteCode
    let isUpstream: Bool
  }

  let directory: Directory
  private(set) var links: [Link] = []
  private(set) var linkByChild: [SiteCode: Int64] = [:]
  private(set) var childByLink: [Int64: SiteCode] = [:]
  private var upstream: Int64?
  private(set) var downward: Set<Int64> = []
  /// Columns that go whole, with the links that they go over.
  private var wholes: [RecordKey: Set<Int64>] = [:]
  /// The same, and the columns of rules that were removed since: what was taken may be kept.
  private(set) var reached: [RecordKey: Set<Int64>] = [:]
  private(set) var linksByMandate: [RecordKey: Set<Int64>] = [:]
  private var mandatesByItem: [RecordKey: [RecordKey]] = [:]
  /// Items that go to every child. One more placement brings them nowhere else: of an item that six
  /// hundred sites repost, each receipt's placement would look at all others.
  private var everywhere: Set<RecordKey> = []
  /// Where the records belong that a site alone wrote, by the directory of that revision.
  private var belongingsOfOwner: (revision: Int, links: [SiteCode: Set<Int64>]) = (0, [:])

  package init(directory: Directory) { self.directory = directory }

  package func reset(in transaction: Transaction) throws {}

  package func load(from snapshot: Snapshot) throws {
    try loadLinks(from: snapshot)
    wholes = wholesNow()
    reached = reachedNow(wholes)
    linksByMandate = linksByMandateNow()
    mandatesByItem = mandatesByItemNow()
  }

  private func loadLinks(from snapshot: Snapshot) throws {
    links = try snapshot.allLinks().map {
      Link(id: $0.id, peer: $0.peer, isUpstream: $0.isUpstream)
    }
    upstream = links.first(where: \.isUpstream)?.id
    downward = Set(links.filter { !$0.isUpstream }.map(\.id))
    linkByChild = Dictionary(
      links.filter { !$0.isUpstream }.map { ($0.peer, $0.id) }, uniquingKeysWith: { a, _ in a })
    childByLink = Dictionary(
      links.filter { !$0.isUpstream }.map { ($0.id, $0.peer) }, uniquingKeysWith: { a, _ in a })
    everywhere = []
    belongingsOfOwner.links = [:]
  }

  /// A link to `peer` has been made. To an upstream everything may belong.
  package func addedLink(to peer: SiteCode, in transaction: Transaction) throws {
    try load(from: transaction)
    guard let link = linkByChild[peer] else { return try lookAtAll(in: transaction) }
    try look(atLink: link, in: transaction)
    try look(atSites: [peer], in: transaction)
  }

  /// Looks at every record anew, as if every link had just been made.
  func review(in transaction: Transaction) throws {
    try load(from: transaction)
    try lookAtAll(in: transaction)
  }

  /// Brings one record's entries in line after its entry was changed by hand.
  package func refresh(_ stored: StoredRecord, in transaction: Transaction) throws {
    try update(stored, digestBefore: stored.digest, in: transaction)
  }

  /// Whether the record goes up whatever the upstream says: this side owns it or wrote in it.
  package func belongsUpward(_ record: Record) -> Bool {
    guard let upstream else { return false }
    return belongings(record).contains(upstream)
  }

  // MARK: following

  /// Keys to look at again, in the order in which they came up.
  private struct Candidates {
    var keys: [RecordKey] = []
    var changes: [RecordKey: Change] = [:]
    private var known: Set<RecordKey> = []

    mutating func add(_ key: RecordKey?) {
      if let key, known.insert(key).inserted { keys.append(key) }
    }

    mutating func add(_ change: Change) {
      add(change.key)
      changes[change.key] = change
    }
  }

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    if concernThemselves(changes) {
      for change in changes { try update(change, in: transaction) }
      return
    }
    var candidates = Candidates()
    var sites: [Change] = []
    var isDirectoryTouched = false
    for change in changes {
      candidates.add(change)
      switch change.key.kind {
      case .site: sites.append(change)
      case .column, .mapping: isDirectoryTouched = true
      case .mandate:
        isDirectoryTouched = true
        candidates.add(MandateRecord(change.before)?.item)
        candidates.add(MandateRecord(change.after)?.item)
      case .placement:
        for placement in [PlacementRecord(change.before), PlacementRecord(change.after)] {
          if let item = placement?.item, change.before != nil || !everywhere.contains(item) {
            everywhere.remove(item)
            candidates.add(item)
          }
          candidates.add(placement?.snapshot)
        }
      default: break
      }
    }
    if isDirectoryTouched || !sites.isEmpty {
      try reconsider(&candidates, isTreeTouched: !sites.isEmpty, in: transaction)
    }
    for key in candidates.keys { try update(key, candidates.changes[key], in: transaction) }
    if !sites.isEmpty { try rescan(sites, in: transaction) }
  }

  /// Whether each is of another record, and of no other record's scope: items as they come.
  private func concernThemselves(_ changes: [Change]) -> Bool {
    var last: Int64 = 0
    for change in changes {
      guard change.key.kind == .item, change.row > last else { return false }
      last = change.row
    }
    return true
  }

  /// What a change of columns, grants, mappings, mandates or sites brings into or out of scope.
  private func reconsider(
    _ candidates: inout Candidates, isTreeTouched: Bool, in transaction: Transaction
  ) throws {
    if isTreeTouched { try loadLinks(from: transaction) }
    everywhere = []
    let (oldReached, oldMandates) = (reached, linksByMandate)
    let oldWholes = wholes
    wholes = wholesNow()
    reached = reachedNow(wholes)
    linksByMandate = linksByMandateNow()
    mandatesByItem = mandatesByItemNow()
    // What goes whole is reached, too: no other column can have changed in either.
    let columns = Set(oldReached.keys).union(reached.keys).filter {
      oldReached[$0] != reached[$0] || oldWholes[$0] != wholes[$0]
    }
    var gains: [Set<Int64>: [RecordKey]] = [:]
    for column in columns.sorted() {
      candidates.add(column)
      let (before, after) = (oldWholes[column] ?? [], wholes[column] ?? [])
      let gained = after.subtracting(before)
      let isLost = !before.isSubset(of: after)
      if !isLost, reached[column] ?? [] == (oldReached[column] ?? []).union(gained) {
        gains[gained, default: []].append(column)
      } else {
        for row in try transaction.itemRows(inColumn: column) {
          candidates.add(try transaction.key(row: row))
        }
      }
      for (_, placement) in try transaction.placements(inColumn: column) {
        candidates.add(placement.key)
        candidates.add(placement.item)
        candidates.add(placement.snapshot)
      }
    }
    for links in gains.keys.sorted(by: { $0.sorted().lexicographicallyPrecedes($1.sorted()) }) {
      try bring(itemsOf: gains[links] ?? [], over: links, in: transaction)
    }
    let mandates = Set(oldMandates.keys).union(linksByMandate.keys)
      .filter { oldMandates[$0] != linksByMandate[$0] }
    for mandate in mandates.sorted() {
      candidates.add(mandate)
      candidates.add(directory.mandates[mandate]?.item)
    }
  }

  /// A site that is new or stands elsewhere: what it and those below it had a hand in may belong to
  /// another link now.
  private func rescan(_ sites: [Change], in transaction: Transaction) throws {
    var moved: [SiteCode] = []
    for change in sites {
      let (before, after) = (SiteRecord(change.before), SiteRecord(change.after))
      if before != nil, after != nil, before?.code == after?.code { continue }
      moved += [before?.code, after?.code].compactMap { $0 }
    }
    if !moved.isEmpty { try look(atSites: moved, in: transaction) }
  }

  /// Brings the entries of one record in line with its scope.
  private func update(
    _ key: RecordKey, _ change: Change?, in transaction: Transaction
  ) throws {
    if let change {
      try update(change, in: transaction)
    } else if let stored = try transaction.record(key) {
      try update(stored, digestBefore: stored.digest, in: transaction)
    }
  }

  private func update(_ change: Change, in transaction: Transaction) throws {
    guard let after = change.after, let digest = change.digestAfter else {
      return try forget(change.row, in: transaction)
    }
    let stored = StoredRecord(
      row: change.row, record: after, digest: digest, changedAt: transaction.now)
    try update(stored, digestBefore: change.digestBefore, in: transaction)
  }

  private func forget(_ row: Int64, in transaction: Transaction) throws {
    for (link, entry) in try transaction.entries(of: row) {
      if link == upstream {
        try transaction.setEntry(link, row, from: entry, to: nil)
      } else if !entry.hasLeft {
        try leave(link, row, entry, in: transaction)
      }
    }
  }

  private func leave(
    _ link: Int64, _ row: Int64, _ entry: LinkEntry, in transaction: Transaction
  ) throws {
    // The peer may or may not still hold it: nothing is agreed any more.
    let gone = LinkEntry(
      sequence: transaction.nextSequence(), agreed: nil, isInScope: false, hasLeft: true)
    try transaction.setEntry(link, row, from: entry, to: gone)
  }

  private func update(
    _ stored: StoredRecord, digestBefore: Digest?, in transaction: Transaction
  ) throws {
    let isChanged = digestBefore != stored.digest
    let isOrder = stored.record.isOrder || goesFirst(stored.record.key)
    var wanted = try scope(of: stored.record, in: transaction)
    let entries = try transaction.entries(of: stored.row)
    if stored.record.isPurged { wanted.formUnion(entries.map(\.link)) }
    for (link, entry) in entries {
      var new = entry
      if wanted.remove(link) != nil {
        new.isInScope = true
        new.hasLeft = false
        let begins = !entry.isInScope || entry.hasLeft
        let becomesOrder = isOrder && !entry.isOrder
        if isChanged || begins || becomesOrder, entry.agreed != stored.digest || entry.hasLeft {
          new.sequence = transaction.nextSequence()
          new.isOrder = isOrder
        }
      } else if link == upstream {
        new.isInScope = false
        if isChanged && entry.isOffered {
          new.sequence = transaction.nextSequence()
          new.isOrder = isOrder
        }
      } else if !entry.hasLeft {
        try leave(link, stored.row, entry, in: transaction)
        continue
      }
      new.settle(with: stored.digest)
      try transaction.setEntry(link, stored.row, from: entry, to: new)
    }
    for link in wanted.sorted() {
      try transaction.setEntry(
        link, stored.row, from: nil,
        to: LinkEntry(
          sequence: transaction.nextSequence(), isInScope: true, isOrder: isOrder))
    }
  }

  /// Whether an item is named by a mandate, which must not come before it.
  func goesFirst(_ item: RecordKey) -> Bool { mandatesByItem[item] != nil }

  // MARK: the scope of one record

  private static let everywhereMax = 1_000

  private func scope(of record: Record, in snapshot: Snapshot) throws -> Set<Int64> {
    var scope = belongings(record)
    // Without children there is no more to it.
    if downward.isEmpty { return scope }
    switch record.key.kind {
    case .site: scope.formUnion(downward)
    case .column:
      if isOfLine(record.key.owner) { scope.formUnion(downward) }
      scope.formUnion(wholes[record.key] ?? [])
    case .placement:
      scope.formUnion(PlacementRecord(record).column.flatMap { wholes[$0] } ?? [])
    case .mandate: scope.formUnion(linksByMandate[record.key] ?? [])
    case .item:
      var reach = LinkReach(self)
      for column in ItemRecord(record).columns { scope.formUnion(wholes[column] ?? []) }
      for mandate in mandatesByItem[record.key] ?? [] {
        reach.add(mandate, over: linksByMandate[mandate] ?? [])
      }
      for (_, placement) in try snapshot.placements(ofItem: record.key) {
        reach.add(placement, over: try downwardScope(of: placement, in: snapshot))
      }
      scope.formUnion(reach.links(of: ItemRecord(record)))
      if scope.isSuperset(of: downward) {
        if everywhere.count >= Self.everywhereMax { everywhere = [] }
        everywhere.insert(record.key)
      } else {
        everywhere.remove(record.key)
      }
    case .snapshot:
      guard let item = SnapshotRecord(record).item else { break }
      for (_, placement) in try snapshot.placements(ofItem: item)
      where placement.snapshot == record.key {
        let links = try downwardScope(of: placement, in: snapshot)
        scope.formUnion(links.filter { !isWithin(placement.owner, link: $0) })
      }
    default: break
    }
    return scope
  }

  private func downwardScope(
    of placement: PlacementRecord, in snapshot: Snapshot
  ) throws -> Set<Int64> {
    try scope(of: placement.record, in: snapshot).intersection(downward)
  }

  /// Links to whose side belongs who owns the record or wrote a cell of it.
  private func belongings(_ record: Record) -> Set<Int64> {
    guard record.ownersTime != nil else {
      return belongings(of: Set([record.key.owner] + record.authors))
    }
    if belongingsOfOwner.revision != directory.revision {
      belongingsOfOwner = (directory.revision, [:])
    }
    let owner = record.key.owner
    if let known = belongingsOfOwner.links[owner] { return known }
    let links = belongings(of: [owner])
    belongingsOfOwner.links[owner] = links
    return links
  }

  private func belongings(of sites: Set<SiteCode>) -> Set<Int64> {
    var scope: Set<Int64> = []
    for code in sites {
      let line = [code] + directory.tree.above(code)
      guard code == directory.site || line.contains(directory.site) else {
        // A link tells of a child whose place in the registry is lacking: lost with a damaged page,
        // it comes back from that very child.
        if let link = linkByChild[code], directory.tree.sites[code] == nil {
          scope.formUnion([link] + (upstream.map { [$0] } ?? []))
        }
        continue
      }
      if let upstream { scope.insert(upstream) }
      if let place = line.firstIndex(of: directory.site), place > 0,
        let link = linkByChild[line[place - 1]]
      {
        scope.insert(link)
      }
    }
    return scope
  }

  /// This site or one above it.
  private func isOfLine(_ code: SiteCode) -> Bool {
    code == directory.site || directory.tree.above(directory.site).contains(code)
  }
}
