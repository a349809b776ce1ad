import SQLite
import Storage
import Testing

/// The disk itself: it loses, keeps and refuses what a real one does.
@Suite struct SimulatedDiskTests {
  private let disk = SimulatedDisk()

  private func connect(_ mode: Connection.Mode = .create) throws -> Connection {
    let connection = try Connection(path: "a.db", mode: mode, vfs: disk.vfs)
    try connection.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    return connection
  }

  /// A table with rows 1 to `rows`, each of its own transaction.
  private func filled(_ rows: Int64 = 3) throws -> Connection {
    let connection = try connect()
    try connection.script("CREATE TABLE t(n INTEGER PRIMARY KEY, octets BLOB)")
    for row in 0..<rows { try add(row, to: connection) }
    return connection
  }

  private func add(_ row: Int64, to connection: Connection) throws {
    try connection.run(
      "INSERT INTO t VALUES (?, ?)",
      [.integer(row), .blob(Array(repeating: UInt8(truncatingIfNeeded: row), count: 3000))])
  }

  private func rows(_ connection: Connection) throws -> [Int64] {
    try connection.all("SELECT n FROM t ORDER BY n") { $0.integer(0) }
  }

  @Test func `connections of one process see each other's writes, and wait for each other`() throws {
    let (one, two) = (try filled(), try connect(.existing))
    try add(3, to: two)
    #expect(try rows(one) == [0, 1, 2, 3])
    try one.script("BEGIN IMMEDIATE")
    try add(4, to: one)
    #expect(try rows(two) == [0, 1, 2, 3])
    #expect { try two.script("BEGIN IMMEDIATE") } throws: { ($0 as? SQLiteError)?.kind == .busy }
    try one.script("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    #expect(disk.octets(of: "a.db-wal")?.isEmpty == true)
    #expect(try rows(two) == [0, 1, 2, 3, 4])
  }

  @Test func `a rollback journal works too, with its locks`() throws {
    let one = try Connection(path: "b.db", mode: .create, vfs: disk.vfs)
    let two = try Connection(path: "b.db", mode: .create, vfs: disk.vfs)
    try one.script("CREATE TABLE t(n); INSERT INTO t VALUES (1)")
    try two.script("BEGIN; SELECT * FROM t")
    #expect(try two.first("SELECT count(*) FROM t") { $0.integer(0) } == 1)
    #expect { try one.script("UPDATE t SET n = 2") } throws: { ($0 as? SQLiteError)?.kind == .busy }
    try two.script("COMMIT")
    try one.script("UPDATE t SET n = 2")
    #expect(try two.first("SELECT n FROM t") { $0.integer(0) } == 2)
    #expect(disk.names == ["b.db"])
  }

  @Test func `a backup of a database in use is a database of its own`() throws {
    let connection = try filled()
    try Connection.copy("a.db", to: "copy.db", vfs: disk.vfs)
    let copy = try Connection(path: "copy.db", mode: .existing, vfs: disk.vfs)
    #expect(try rows(copy) == rows(connection))
    #expect(try copy.faults() == [])
  }

  @Test func `what is copied from disk to disk is the database`() throws {
    do { _ = try filled() }
    let other = SimulatedDisk()
    for name in disk.names { other.put(disk.octets(of: name), as: name) }
    let copy = try Connection(path: "a.db", mode: .existing, vfs: other.vfs)
    #expect(try rows(copy) == [0, 1, 2])
    other.put(nil, as: "a.db")
    #expect(throws: SQLiteError.self) {
      _ = try Connection(path: "a.db", mode: .existing, vfs: other.vfs)
    }
  }

  @Test func `a killed process loses nothing, and what it still does has no effect`() throws {
    let old = try filled()
    try old.script("BEGIN IMMEDIATE")
    try add(3, to: old)
    disk.kill()
    #expect(throws: SQLiteError.self) { try old.script("COMMIT") }
    let new = try connect(.existing)
    #expect(try rows(new) == [0, 1, 2])
    try add(5, to: new)
    old.rollback()
    #expect(try rows(new) == [0, 1, 2, 5])
  }

  @Test(arguments: 0..<40) func `a loss of power takes nothing that was committed`(
    seed: UInt64
  ) throws {
    var dice = Dice(seed)
    var committed: [Int64] = []
    for life in 0..<6 {
      let connection = try life == 0 ? filled(0) : connect(.existing)
      disk.fault = DiskFault(number: 1 + dice.below(90), isLasting: true)
      var next = committed.last ?? 0
      do {
        while next < 400 {
          next += 1
          if next % 7 == 0 { try connection.script("PRAGMA wal_checkpoint(RESTART)") }
          try add(next, to: connection)
          committed.append(next)
        }
      } catch is SQLiteError {}
      disk.crash { dice.below($0) }
      let after = try connect(.existing)
      let found = try rows(after)
      #expect(try after.faults() == [], "seed \(seed), life \(life)")
      #expect(found == committed || found == committed + [next], "seed \(seed), life \(life)")
      committed = found
    }
  }

