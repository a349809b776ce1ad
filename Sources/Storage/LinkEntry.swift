import Bytes
import Replication
import SQLite

/// One key on one link, for both directions.
///
/// It is *pending* when the record's digest differs from the agreed one and this node sends it; or
/// when it has left and the peer has not acknowledged that.
package struct LinkEntry: Sendable, Equatable {
  package var sequence: Int64
  /// The digest that both ends are known to hold, or to have held.
  package var agreed: Digest? { didSet { if agreed != oldValue { isSettled = false } } }
  package var isInScope: Bool
  package var hasLeft: Bool { didSet { if hasLeft { isSettled = false } } }
  /// Reconciling asked for it, in scope or not.
  package var isOffered: Bool
  /// It goes before what is none. While it is pending, this changes with the sequence alone.
  package var isOrder: Bool
  /// Known to be agreed on as the record is now: such an entry is passed over without reading the
  /// record. Each change of the record takes it back.
  package private(set) var isSettled = false

  package init(
    sequence: Int64, agreed: Digest? = nil, isInScope: Bool, hasLeft: Bool = false,
    isOffered: Bool = false, isOrder: Bool = false
  ) {
    self.sequence = sequence
    self.agreed = agreed
    self.isInScope = isInScope
    self.hasLeft = hasLeft
    self.isOffered = isOffered
    self.isOrder = isOrder
  }

  package var isSent: Bool { isInScope || isOffered }

  init(_ row: Statement, _ column: Int32, in snapshot: Snapshot) throws {
    let flags = row.integer(column + 2)
    self.init(
      sequence: row.integer(column),
      agreed: row.isNull(column + 1) ? nil : try snapshot.digest(row, column + 1),
      isInScope: flags & 1 != 0, hasLeft: flags & 2 != 0, isOffered: flags & 4 != 0,
      isOrder: flags & 8 != 0)
    isSettled = flags & 16 != 0
  }

  fileprivate var flags: Int64 {
    (isInScope ? 1 : 0) | (hasLeft ? 2 : 0) | (isOffered ? 4 : 0) | (isOrder ? 8 : 0)
      | (isSettled ? 16 : 0)
  }

  /// `digest` is the record's now.
  package mutating func settle(with digest: Digest?) {
    isSettled = !hasLeft && agreed != nil && agreed == digest
  }
}

/// An entry beside the record that it names.
package struct StreamEntry: Sendable {
  package let row: Int64
  package let key: RecordKey
  /// Nil where the record has left this node.
  package let digest: Digest?
  package let entry: LinkEntry
  /// The record's octets, where the stream was asked for them and it is pending.
  package var packed: PackedRecord?

  package var isPending: Bool {
    entry.hasLeft || (entry.isSent && digest != nil && digest != entry.agreed)
  }
}

extension Snapshot {
  package func entry(_ link: Int64, _ row: Int64) throws -> LinkEntry? {
    if let unwritten = unwrittenEntries(of: row) {
      return unwritten.first { $0.link == link }?.entry
    }
    return try connection.first(
      "SELECT sequence, agreed, flags FROM entries WHERE record = ? AND link = ?",
      [.integer(row), .integer(link)]
    ) { try LinkEntry($0, 0, in: self) }
  }

  /// The links that have an entry for the record.
  package func entries(of row: Int64) throws -> [(link: Int64, entry: LinkEntry)] {
    if let unwritten = unwrittenEntries(of: row) { return unwritten }
    return try connection.all(
      "SELECT link, sequence, agreed, flags FROM entries WHERE record = ? ORDER BY link",
      [.integer(row)]
    ) { ($0.integer(0), try LinkEntry($0, 1, in: self)) }
  }

  /// Entries of a link after `sequence`, in order; the body answers false to stop. `orders`: these
  /// alone. `unsettled`: those alone of which it is not known that nothing is pending.
  package func stream(
    _ link: Int64, after sequence: Int64, upTo last: Int64 = .max, orders: Bool = false,
    unsettled: Bool = false, withOctets: Bool = false,
    _ body: (StreamEntry) throws -> Bool
  ) throws {
    struct Stop: Error {}
    try writeEntries()
    do {
      try connection.each(
        """
        SELECT e.record, r.key, r.digest, e.sequence, e.agreed, e.flags, r.dictionary, r.bytes
        FROM entries e JOIN records r ON r.row = e.record
        WHERE \(orders ? "e.flags & 8 AND" : "") \(unsettled ? "e.flags & 16 = 0 AND" : "")
          e.link = ? AND e.sequence > ?
          AND e.sequence <= ? ORDER BY e.sequence
        """, [.integer(link), .integer(sequence), .integer(last)]
      ) { row in
        var entry = StreamEntry(
          row: row.integer(0), key: try key(row, 1),
          digest: row.isNull(2) ? nil : try digest(row, 2),
          entry: try LinkEntry(row, 3, in: self))
        if withOctets, entry.isPending, let digest = entry.digest, !row.isNull(7) {
          entry.packed = PackedRecord(
            dictionary: row.integer(6), bytes: row.blob(7), digest: digest)
        }
        if try !body(entry) { throw Stop() }
      }
    } catch is Stop {}
  }
}

