import SQLite

/// Checkpoints: folds the write-ahead log into the database, beside the store's transactions and
/// over a connection of its own. The log grows meanwhile, and begins anew once all of it is folded;
/// so what came during the last of these is folded between two transactions.
///
/// `@unchecked Sendable`: one checkpoint is under way at a time, and it alone uses `connection`;
/// the other variables are used under the store's lock.
final class Checkpointer: @unchecked Sendable {
  /// Keys come in no order: each transaction of a first pull touches a thousand pages of their
  /// index, and a page that is touched again before it is folded is written to the database once.
  static let pagesPerCheckpoint = 8_000
  private let pagesPerCheckpoint: Int
  /// So much folded, the rest is waited for.
  private var pagesBeside: Int { 2 * pagesPerCheckpoint }
  /// A log that grows faster than it is folded is waited for, too.
  private var pagesMax: Int { 4 * pagesPerCheckpoint }

  private let path: String
  private let vfs: String?
  private let isDurable: Bool
  private let begin: StorePorts.Beginning
  private var connection: Connection?
  private let isUnderWay = Lock(false)
  /// Waits for the checkpoint that was begun last.
  private var wait: (@Sendable () -> Void)?
  /// The pages of the log when that was begun; 0 for a log begun anew.
  private var pagesBegun = 0
  /// Those after the last commit: many transactions write nothing.
  private var pagesLast = 0

  init(
    path: String, vfs: String? = nil, isDurable: Bool = true,
    pagesPerCheckpoint: Int = pagesPerCheckpoint, begin: @escaping StorePorts.Beginning
  ) {
    (self.path, self.vfs, self.isDurable) = (path, vfs, isDurable)
    (self.pagesPerCheckpoint, self.begin) = (pagesPerCheckpoint, begin)
  }

  /// After a commit on the store's own connection, which found so many pages in the log.
  func committed(pages: Int, on store: Connection) {
    if pages == pagesLast { return }
    pagesLast = pages
    if pages < pagesBegun { pagesBegun = 0 }
    if pages - pagesBegun < pagesPerCheckpoint, pagesBegun < pagesBeside { return }
    if isUnderWay.withLock({ $0 }) {
      if pages < pagesMax { return }
      finish()
    }
    if pagesBegun >= pagesBeside, pages - pagesBegun < pagesPerCheckpoint {
      // What fails is tried again: all of it is in the log.
      try? store.script("PRAGMA wal_checkpoint(PASSIVE)")
      return
    }
    finish()
    pagesBegun = pages
    isUnderWay.withLock { $0 = true }
    wait = begin { [self] in
      try? checkpoint()
      isUnderWay.withLock { $0 = false }
    }
  }

  /// Waits for the checkpoint that is under way.
  func finish() {
    wait?()
    wait = nil
  }

  private func checkpoint() throws {
    let connection = try self.connection ?? opened()
    self.connection = connection
    try connection.script("PRAGMA wal_checkpoint(PASSIVE)")
  }

  private func opened() throws -> Connection {
    let connection = try Connection(path: path, mode: .existing, vfs: vfs)
    // Without a look at it the log is not opened.
    try connection.script(
      """
      PRAGMA synchronous = \(isDurable ? "FULL" : "OFF"); PRAGMA wal_autocheckpoint = 0;
      SELECT 1 FROM state;
      """)
    return connection
  }
}
