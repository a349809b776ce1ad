import Foundation
import SQLite
import Testing

@testable import Storage

@Suite struct `The log, folded beside the store` {
  private let place: TemporaryStore
  private let connection: Connection
  private static let pagesPerCheckpoint = 40

  init() throws {
    place = try TemporaryStore()
    connection = try Connection(path: place.path, mode: .create)
    try connection.script(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE state(id INTEGER PRIMARY KEY, octets BLOB);
      """)
    connection.watchLog()
  }

  /// What became of the log in so many commits.
  private struct Course {
    var pagesMost = 0
    /// How often it began anew.
    var restarts = 0
  }

  private func course(
    _ checkpointer: Checkpointer, commits: Int, then: (Int) -> Void = { _ in }
  ) throws -> Course {
    var course = Course()
    for number in 1...commits {
      let before = connection.logPages
      try connection.run(
        "INSERT INTO state VALUES (?, ?)",
        [.integer(Int64(number)), .blob([UInt8](repeating: UInt8(number & 255), count: 20_000))])
      let pages = connection.logPages
      if pages < before { course.restarts += 1 }
      course.pagesMost = max(course.pagesMost, pages)
      checkpointer.committed(pages: pages, on: connection)
      then(number)
    }
    return course
  }

  private func checkpointer(
    path: String? = nil, _ begin: @escaping StorePorts.Beginning
  ) -> Checkpointer {
    Checkpointer(
      path: path ?? place.path, isDurable: false,
      pagesPerCheckpoint: Self.pagesPerCheckpoint, begin: begin)
  }

  private static let thread: StorePorts.Beginning = { work in
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      work()
      done.signal()
    }
    return { done.wait() }
  }

  private func rows() throws -> Int64 {
    let copy = try Connection(path: place.path, mode: .readOnly)
    #expect(try copy.faults().isEmpty)
    return try copy.first("SELECT count(*) FROM state WHERE length(octets) = 20000") {
      $0.integer(0)
    } ?? 0
  }

  @Test func `begins anew again and again while commits go on, and nothing of it is lost`() throws {
    let checkpointer = checkpointer(Self.thread)
    let course = try course(checkpointer, commits: 400)
    checkpointer.finish()
    #expect(course.restarts > 2)
    #expect(course.pagesMost < 5 * Self.pagesPerCheckpoint)
    #expect(try rows() == 400)
  }

  @Test func `is folded before any commit waits for it`() throws {
    let begun = Lock(0)
    let checkpointer = checkpointer { work in
      begun.withLock { $0 += 1 }
      work()
      return {}
    }
    var folded: [Int64] = []
    _ = try course(checkpointer, commits: 15) { number in
      // What a fold has brought to the database itself is there without the log.
      let size = (try? FileManager.default.attributesOfItem(atPath: place.path)[.size]) as? Int64
      folded.append(size ?? 0)
    }
    #expect(begun.withLock { $0 } >= 1)
    #expect(folded[14] > folded[0] + 100_000)
  }

  @Test func `is waited for where it grows faster than it is folded`() throws {
    // Nothing is done before somebody waits.
    let waits = Lock(0)
    let checkpointer = checkpointer { work in
      return {
        waits.withLock { $0 += 1 }
        work()
      }
    }
    let course = try course(checkpointer, commits: 200)
    checkpointer.finish()
    #expect(waits.withLock { $0 } > 2)
    #expect(course.restarts > 1 && course.pagesMost < 5 * Self.pagesPerCheckpoint)
    #expect(try rows() == 200)
  }

  @Test func `stays as it is where folding fails, and the rest is folded all the same`() throws {
    let nowhere = place.directory.appending(path: "none.db").path
    let checkpointer = checkpointer(path: nowhere, Self.thread)
    let course = try course(checkpointer, commits: 100)
    checkpointer.finish()
    #expect(course.restarts > 0 && course.pagesMost < 5 * Self.pagesPerCheckpoint)
    #expect(try rows() == 100)
  }

  @Test func `is gone with the store, whose last fold is waited for`() throws {
    let place = try TemporaryStore()
    let ended = Lock(0)
    do {
      let store = try place.open(creating: true) { work in
        let wait = Self.thread {
          work()
          ended.withLock { $0 += 1 }
        }
        return { wait() }
      }
      try store.write { try $0.connection.script("CREATE TABLE big(octets BLOB)") }
      for _ in 0..<40 {
        try store.write { try $0.connection.run("INSERT INTO big VALUES (zeroblob(1000000))") }
      }
    }
    #expect(ended.withLock { $0 } == 1)
    #expect(!FileManager.default.fileExists(atPath: place.path + "-wal"))
  }
}
