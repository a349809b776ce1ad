import Bytes
import Replication
import SQLite

/// One write transaction: records, their history and the feed of changes. Merging knows nothing of
/// what records mean.
package final class Transaction: Snapshot {
  package let site: SiteCode
  private let followers: [any Follower]
  /// Whether they hold nothing in memory yet.
  private(set) var owesLoad: Bool
  package let ports: StorePorts

  /// This store's life: changes when it is restored or recreated.
  package private(set) var epoch: [UInt8]
  /// The last sequence given out.
  package private(set) var sequence: Int64
  package private(set) var clock: HybridClock
  /// The greatest stamp of another site that was accepted.
  package private(set) var foreignClock: Int64

  /// Whether changed records may be stored as they are, and whether some were.
  private let defersDeflating: Bool
  private(set) var hasDeferred = false
  /// Whether something goes of which no octet may stay on the disk.
  private(set) var erases = false
  private var feed: [Change] = []
  /// New records that are not stored yet; nil where each is stored at once.
  var held: HeldRecords?
  private let opened: (epoch: [UInt8], sequence: Int64, clock: Int64, foreignClock: Int64)
  /// Rows that were read and found sound in this transaction.
  private var soundRows: Set<Int64> = []
  /// What the sealed rows come to; nil until one of them changes.
  private var presentSeal: StoreSeal?
  private var stampTime: Int64?
  private var stamped: Set<RecordKey> = []
  var links: [Int64: LinkState] = [:]
  var changedLinks: Set<Int64> = []
  var grown: Set<SiteCode> = []
  /// Links that were given something to send in this transaction.
  package internal(set) var laden: Set<Int64> = []
  /// What the audit will be told.
  var trail: AuditTrail
  /// Rows that may be of no use any more.
  var ghosts: Set<Int64> = []
  /// Entries of records that are new in this transaction, written once and together: scope and
  /// reception both change them.
  private var unwritten: [Int64: [(link: Int64, entry: LinkEntry)]] = [:]

  init(
    connection: Connection, codec: RecordCodec, identity: StoreIdentity, ports: StorePorts,
    followers: [any Follower], owesLoad: Bool = false, defersDeflating: Bool = false
  ) throws {
    self.defersDeflating = defersDeflating
    self.owesLoad = owesLoad
    site = identity.site
    self.followers = followers
    self.ports = ports
    guard
      let state = try connection.first(
        "SELECT epoch, sequence, clock, foreign_clock FROM state WHERE id = 1", [],
        { ($0.blob(0), $0.integer(1), $0.integer(2), $0.integer(3)) })
    else { throw StoreFault.missing }
    (epoch, sequence, clock, foreignClock) = (state.0, state.1, HybridClock(last: state.2), state.3)
    opened = state
    trail = AuditTrail(algorithm: identity.algorithm)
    super.init(
      connection: connection, codec: codec, algorithm: identity.algorithm, now: ports.now())
  }

  // MARK: seals

  /// Keeps what the rows of a part come to: one that was, one that is.
  package func reseal(_ part: StoreSeal.Part, from old: Digest?, to new: Digest?) throws {
    if old == new { return }
    if presentSeal == nil { presentSeal = try super.storedSeal() }
    if let old { presentSeal?[part].remove(old) }
    if let new { presentSeal?[part].add(new) }
  }

  override package func storedSeal() throws -> StoreSeal { try presentSeal ?? super.storedSeal() }

  /// Whatever the rows come to now is right.
  func setSeal(_ seal: StoreSeal) { presentSeal = seal }

  /// Whether the audit must hold another seal than it does.
  var mustTellSeal: Bool { presentSeal != nil && !isSealOfOld }
  /// The rows are sealed for the first time: nothing has changed.
  var isSealOfOld = false

  // MARK: reading

  /// What was read last: who decides about a record reads it, and who writes it reads it again.
  var lastRead: (key: RecordKey, stored: StoredRecord)?

  override package func record(_ key: RecordKey) throws -> StoredRecord? {
    if let lastRead, lastRead.key == key { return lastRead.stored }
    if let held, held.keys.contains(key) {
      try storeHeld()
      holdNew()
    }
    let stored = try super.record(key)
    if let stored { lastRead = (key, stored) }
    return stored
  }

  // MARK: writing

  /// Writes an edit of this site's. False where the record says so already.
  @discardableResult
  package func write(_ edit: RecordEdit) throws -> Bool {
    let old = try record(edit.key)
    let stamp = nextStamp(for: edit.key)
    guard let record = Record.writing(edit, over: old?.record, as: stamp) else { return false }
    if old == nil, let held { held.add(record) } else { try put(record, over: old) }
    return true
  }

  /// One stamp serves a whole transaction, unless it writes the same record again.
  private func nextStamp(for key: RecordKey) -> Stamp {
    if stampTime == nil || stamped.contains(key) {
      stampTime = clock.next(wall: now)
      stamped.removeAll()
    }
    stamped.insert(key)
    return Stamp(time: stampTime ?? clock.last, author: site)
  }

  /// Stores a record's new state, keeps the old one as a version, and tells the followers.
  @discardableResult
  package func put(_ record: Record, over old: StoredRecord?) throws -> StoredRecord {
    let digest = algorithm.digest(record.bytes)
    if let old, old.digest == digest { return old }
    // What is new goes to others as a whole, and that is deflated; what is changed goes as a patch.
    if defersDeflating, let old, record.bytes.count >= PatchedForm.recordBytesMin {
      hasDeferred = true
      return try put(record, digest, deferred(record, digest, over: old), over: old)
    }
    return try put(record, digest, PackedRecord(record, digest, codec), over: old)
  }

  /// What this transaction deletes or replaces must not stay in the write-ahead log either.
  package func erase() { erases = true }

  /// Whether a record may be built upon: it is what its digest says, and nothing is known against
  /// it.
  package func isSound(_ stored: StoredRecord) throws -> Bool {
    if soundRows.contains(stored.row) { return true }
    guard algorithm.digest(stored.record.bytes) == stored.digest, try isUndamaged(stored.row) else {
      return false
    }
    soundRows.insert(stored.row)
    return true
  }

  /// The same for a record whose stored form is known already, as it travelled.
  @discardableResult
  package func put(
    _ record: Record, _ digest: Digest, _ packed: PackedRecord, over old: StoredRecord?
  ) throws -> StoredRecord {
    guard let old else {
      if let stored = try insert(record, digest, packed) { return stored }
      throw StoreFault.damaged("a record was not stored")
    }
    lastRead = nil
    // What is damaged must not go on in what is joined with it or written over it.
    guard try isSound(old) else { throw StoreFault.damagedRecord(record.key) }
    if record.isPurged {
      erase()
      try dropVersions(old.row)
    } else {
      try keepVersion(old.row, old.digest)
    }
    try connection.run(
      """
      UPDATE records SET digest = ?, changed_at = ?, dictionary = ?, bytes = ?, seal = ?
      WHERE row = ?
      """,
      [
        .blob(digest.bytes), .integer(now), .integer(packed.dictionary), .blob(packed.bytes),
        .integer(try sealer().seal(.records, digest, now)), .integer(old.row),
      ])
    return try note(record, digest, at: old.row, over: old)
  }

  /// Stores a record that is not here; nil where one of its key is.
  package func insert(
    _ record: Record, _ digest: Digest, _ packed: PackedRecord
  ) throws -> StoredRecord? {
    guard let row = try insertedRow(record.key, digest, packed) else { return nil }
    lastRead = nil
    return try note(record, digest, at: row, over: nil)
  }

  private func note(
    _ record: Record, _ digest: Digest, at row: Int64, over old: StoredRecord?
  ) throws -> StoredRecord {
    try reseal(.records, from: old?.digest, to: digest)
    trail.note(record.key, digest)
    feed.append(
      Change(
        row: row, key: record.key, before: old?.record, after: record, digestBefore: old?.digest,
        digestAfter: digest))
    return StoredRecord(row: row, record: record, digest: digest, changedAt: now)
  }

  private func insertedRow(
    _ key: RecordKey, _ digest: Digest, _ packed: PackedRecord
  ) throws -> Int64? {
    let seal = SQLValue.integer(try sealer().seal(.records, digest, now))
    try connection.run(
      """
      INSERT INTO records(key, digest, changed_at, dictionary, bytes, seal)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
      """,
      [
        .blob(key.octets), .blob(digest.bytes), .integer(now), .integer(packed.dictionary),
        .blob(packed.bytes), seal,
      ])
    if connection.changedRows == 1 {
      let row = connection.lastRow
      unwritten[row] = []
      return row
    }
    // Where it has left before, an entry still names its row.
    return try connection.first(
      """
      UPDATE records SET digest = ?, changed_at = ?, dictionary = ?, bytes = ?, seal = ?
      WHERE key = ? AND bytes IS NULL RETURNING row
      """,
      [
        .blob(digest.bytes), .integer(now), .integer(packed.dictionary), .blob(packed.bytes),
        seal, .blob(key.octets),
      ]
    ) { $0.integer(0) }
  }

  private func keepVersion(_ row: Int64, _ digest: Digest) throws {
    let seal = SQLValue.integer(try sealer().seal(.versions, digest, now))
    func keep(_ verb: String) throws {
      try connection.run(
        """
        \(verb) INTO versions(record, digest, at, dictionary, bytes, seal)
        SELECT row, digest, ?1, dictionary, bytes, ?2 FROM records WHERE row = ?3
        """, [.integer(now), seal, .integer(row)])
    }
    try keep("INSERT OR IGNORE")
    if connection.changedRows == 1 { return try reseal(.versions, from: nil, to: digest) }
    // It was the present one before: the latest of its lives counts.
    try keep("INSERT OR REPLACE")
  }

  func dropVersions(_ row: Int64) throws {
    let dropped = try connection.all(
      "DELETE FROM versions WHERE record = ? RETURNING digest", [.integer(row)]
    ) { try digest($0, 0) }
    for one in dropped { try reseal(.versions, from: one, to: nil) }
  }

  /// Removes a record that has left, with its versions, as if it had never been here.
  package func forget(_ key: RecordKey) throws {
    guard let old = try record(key) else { return }
    lastRead = nil
    try connection.run(
      "UPDATE records SET digest = NULL, bytes = NULL, dictionary = 0, seal = NULL WHERE row = ?",
      [.integer(old.row)])
    try dropVersions(old.row)
    try reseal(.records, from: old.digest, to: nil)
    ghosts.insert(old.row)
    trail.note(key, nil)
    feed.append(
      Change(
        row: old.row, key: key, before: old.record, after: nil, digestBefore: old.digest,
        digestAfter: nil))
  }

  /// Without links a digest is nobody's but this store's.
  func renewDigests(_ algorithm: DigestAlgorithm) throws {
    for table in ["records", "versions"] {
      let column = table == "records" ? "row" : "id"
      let rows = try connection.all(
        "SELECT \(column), dictionary, bytes FROM \(table) WHERE bytes IS NOT NULL"
      ) { ($0.integer(0), try codec.inflated($0.blob(2), dictionary: $0.integer(1))) }
      for (row, bytes) in rows {
        try connection.run(
          "UPDATE \(table) SET digest = ? WHERE \(column) = ?",
          [.blob(algorithm.digest(bytes).bytes), .integer(row)])
      }
    }
    try setMeta("algorithm", algorithm.name)
    try sealAll(algorithm)
  }

  // MARK: entries of new records

  override func unwrittenEntries(of row: Int64) -> [(link: Int64, entry: LinkEntry)]? {
    unwritten[row]
  }

  /// False where the record is not new in this transaction.
  func keepUnwritten(_ link: Int64, _ row: Int64, _ entry: LinkEntry?) -> Bool {
    guard let place = unwritten.index(forKey: row) else { return false }
    // Few links have an entry for one record; they stay in the order of their numbers.
    let at = unwritten.values[place].firstIndex { $0.link >= link }
    let isThere = at.map { unwritten.values[place][$0].link == link } ?? false
    switch (entry, at) {
    case (nil, .some(let at)) where isThere: unwritten.values[place].remove(at: at)
    case (nil, _): break
    case (.some(let entry), .some(let at)) where isThere:
      unwritten.values[place][at].entry = entry
    case (.some(let entry), _):
      let end = unwritten.values[place].count
      unwritten.values[place].insert((link, entry), at: at ?? end)
    }
    if entry == nil { ghosts.insert(row) }
    return true
  }

  override package func writeEntries() throws {
    if unwritten.isEmpty { return }
    let entries = unwritten
    unwritten.removeAll()
    for (row, links) in entries.sorted(by: { $0.key < $1.key }) {
      for (link, entry) in links {
        try writeEntry(link, row, entry)
      }
    }
  }

  // MARK: clock and state

  package func nextSequence() -> Int64 {
    sequence += 1
    return sequence
  }

  /// A stamp was accepted.
  package func observe(_ stamp: Stamp) {
    clock.observe(stamp.time)
    if stamp.author != site { foreignClock = max(foreignClock, stamp.time) }
  }

  package func fallBack(to floor: Int64) {
    clock.fallBack(to: max(floor, foreignClock))
    stampTime = nil
  }

  /// A stamp of its own for every cell that is stamped anew after the correction of the clock.
  package func freshStamp() -> Stamp { Stamp(time: clock.next(wall: now), author: site) }

  package func renewEpoch() { epoch = ports.random(8) }

  package func setMeta(_ name: String, _ value: String?) throws {
    if let value {
      try connection.run(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)", [.text(name), .text(value)])
    } else {
      try connection.run("DELETE FROM meta WHERE name = ?", [.text(name)])
    }
  }

  /// Whether there are changes that the followers have not read yet.
  package var hasUnsettledChanges: Bool { !feed.isEmpty }

  /// Lets the followers read until nothing changes any more.
  package func settle() throws {
    try storeHeld()
    if feed.isEmpty { return }
    if owesLoad {
      for follower in followers { try follower.load(from: self) }
      owesLoad = false
    }
    while !feed.isEmpty {
      let changes = feed
      feed.removeAll()
      for follower in followers { try follower.follow(changes, in: self) }
    }
  }

  /// Saves clock, sequence and links; answers the peers whose streams have grown.
  func finish() throws -> [SiteCode] {
    try writeEntries()
    try dropGhosts()
    // A transaction that changed nothing must not cost a write to the disk.
    if (epoch, sequence, clock.last, foreignClock) != opened {
      try connection.run(
        "UPDATE state SET epoch = ?, sequence = ?, clock = ?, foreign_clock = ? WHERE id = 1",
        [.blob(epoch), .integer(sequence), .integer(clock.last), .integer(foreignClock)])
    }
    if let presentSeal {
      try connection.run("UPDATE state SET seal = ? WHERE id = 1", [.blob(presentSeal.octets)])
    }
    for id in changedLinks.sorted() { if let link = links[id] { try save(link) } }
    try appendTrail()
    return grown.sorted()
  }
}