  @Test func `what was not flushed is lost, torn or there, as the dice say`() throws {
    let connection = try connect()
    try connection.script("CREATE TABLE t(n INTEGER PRIMARY KEY, octets BLOB)")
    let flushed = disk.octets(of: "a.db-wal")
    try connection.script("PRAGMA synchronous = OFF")
    try add(1, to: connection)
    let written = try #require(disk.octets(of: "a.db-wal"))
    #expect(disk.durableOctets(of: "a.db-wal") == flushed && flushed != written)
    let names = disk.names
    let octets = names.map { (disk.octets(of: $0), disk.durableOctets(of: $0)) }
    disk.crash { _ in 0 }
    #expect(disk.octets(of: "a.db-wal") == written)
    #expect(names.map { disk.octets(of: $0) } == octets.map(\.0))
    let again = try connect(.existing)
    #expect(try rows(again) == [1])
    try again.script("PRAGMA synchronous = OFF")
    try add(2, to: again)
    disk.crash { $0 - 1 }
    #expect(try rows(connect(.existing)) == [1])
  }

  @Test func `a torn write survives sector by sector`() throws {
    let connection = try filled(1)
    try connection.script("PRAGMA synchronous = OFF")
    let before = try #require(disk.octets(of: "a.db-wal"))
    try add(1, to: connection)
    let after = try #require(disk.octets(of: "a.db-wal"))
    var sectors = 0
    disk.crash { bound in
      if bound == 3 { return 1 }
      sectors += 1
      return sectors % 2
    }
    let torn = try #require(disk.octets(of: "a.db-wal"))
    #expect(torn != after && torn.count > before.count)
    for start in stride(from: 0, to: torn.count, by: 512) {
      let part = start..<min(start + 512, torn.count)
      let isKnown = torn[part] == after[part] || start + 512 > before.count
      #expect(isKnown, "sector at \(start)")
    }
    #expect(try rows(connect(.existing)) == [0])
  }

  @Test func `a flush that failed leaves its writes unsafe, whatever is flushed later`() throws {
    let connection = try filled(1)
    try connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
    let before = try #require(disk.octets(of: "a.db"))
    try add(1, to: connection)
    disk.fault = DiskFault(.sync, number: 2)
    // The first flush is the log's, the second the database's.
    #expect(throws: SQLiteError.self) {
      try connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
    }
    #expect(disk.strikes == 1 && disk.octets(of: "a.db") != before)
    disk.fault = nil
    let isUnsafe = disk.durableOctets(of: "a.db") == before
    #expect(isUnsafe)
    #expect(try rows(connection) == [0, 1])
    disk.crash { $0 - 1 }
    #expect(try rows(connect(.existing)) == [0, 1])
  }

  @Test func `a name that was not flushed may be gone, a deletion that was not may come back`() throws
  {
    let off = try Connection(path: "c.db", mode: .create, vfs: disk.vfs)
    try off.script("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; CREATE TABLE t(n)")
    #expect(disk.names == ["c.db"] && disk.durableOctets(of: "c.db") == nil)
    disk.crash { $0 - 1 }
    #expect(disk.names.isEmpty)
    do { _ = try filled() }
    #expect(disk.names == ["a.db"] && disk.durableOctets(of: "a.db-wal") != nil)
    disk.crash { $0 - 1 }
    #expect(disk.names == ["a.db", "a.db-wal"])
    #expect(try rows(connect(.existing)) == [0, 1, 2])
  }

  @Test func `a full disk refuses the write that does not fit, and goes on once there is room`() throws
  {
    let connection = try filled()
    disk.capacityOctets = disk.usedOctets + 2_000
    #expect { try add(3, to: connection) } throws: { ($0 as? SQLiteError)?.kind == .full }
    #expect(disk.usedOctets <= disk.capacityOctets ?? 0)
    #expect(try rows(connection) == [0, 1, 2])
    disk.capacityOctets = nil
    try add(3, to: connection)
    #expect(try rows(connection) == [0, 1, 2, 3])
  }

  @Test func `a disk that is read-only refuses every write`() throws {
    let connection = try filled()
    disk.isReadOnly = true
    #expect(throws: SQLiteError.self) { try add(3, to: connection) }
    #expect(try rows(connection) == [0, 1, 2])
    disk.kill()
    #expect { _ = try connect(.create) } throws: { ($0 as? SQLiteError)?.kind == .readOnly }
    disk.isReadOnly = false
    #expect(try rows(connect(.existing)) == [0, 1, 2])
  }

  @Test func `each kind of call fails at its n-th, once or from then on`() throws {
    func work() throws {
      let connection = try filled()
      try connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
      try Connection.copy("a.db", to: "copy.db", vfs: disk.vfs)
    }
    func clear() {
      disk.kill()
      for name in disk.names { disk.put(nil, as: name) }
      disk.restartCounts()
    }
    try work()
    let counts = DiskCall.allCases.map { disk.count(of: $0) }
    #expect(disk.count() == counts.reduce(0, +))
    for (call, count) in zip(DiskCall.allCases, counts) {
      #expect(count > 0, "\(call)")
      for isLasting in [false, true] {
        clear()
        disk.fault = DiskFault(call, number: count, isLasting: isLasting)
        _ = try? work()
        #expect(disk.strikes > 0, "\(call)")
      }
    }
    clear()
    disk.fault = DiskFault(.write, number: 1, code: 13)
    #expect { try work() } throws: { ($0 as? SQLiteError)?.kind == .full }
    #expect(disk.strikes == 1)
  }

  @Test func `a bit that flips in a page is found`() throws {
    do { _ = try filled(40) }
    let page = 3 * 4096
    disk.flip(bit: page * 8 + 1, of: "a.db")
    #expect(try !connect(.existing).faults().isEmpty)
    disk.flip(bit: page * 8 + 1, of: "a.db")
    #expect(try connect(.existing).faults().isEmpty)
  }
}

/// Seeded random numbers.
struct Dice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func below(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int((state >> 11) % UInt64(max(bound, 1)))
  }
}
