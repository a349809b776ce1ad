import Bytes
import Replication
import SQLite

/// What a store takes from outside.
package struct StorePorts: Sendable {
  /// Milliseconds UTC.
  package var now: @Sendable () -> Int64
  /// So many random octets.
  package var random: @Sendable (Int) -> [UInt8]

  /// Does so many parts of one work, at once where there are threads for it.
  package var sideBySide: @Sendable (Int, @Sendable (Int) -> Void) -> Void

  package typealias Beginning =
    @Sendable (_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void

  /// Begins a work beside what is done next; the answer waits for its end. Nil where there are no
  /// threads for it.
  package var begin: Beginning?

  package init(
    now: @escaping @Sendable () -> Int64, random: @escaping @Sendable (Int) -> [UInt8],
    sideBySide: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void = { count, part in
      for one in 0..<count { part(one) }
    }, begin: Beginning? = nil
  ) {
    self.now = now
    self.random = random
    self.sideBySide = sideBySide
    self.begin = begin
  }
}

/// Who the store belongs to; written once, when it is made.
package struct StoreIdentity: Sendable {
  package let site: SiteCode
  package let algorithm: DigestAlgorithm

  package init(site: SiteCode, algorithm: DigestAlgorithm) {
    self.site = site
    self.algorithm = algorithm
  }
}

/// The records of one node: lock, clock, change feed. One process owns it; one transaction at a
/// time runs in it. What a `write` returned is on the disk.
///
/// `@unchecked Sendable`: connection, codec and followers are used only under `lock`.
package final class Store: @unchecked Sendable {
  package var identity: StoreIdentity { presentIdentity.withLock { $0 } }
  private let presentIdentity: Lock<StoreIdentity>
  package let ports: StorePorts
  package let path: String
  let vfs: String?
  private let lock: FairLock<Core>
  /// Rises with every transaction that may have changed what a neighbour would be told. Where it is
  /// what it was, everything that was told still holds.
  package var revision: Int { presentRevision.withLock { $0 } }
  private let presentRevision = Lock(0)
  /// Told after a commit the peers whose streams have grown.
  private let listener = Lock(Listener())

  private struct Listener: Sendable { var hear: (@Sendable ([SiteCode]) -> Void)? }

  /// Rung after what was stored as it is; nil where everything is deflated at once.
  let deflationBell = Lock(Bell())

  struct Bell: Sendable { var ring: (@Sendable () -> Void)? }

  /// Why the last write, or a read since, failed at the disk; nil where the last write was kept.
  package var trouble: SQLiteError? { presentTrouble.withLock { $0 } }
  private let presentTrouble: Lock<SQLiteError?> = Lock(nil)

  /// Nil where SQLite folds the log between transactions.
  private let checkpointer: Checkpointer?

  private struct Core {
    let connection: Connection
    let codec: RecordCodec
    var followers: [any Follower]
    /// What they keep in memory is of a transaction that was undone.
    var areFollowersStale = false
    /// They have not been loaded yet.
    var owesLoad = false
    var erasure = Erasure()
  }

  /// Where nothing lies at `path` yet and an identity is given, the store is made. `vfs` names
  /// another file system than the machine's own.
  package init(
    path: String, creating identity: StoreIdentity?, ports: StorePorts, isDurable: Bool = true,
    vfs: String? = nil, fault: (() -> Int32?)? = nil
  ) throws {
    let connection = try Connection(
      path: path, mode: identity == nil ? .existing : .create, vfs: vfs)
    connection.fault = fault
    try connection.script(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = \(isDurable ? "FULL" : "OFF");
      PRAGMA cache_size = -16000; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON;
      PRAGMA wal_autocheckpoint = \(Checkpointer.pagesPerCheckpoint);
      """)
    // A commit of an earlier process whose flush failed may stand in the log, and not on the disk:
    // what is appended behind it would be lost with it. Where there is no room, it stays so.
    try? connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
    try Schema.migrate(connection, isNew: identity != nil)
    if let identity { try Store.create(identity, connection, ports) }
    func meta(_ name: String) throws -> String? {
      try connection.first("SELECT value FROM meta WHERE name = ?", [.text(name)]) { $0.text(0) }
    }
    guard let site = try meta("site").flatMap({ SiteCode($0) }),
      let algorithm = try meta("algorithm").flatMap({ DigestAlgorithm(name: $0) })
    else { throw StoreFault.missing }
    presentIdentity = Lock(StoreIdentity(site: site, algorithm: algorithm))
    self.ports = ports
    self.path = path
    self.vfs = vfs
    checkpointer = ports.begin.map {
      Checkpointer(path: path, vfs: vfs, isDurable: isDurable, begin: $0)
    }
    if checkpointer != nil { connection.watchLog() }
    self.lock = FairLock(Core(connection: connection, codec: RecordCodec(), followers: []))
    try sealAnew()
  }

  deinit { checkpointer?.finish() }

  /// A store that is new, or comes from a program that sealed nothing.
  private func sealAnew() throws {
    try lock.withLock { core in
      let isSealed = try core.connection.first("SELECT seal FROM state") { !$0.isNull(0) }
      if isSealed != false { return }
      try transact(&core) { transaction in
        try transaction.sealAll()
        transaction.isSealOfOld = true
      }
    }
  }

  private static func create(
    _ identity: StoreIdentity, _ connection: Connection, _ ports: StorePorts
  ) throws {
    try connection.script("BEGIN IMMEDIATE")
    do {
      try connection.run(
        """
        INSERT OR IGNORE INTO state(id, epoch, sequence, clock, foreign_clock)
        VALUES (1, ?, 0, 0, 0)
        """, [.blob(ports.random(8))])
      for (name, value) in [
        ("site", identity.site.text), ("algorithm", identity.algorithm.name),
      ] {
        try connection.run(
          "INSERT OR IGNORE INTO meta VALUES (?, ?)", [.text(name), .text(value)])
      }
      try connection.script("COMMIT")
    } catch {
      connection.rollback()
      throw error
    }
  }

  /// Adds followers in the order in which they read each change; those whose version rose are
  /// rebuilt from all records. `loadsAtOnce`: else the others are loaded when somebody needs them.
  package func attach(_ followers: [any Follower], loadsAtOnce: Bool = true) throws {
    try lock.withLock { core in
      defer { presentRevision.withLock { $0 += 1 } }
      core.followers = followers
      core.areFollowersStale = false
      let connection = core.connection
      let (isLoaded, _) = try transact(&core) { transaction in
        var rebuilt: [any Follower] = []
        for follower in followers {
          let version = try connection.first(
            "SELECT version FROM followers WHERE name = ?", [.text(follower.name)]
          ) { Int($0.integer(0)) }
          if version == follower.version { continue }
          try follower.reset(in: transaction)
          try connection.run(
            "INSERT OR REPLACE INTO followers VALUES (?, ?)",
            [.text(follower.name), .integer(Int64(follower.version))])
          rebuilt.append(follower)
        }
        if rebuilt.isEmpty, !loadsAtOnce { return false }
        for follower in followers { try follower.load(from: transaction) }
        if rebuilt.isEmpty { return true }
        // What is damaged comes to them once it is mended.
        try transaction.records(skipsDamaged: true) { stored in
          for follower in rebuilt {
            try follower.follow([Change(asNew: stored)], in: transaction)
          }
        }
        return true
      }
      core.owesLoad = !isLoaded
    }
  }

  /// As when the store is opened: what is found to be damaged is noted.
  private func load(_ core: inout Core) throws {
    guard core.owesLoad else { return }
    let followers = core.followers
    try transact(&core) { transaction in
      for follower in followers { try follower.load(from: transaction) }
    }
    core.owesLoad = false
  }

  /// Takes over the digest algorithm of the tree, before the first link: every digest is made anew.
  package func adopt(_ algorithm: DigestAlgorithm) throws {
    try write { transaction in
      guard try transaction.allLinks().isEmpty else { throw StoreFault.algorithmIsFixed }
      try transaction.renewDigests(algorithm)
    }
    presentIdentity.withLock { $0 = StoreIdentity(site: $0.site, algorithm: algorithm) }
  }

  /// Makes everything derived anew from the records.
  package func rebuildFollowers() throws {
    let followers = lock.withLock { $0.followers }
    try write { try $0.connection.run("DELETE FROM followers") }
    try attach(followers)
  }

  /// Whether somebody waits until who has the store is done with it.
  package var isAwaited: Bool { lock.isAwaited }

  package func onGrowth(_ body: @escaping @Sendable ([SiteCode]) -> Void) {
    listener.withLock { $0.hear = body }
  }

  /// Wakes whoever waits for these neighbours, though nothing has grown.
  package func announce(_ neighbours: [SiteCode]) {
    listener.withLock { $0.hear }?(neighbours)
  }

  /// `asksFollowers`: whether the body needs what they hold in memory.
  package func read<T>(
    asksFollowers: Bool = true, _ body: (Snapshot) throws -> T
  ) throws -> T {
    try lock.withLock { core in
      if asksFollowers { try load(&core) }
      let snapshot = Snapshot(
        connection: core.connection, codec: core.codec, algorithm: identity.algorithm,
        now: ports.now())
      try core.connection.run("BEGIN")
      do {
        try refresh(&core)
        let result = try body(snapshot)
        try core.connection.run("COMMIT")
        return result
      } catch {
        core.connection.rollback()
        note(error)
        throw error
      }
    }
  }

  /// What followers hold in memory of what has been committed; the store is not read for it.
  package func glance<T>(_ body: () throws -> T) throws -> T {
    try lock.withLock { core in
      try load(&core)
      do {
        try refresh(&core)
      } catch {
        note(error)
        throw error
      }
      return try body()
    }
  }

  private func note(_ error: any Error) {
    guard let error = error as? SQLiteError, error.isOfDisk else { return }
    presentTrouble.withLock { $0 = error }
  }

  /// Runs the body, then the followers until nothing changes any more, then commits durably. Where
  /// anything throws, nothing has happened. `quietly`: what a neighbour would be told stays.
  /// `peer`: the neighbour that a session is under way with; what grows for it goes in that
  /// session, and nobody is told.
  @discardableResult
  package func write<T>(
    quietly: Bool = false, within peer: SiteCode? = nil, asksFollowers: Bool = true,
    _ body: (Transaction) throws -> T
  ) throws -> T {
    let (result, grown) = try lock.withLock { core in
      defer { if !quietly { presentRevision.withLock { $0 += 1 } } }
      if asksFollowers { try load(&core) }
      return try transact(&core, body)
    }
    presentTrouble.withLock { $0 = nil }
    let told = grown.filter { $0 != peer }
    if !told.isEmpty { announce(told) }
    return result
  }

  /// What `write` would return; nothing is kept.
  package func rehearse<T>(_ body: (Transaction) throws -> T) throws -> T {
    var result: T?
    do {
      try write { transaction in
        result = try body(transaction)
        try transaction.settle()
        throw Rollback()
      }
    } catch is Rollback {}
    guard let result else { throw Rollback() }
    return result
  }

  @discardableResult
  private func transact<T>(
    _ core: inout Core, _ body: (Transaction) throws -> T
  ) throws -> (T, grown: [SiteCode]) {
    do {
      try core.connection.run("BEGIN IMMEDIATE")
      try refresh(&core)
      let transaction = try Transaction(
        connection: core.connection, codec: core.codec, identity: identity, ports: ports,
        followers: core.followers, owesLoad: core.owesLoad,
        defersDeflating: deflationBell.withLock { $0.ring != nil })
      let result = try body(transaction)
      try transaction.settle()
      let grown = try transaction.finish()
      try core.connection.run("COMMIT")
      core.owesLoad = transaction.owesLoad
      checkpointer?.committed(pages: core.connection.logPages, on: core.connection)
      if transaction.erases { core.erasure.owe() }
      if core.erasure.owesCut { checkpointer?.finish() }
      core.erasure.settle(on: core.connection, now: ports.now())
      if transaction.hasDeferred { deflationBell.withLock { $0.ring }?() }
      return (result, grown)
    } catch {
      core.connection.rollback()
      note(error)
      core.areFollowersStale = true
      // Where the disk does not answer now, before they are asked again.
      try? refresh(&core)
      throw error
    }
  }

  private func refresh(_ core: inout Core) throws {
    guard core.areFollowersStale, !core.owesLoad else { return }
    let snapshot = Snapshot(
      connection: core.connection, codec: core.codec, algorithm: identity.algorithm,
      now: ports.now())
    for follower in core.followers { try follower.load(from: snapshot) }
    core.areFollowersStale = false
  }

  /// Folds the write-ahead log into the database, when the node stops.
  package func checkpoint() throws {
    try lock.withLock { core in
      checkpointer?.finish()
      core.erasure.settle(on: core.connection, now: ports.now(), isLast: true)
      try core.connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }
}
