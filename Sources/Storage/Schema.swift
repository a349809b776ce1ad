import SQLite

/// Tables that are no follower's: records, their earlier versions, links and what hangs on them.
/// Derived tables belong to their followers and are rebuilt, never migrated.
enum Schema {
  /// The n-th script brings `user_version` from n to n + 1.
  static let migrations = [
    first, drafts, blobs, audit, entriesByRecord, orders, seals, totals, plain,
    deferred,
  ]

  private static let first = """
    CREATE TABLE state(
      id INTEGER PRIMARY KEY CHECK (id = 1), epoch BLOB NOT NULL, sequence INTEGER NOT NULL,
      clock INTEGER NOT NULL, foreign_clock INTEGER NOT NULL) STRICT;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- A record that has left keeps its row, without digest and bytes, while an entry names it.
    CREATE TABLE records(
      row INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, digest BLOB, changed_at INTEGER NOT NULL,
      dictionary INTEGER NOT NULL, bytes BLOB) STRICT;
    CREATE TABLE versions(
      id INTEGER PRIMARY KEY, record INTEGER NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL,
      dictionary INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (record, digest)) STRICT;
    CREATE TABLE links(
      id INTEGER PRIMARY KEY, peer TEXT NOT NULL UNIQUE, upstream INTEGER NOT NULL,
      peer_epoch BLOB, cursor INTEGER NOT NULL DEFAULT 0, pushed INTEGER NOT NULL DEFAULT 0,
      acknowledged INTEGER NOT NULL DEFAULT 0, head INTEGER NOT NULL DEFAULT 0,
      requests INTEGER NOT NULL DEFAULT 0,
      ticket BLOB, last BLOB, next BLOB, refill INTEGER NOT NULL DEFAULT 0,
      offered INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0,
      sum BLOB NOT NULL DEFAULT (zeroblob(32)), etag TEXT, in_step INTEGER,
      last_success_at INTEGER, last_error TEXT, unreachable_since INTEGER, seen_at INTEGER,
      failures INTEGER NOT NULL DEFAULT 0, due_at INTEGER, operator_needed TEXT) STRICT;
    CREATE TABLE past_epochs(
      link INTEGER NOT NULL, epoch BLOB NOT NULL, PRIMARY KEY (link, epoch)) STRICT, WITHOUT ROWID;
    CREATE TABLE entries(
      link INTEGER NOT NULL, record INTEGER NOT NULL, sequence INTEGER NOT NULL, agreed BLOB,
      flags INTEGER NOT NULL, PRIMARY KEY (link, record)) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_by_sequence ON entries(link, sequence);
    CREATE INDEX entries_by_record ON entries(record, link);
    CREATE TABLE asides(
      link INTEGER NOT NULL, side INTEGER NOT NULL, direction INTEGER NOT NULL, key BLOB NOT NULL,
      digest BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, at INTEGER NOT NULL,
      told INTEGER NOT NULL, cleared INTEGER NOT NULL,
      PRIMARY KEY (link, side, direction, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE wants(link INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (link, key))
      STRICT, WITHOUT ROWID;
    CREATE TABLE unknowns(link INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (link, key))
      STRICT, WITHOUT ROWID;
    CREATE TABLE followers(name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    """

  /// Working copies: local, and part of no record.
  private static let drafts = """
    CREATE TABLE drafts(key BLOB PRIMARY KEY, changed_at INTEGER NOT NULL, bytes BLOB NOT NULL)
      STRICT, WITHOUT ROWID;
    """

  /// What of the blobs is here; which records refer to which, and what of that is missing: the last
  /// two are a follower's, and are here because links tell of what is missing.
  private static let blobs = """
    CREATE TABLE blobs(digest BLOB PRIMARY KEY, size INTEGER NOT NULL, at INTEGER NOT NULL)
      STRICT, WITHOUT ROWID;
    CREATE TABLE blob_references(
      digest BLOB NOT NULL, record INTEGER NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (digest, record)) STRICT, WITHOUT ROWID;
    CREATE INDEX blob_references_by_record ON blob_references(record, digest);
    CREATE TABLE blob_queue(
      digest BLOB PRIMARY KEY, size INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
      after INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
    """

