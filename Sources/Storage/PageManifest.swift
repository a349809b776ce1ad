import Bytes
import SQLite

/// A file that this node has published, or is about to.
package struct PageRow: Sendable, Equatable {
  package let path: String
  /// `CODE:ID` of the item that it shows; nil for lists, feeds and attachments.
  package let item: String?
  /// Of all that the file was made from: the same makes the same file.
  package let source: Digest
  package let algorithm: DigestAlgorithm
  /// Of its octets; nil where it has not been written yet.
  package let digest: Digest?
  /// What it is becoming; a process that was killed has left it so.
  package let pending: Pending?
  /// Milliseconds UTC.
  package let publishedAt: Int64

  package enum Pending: Sendable, Equatable {
    case writing(Digest)
    case removing
  }

  package init(
    path: String, item: String?, source: Digest, algorithm: DigestAlgorithm, digest: Digest?,
    pending: Pending?, publishedAt: Int64
  ) {
    (self.path, self.item, self.source, self.algorithm) = (path, item, source, algorithm)
    (self.digest, self.pending, self.publishedAt) = (digest, pending, publishedAt)
  }
}

/// A published file that is not what was published.
package struct PageDamage: Sendable, Hashable {
  package enum What: String, Sendable, CaseIterable {
    case changed
    /// Changed, and its trailer made to fit.
    case forged
    case missing
    /// Nobody published it.
    case foreign
  }

  package let path: String
  package let what: What

  package init(path: String, what: What) { (self.path, self.what) = (path, what) }
}

/// How a directory of pages was when it was last looked at.
package struct PageSummary: Sendable, Equatable {
  package var count = 0
  package var unfinished = 0
  package var damagedCount = 0
  package var checkedAt: Int64?
  package var publishedAt: Int64?

  package init() {}
}