extension Snapshot {
  /// Whether a link has entries after `sequence` whose record is another than was agreed on, and
  /// that this node sends: orders, or others. Most often there are none, and nothing is read.
  package func mayHavePending(_ link: Int64, after sequence: Int64, orders: Bool) throws -> Bool {
    try writeEntries()
    return try connection.first(
      """
      SELECT 1 FROM entries e JOIN records r ON r.row = e.record
      WHERE e.flags & 8 \(orders ? "" : "= 0") AND e.link = ? AND e.sequence > ?
        AND e.flags & 5 AND NOT e.flags & 18 AND r.digest IS NOT NULL AND r.digest IS NOT e.agreed
      LIMIT 1
      """, [.integer(link), .integer(sequence)]
    ) { _ in true } ?? false
  }
}

extension Transaction {
  /// Whether nothing has come over the link, ever: what came is no concern of this side's, or is
  /// agreed on.
  package func isUnused(_ link: Int64) throws -> Bool {
    let state = try linkState(link)
    guard state.cursor == 0, state.fingerprint == Fingerprint() else { return false }
    try writeEntries()
    return try connection.first(
      "SELECT 1 FROM entries WHERE link = ? AND flags & 1 = 0", [.integer(link)], { _ in true }
    ) == nil
  }

  /// Stores an entry (nil removes it) and keeps the link's fingerprint and head.
  package func setEntry(
    _ link: Int64, _ row: Int64, from old: LinkEntry?, to new: LinkEntry?
  ) throws {
    if old == new { return }
    if let new, new.isSent, !new.isSettled { laden.insert(link) }
    let was = old.flatMap { $0.hasLeft ? nil : $0.agreed }
    let now = new.flatMap { $0.hasLeft ? nil : $0.agreed }
    let grows = new.map { $0.sequence > (old?.sequence ?? 0) } ?? false
    if was != now || grows {
      try change(link) { state in
        if let was { state.fingerprint.remove(was) }
        if let now { state.fingerprint.add(now) }
        if let new, grows { state.head = max(state.head, new.sequence) }
        grown.insert(state.peer)
      }
    }
    if keepUnwritten(link, row, new) { return }
    guard let new else {
      try connection.run(
        "DELETE FROM entries WHERE record = ? AND link = ?", [.integer(row), .integer(link)])
      ghosts.insert(row)
      return
    }
    if let old, old.sequence == new.sequence {
      // The index of sequences need not be touched.
      try connection.run(
        "UPDATE entries SET agreed = ?, flags = ? WHERE record = ? AND link = ?",
        [
          SQLValue(new.agreed?.bytes), .integer(new.flags), .integer(row), .integer(link),
        ])
    } else {
      try writeEntry(link, row, new)
    }
  }

  func writeEntry(_ link: Int64, _ row: Int64, _ entry: LinkEntry) throws {
    try connection.run(
      """
      INSERT OR REPLACE INTO entries(record, link, sequence, agreed, flags) VALUES (?, ?, ?, ?, ?)
      """,
      [
        .integer(row), .integer(link), .integer(entry.sequence), SQLValue(entry.agreed?.bytes),
        .integer(entry.flags),
      ])
  }

  /// Forgets the keys of records that have left, once no entry names them. At the end of the
  /// transaction: a row's number must not name another key while followers still read of it.
  func dropGhosts() throws {
    for row in ghosts.sorted() {
      try connection.run(
        """
        DELETE FROM records WHERE row = ?1 AND bytes IS NULL
          AND NOT EXISTS (SELECT 1 FROM entries WHERE record = ?1)
        """, [.integer(row)])
      // Its history, if it was not gone before, would be another record's that takes the row.
      if connection.changedRows > 0 { try dropVersions(row) }
    }
    ghosts.removeAll()
  }

  /// Before reconciling anew after `rejoin`: nothing is agreed any more.
  package func forgetAgreements(_ link: Int64) throws {
    try writeEntries()
    try connection.run(
      "UPDATE entries SET agreed = NULL, flags = flags & ~16 WHERE link = ?", [.integer(link)])
    try change(link) { $0.fingerprint = Fingerprint() }
  }

  /// The peer holds nothing of what it was sent: all that is in scope waits again, in its order.
  package func startOver(_ link: Int64) throws {
    try writeEntries()
    let gone = try connection.all(
      "DELETE FROM entries WHERE link = ? AND flags & 1 = 0 RETURNING record", [.integer(link)]
    ) { $0.integer(0) }
    ghosts.formUnion(gone)
    try connection.run(
      """
      UPDATE entries SET agreed = NULL, flags = flags & 9
      WHERE link = ? AND (agreed IS NOT NULL OR flags & ~9)
      """, [.integer(link)])
    try change(link) { $0.fingerprint = Fingerprint() }
  }
}
