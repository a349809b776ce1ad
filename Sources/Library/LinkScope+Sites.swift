import Replication
import SQLite
import SiteGroup
import Storage

/// What a new link, or a site that is new or stands elsewhere, can bring into or out of scope.
/// Nobody waits for every record of a large store to be read for it.
extension LinkScope {
  /// Records that these sites, or others below them, had a hand in, and what hangs on those.
  func look(atSites codes: [SiteCode], in transaction: Transaction) throws {
    var sites: Set<SiteCode> = []
    for code in codes { sites.formUnion(directory.tree.within(code)) }
    if sites.contains(directory.site) { return try lookAtAll(in: transaction) }
    var rows: Set<Int64> = []
    for site in sites.sorted() { rows.formUnion(try transaction.rows(concerning: site)) }
    try look(atRows: rows, in: transaction)
  }

  /// What else a new link of a child takes: what goes to all children, and what was granted to it
  /// or ordered of it.
  func look(atLink link: Int64, in transaction: Transaction) throws {
    var rows: Set<Int64> = []
    func add(_ key: RecordKey?) throws {
      if let key, let row = try transaction.row(of: key) { rows.insert(row) }
    }
    try transaction.eachRow(of: .site) { rows.insert($0) }
    for site in [directory.site] + directory.tree.above(directory.site) {
      try transaction.eachRow(of: .column, owner: site) { rows.insert($0) }
    }
    for (column, links) in reached where links.contains(link) {
      try add(column)
      rows.formUnion(try transaction.itemRows(inColumn: column))
      for (row, _) in try transaction.placements(inColumn: column) { rows.insert(row) }
    }
    for (mandate, links) in linksByMandate where links.contains(link) { try add(mandate) }
    try look(atRows: rows, in: transaction)
  }

  /// These columns go whole over more links than before: so do the items that stand in them,
  /// whatever they say. None is read: there may be a million. In the order in which they came, so
  /// that whoever sends them finds records and entries beside each other.
  func bring(
    itemsOf columns: [RecordKey], over links: Set<Int64>, in transaction: Transaction
  ) throws {
    var rows: [Int64] = []
    for column in columns { rows += try transaction.itemRows(inColumn: column) }
    rows.sort()
    for row in rows {
      guard let (key, digest) = try transaction.present(row: row) else { continue }
      let entries = try transaction.entries(of: row)
      for link in links.sorted() {
        let old = entries.first { $0.link == link }?.entry
        var new =
          old ?? LinkEntry(sequence: transaction.nextSequence(), isInScope: true)
        let begins = !new.isInScope || new.hasLeft
        if old == nil || (begins && (new.agreed != digest || new.hasLeft)) {
          if old != nil { new.sequence = transaction.nextSequence() }
          new.isOrder = try goesFirst(key) || transaction.isTakenBack(row)
        }
        (new.isInScope, new.hasLeft) = (true, false)
        new.settle(with: digest)
        try transaction.setEntry(link, row, from: old, to: new)
      }
    }
  }

  /// These records, then the items and snapshots that they bring.
  private func look(atRows rows: Set<Int64>, in transaction: Transaction) throws {
    var brought: Set<RecordKey> = []
    for row in rows.sorted() {
      guard let stored = try readable(row, in: transaction) else { continue }
      try refresh(stored, in: transaction)
      switch stored.record.key.kind {
      case .placement:
        let placement = PlacementRecord(stored.record)
        for key in [placement.item, placement.snapshot] { if let key { brought.insert(key) } }
      case .mandate:
        if let item = MandateRecord(stored.record).item { brought.insert(item) }
      default: break
      }
    }
    for key in brought.sorted() {
      guard let row = try transaction.row(of: key), !rows.contains(row),
        let stored = try readable(row, in: transaction)
      else { continue }
      try refresh(stored, in: transaction)
    }
  }

  /// Nil for what is damaged: that comes to the followers once it is mended.
  private func readable(_ row: Int64, in transaction: Transaction) throws -> StoredRecord? {
    do {
      return try transaction.record(row: row)
    } catch StoreFault.damaged {
      return nil
    }
  }

  func lookAtAll(in transaction: Transaction) throws {
    try transaction.records(skipsDamaged: true) { stored in
      try refresh(stored, in: transaction)
    }
  }
}

extension Snapshot {
  /// Whether an item is withdrawn or held, by what lists show of it.
  fileprivate func isTakenBack(_ row: Int64) throws -> Bool {
    try connection.first(
      "SELECT held OR state = \(LifeRung.withdrawn.rawValue) FROM items WHERE record = ?",
      [.integer(row)]
    ) { $0.integer(0) != 0 } ?? false
  }
}