  /// The chain of the audit, the heads of it that an upstream has seen, and the operators.
  private static let audit = """
    CREATE TABLE audit(number INTEGER PRIMARY KEY, digest BLOB NOT NULL, bytes BLOB NOT NULL)
      STRICT;
    CREATE TABLE audit_marks(
      id INTEGER PRIMARY KEY, link INTEGER NOT NULL, number INTEGER NOT NULL,
      digest BLOB NOT NULL, epoch BLOB NOT NULL, at INTEGER NOT NULL, proof BLOB, fault INTEGER)
      STRICT;
    CREATE INDEX audit_marks_by_link ON audit_marks(link, id);
    CREATE TABLE operators(
      name TEXT PRIMARY KEY, real_name TEXT NOT NULL, roles TEXT NOT NULL,
      enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, last_used_at INTEGER,
      failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER) STRICT, WITHOUT ROWID;
    """

  /// Entries by record first: a record's entries are read and written together, and one index less
  /// is kept.
  private static let entriesByRecord = """
    CREATE TABLE entries_new(
      record INTEGER NOT NULL, link INTEGER NOT NULL, sequence INTEGER NOT NULL, agreed BLOB,
      flags INTEGER NOT NULL, PRIMARY KEY (record, link)) STRICT, WITHOUT ROWID;
    INSERT INTO entries_new SELECT record, link, sequence, agreed, flags FROM entries
      ORDER BY record, link;
    DROP TABLE entries;
    ALTER TABLE entries_new RENAME TO entries;
    CREATE INDEX entries_by_sequence ON entries(link, sequence);
    """

  /// Entries of orders, which go before all others, and how far they have gone.
  private static let orders = """
    CREATE INDEX entries_orders ON entries(link, sequence) WHERE flags & 8;
    ALTER TABLE links ADD COLUMN orders INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE links ADD COLUMN orders_acknowledged INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE links ADD COLUMN held INTEGER;
    ALTER TABLE links ADD COLUMN held_etag TEXT;
    """

  /// What shows that a row was written by this program (`StoreSeal`); and the rows of records that
  /// were found damaged and are sent to nobody.
  private static let seals = """
    ALTER TABLE state ADD COLUMN seal_key BLOB;
    ALTER TABLE state ADD COLUMN seal BLOB;
    ALTER TABLE records ADD COLUMN seal INTEGER;
    ALTER TABLE versions ADD COLUMN seal INTEGER;
    ALTER TABLE drafts ADD COLUMN seal INTEGER;
    ALTER TABLE operators ADD COLUMN seal INTEGER;
    CREATE TABLE damages(record INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    """

  /// What each site has here: followers', and here because blobs come and go beside the records.
  private static let totals = """
    CREATE TABLE site_totals(
      site TEXT PRIMARY KEY, records INTEGER NOT NULL, octets INTEGER NOT NULL,
      blobs INTEGER NOT NULL, blob_octets INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    """

  /// What is stored as it is and waits to be deflated is found by these. Records are stored in form
  /// 2 from here on, which no earlier program reads.
  private static let plain = """
    CREATE INDEX records_plain ON records(dictionary) WHERE dictionary = -1;
    CREATE INDEX versions_plain ON versions(dictionary) WHERE dictionary = -1;
    """

  /// The same, with what is stored on its predecessor, which no earlier program reads either.
  private static let deferred = """
    DROP INDEX records_plain;
    DROP INDEX versions_plain;
    CREATE INDEX records_deferred ON records(dictionary) WHERE dictionary < 0;
    CREATE INDEX versions_deferred ON versions(dictionary) WHERE dictionary < 0;
    """

  /// Brings the store to the present version; throws where it is of a newer program, and where it
  /// should be one but nothing was ever written to it, or all of it was cut off.
  static func migrate(_ connection: Connection, isNew: Bool) throws {
    let version = try connection.first("PRAGMA user_version") { Int($0.integer(0)) } ?? 0
    if version == 0, !isNew { throw StoreFault.damaged("the file is empty") }
    guard version <= migrations.count else { throw StoreFault.newerSchema(version) }
    for step in version..<migrations.count {
      try connection.script("BEGIN IMMEDIATE")
      do {
        try connection.script(migrations[step])
        try connection.script("PRAGMA user_version = \(step + 1)")
        try connection.script("COMMIT")
      } catch {
        connection.rollback()
        throw error
      }
    }
  }
}