/// What this node has published, with the digests that tell whether it is still so. A database of
/// its own beside the store: publishing takes none of the store's time, and holds nothing that
/// could not be made anew. Opened when it is first asked for. Used from any thread.
package final class PageManifest: Sendable {
  private let path: String
  private let core = Lock<Connection?>(nil)
  /// Held by whoever publishes or checks, so that these take turns.
  package let turn = Lock<Void>(())

  package init(path: String) { self.path = path }

  /// A path of a page belongs to the directory that it was published into.
  private static let schema = """
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2000;
    PRAGMA secure_delete = ON;
    CREATE TABLE IF NOT EXISTS pages(
      directory TEXT NOT NULL, path TEXT NOT NULL, item TEXT, source BLOB NOT NULL,
      algorithm INTEGER NOT NULL, digest BLOB, pending BLOB, published_at INTEGER NOT NULL,
      PRIMARY KEY (directory, path)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS damage(
      directory TEXT NOT NULL, path TEXT NOT NULL, what TEXT NOT NULL,
      PRIMARY KEY (directory, path)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS rounds(
      directory TEXT PRIMARY KEY, checked_at INTEGER, published_at INTEGER) STRICT, WITHOUT ROWID;
    """

  private func with<T>(_ body: (Connection) throws -> T) throws -> T {
    try core.withLock { core in
      if let core { return try body(core) }
      let opened = try Connection(path: path, mode: .create)
      try opened.script(PageManifest.schema)
      core = opened
      return try body(opened)
    }
  }

  private func change(_ body: (Connection) throws -> Void) throws {
    try with { connection in
      try connection.script("BEGIN IMMEDIATE")
      do {
        try body(connection)
        try connection.script("COMMIT")
      } catch {
        connection.rollback()
        throw error
      }
    }
  }

  // MARK: reading

  /// In byte order of their paths, from behind one.
  package func rows(
    in directory: String, after path: String = "", limit: Int = .max
  ) throws -> [PageRow] {
    try with { connection in
      try connection.all(
        """
        SELECT path, item, source, algorithm, digest, pending, published_at FROM pages
        WHERE directory = ? AND path > ? ORDER BY path LIMIT ?
        """, [.text(directory), .text(path), .integer(Int64(limit))], PageManifest.row)
    }
  }

  package func row(in directory: String, path: String) throws -> PageRow? {
    try with { connection in
      try connection.first(
        """
        SELECT path, item, source, algorithm, digest, pending, published_at FROM pages
        WHERE directory = ? AND path = ?
        """, [.text(directory), .text(path)], PageManifest.row)
    }
  }

  private static func row(_ row: Statement) throws -> PageRow {
    guard let source = Digest(row.blob(2)),
      let algorithm = DigestAlgorithm(rawValue: UInt8(truncatingIfNeeded: row.integer(3)))
    else { throw StoreFault.damaged("a page's row has no digest") }
    let pending: PageRow.Pending? = row.optionalBlob(5).map { octets in
      Digest(octets).map { .writing($0) } ?? .removing
    }
    return PageRow(
      path: row.text(0), item: row.optionalText(1), source: source, algorithm: algorithm,
      digest: row.optionalBlob(4).flatMap { Digest($0) }, pending: pending,
      publishedAt: row.integer(6))
  }

  package func damage(in directory: String) throws -> [PageDamage] {
    try with { connection in
      try connection.all(
        "SELECT path, what FROM damage WHERE directory = ? ORDER BY path", [.text(directory)]
      ) { PageDamage(path: $0.text(0), what: PageDamage.What(rawValue: $0.text(1)) ?? .changed) }
    }
  }

  package func summary(of directory: String) throws -> PageSummary {
    try with { connection in
      var summary = PageSummary()
      try connection.each(
        "SELECT count(*), count(pending) FROM pages WHERE directory = ?", [.text(directory)]
      ) { (summary.count, summary.unfinished) = (Int($0.integer(0)), Int($0.integer(1))) }
      try connection.each(
        "SELECT count(*) FROM damage WHERE directory = ?", [.text(directory)]
      ) { summary.damagedCount = Int($0.integer(0)) }
      try connection.each(
        "SELECT checked_at, published_at FROM rounds WHERE directory = ?", [.text(directory)]
      ) {
        summary.checkedAt = $0.optionalInteger(0)
        summary.publishedAt = $0.optionalInteger(1)
      }
      return summary
    }
  }

  // MARK: writing

  /// Before files are written or removed: whoever checks meanwhile, or after a crash, accepts both.
  package func intend(_ rows: [PageRow], in directory: String) throws {
    try change { connection in
      for row in rows {
        let pending: [UInt8] =
          if case .writing(let digest)? = row.pending { digest.bytes } else { [] }
        try connection.run(
          """
          INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (directory, path) DO UPDATE SET
            item = excluded.item, source = excluded.source, algorithm = excluded.algorithm,
            digest = excluded.digest, pending = excluded.pending,
            published_at = excluded.published_at
          """,
          [
            .text(directory), .text(row.path), SQLValue(row.item), .blob(row.source.bytes),
            .integer(Int64(row.algorithm.rawValue)), SQLValue(row.digest?.bytes), .blob(pending),
            .integer(row.publishedAt),
          ])
      }
    }
  }

  /// The files are on the disk, or gone from it.
  package func settle(_ rows: [PageRow], in directory: String) throws {
    try change { connection in
      for row in rows {
        if case .writing? = row.pending {
          try connection.run(
            """
            UPDATE pages SET digest = pending, pending = NULL
            WHERE directory = ? AND path = ? AND length(pending) > 0
            """, [.text(directory), .text(row.path)])
        } else {
          try connection.run(
            "DELETE FROM pages WHERE directory = ? AND path = ?",
            [.text(directory), .text(row.path)])
        }
        try connection.run(
          "DELETE FROM damage WHERE directory = ? AND path = ?",
          [.text(directory), .text(row.path)])
      }
    }
  }

  package func noteCheck(_ damage: [PageDamage], in directory: String, at time: Int64) throws {
    try change { connection in
      try connection.run("DELETE FROM damage WHERE directory = ?", [.text(directory)])
      for one in damage {
        try connection.run(
          "INSERT OR REPLACE INTO damage VALUES (?, ?, ?)",
          [.text(directory), .text(one.path), .text(one.what.rawValue)])
      }
      try connection.run(
        """
        INSERT INTO rounds VALUES (?, ?, NULL)
        ON CONFLICT (directory) DO UPDATE SET checked_at = excluded.checked_at
        """, [.text(directory), .integer(time)])
    }
  }

  package func notePublished(in directory: String, at time: Int64) throws {
    try change { connection in
      try connection.run(
        """
        INSERT INTO rounds VALUES (?, NULL, ?)
        ON CONFLICT (directory) DO UPDATE SET published_at = excluded.published_at
        """, [.text(directory), .integer(time)])
    }
  }
}
