import Foundation
import SQLite
import Storage
import Testing

@Suite struct `The erasure of a store` {
  private static let secret = Array("SECRETSECRET".utf8)

  private struct Dice {
    var state: UInt64

    mutating func roll(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }

    mutating func octets(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(roll(256)) } }
  }

  private func hasSecret(_ path: String) -> Bool {
    ["", "-wal"].contains { suffix in
      let data = FileManager.default.contents(atPath: path + suffix) ?? Data()
      return data.range(of: Data(Self.secret)) != nil
    }
  }

  /// Rows that come, grow, shrink and move, some of them secret; then all these are gone.
  private func history(_ seed: UInt64, _ connection: Connection) throws {
    var dice = Dice(state: seed &* 0x9E37_79B9_7F4A_7C15)
    try connection.script(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;
      CREATE TABLE records(row INTEGER PRIMARY KEY, key BLOB UNIQUE, bytes BLOB);
      CREATE TABLE drafts(key BLOB PRIMARY KEY, bytes BLOB) WITHOUT ROWID;
      """)
    for number in 0..<400 {
      let (key, head) = (dice.octets(24), number % 20 == 7 ? Self.secret : [])
      try connection.run(
        "INSERT INTO drafts VALUES (?, ?)", [.blob(key), .blob(head + dice.octets(dice.roll(2000)))])
      if dice.roll(10) < 7 {
        try connection.run(
          "INSERT INTO records(key, bytes) VALUES (?, ?)",
          [.blob(key), .blob(head + dice.octets(dice.roll(1500)))])
        try connection.run("DELETE FROM drafts WHERE key = ?", [.blob(key)])
      }
      let row = SQLValue.integer(Int64(dice.roll(number + 1)))
      let old = try connection.first("SELECT bytes FROM records WHERE row = ?", [row]) { $0.blob(0) }
      guard dice.roll(2) == 0, let old else { continue }
      let kept = old.starts(with: Self.secret) ? Self.secret : []
      try connection.run(
        "UPDATE records SET bytes = ? WHERE row = ?",
        [.blob(kept + dice.octets(dice.roll(1800))), row])
    }
    for table in ["records", "drafts"] {
      try connection.run(
        "UPDATE \(table) SET bytes = NULL WHERE substr(bytes, 1, 12) = ?", [.blob(Self.secret)])
    }
  }

  @Test func `leaves no piece of a row in any page, which deleting alone does`() throws {
    var leftByDeleting = 0
    for seed in UInt64(1)...60 {
      let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      defer {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      }
      let connection = try Connection(path: path, mode: .create)
      try history(seed, connection)
      #expect(hasSecret(path), "\(seed): in the log")
      try connection.script("PRAGMA wal_checkpoint(TRUNCATE)")
      if hasSecret(path) { leftByDeleting += 1 }
      var erasure = Erasure()
      erasure.owe()
      erasure.settle(on: connection, now: 0)
      #expect(!hasSecret(path) && !erasure.owesCut && !erasure.owesRewrite, "\(seed)")
    }
    #expect(leftByDeleting > 0)
  }

  @Test func `rewrites once in a while, and when the store is closed`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let connection = try Connection(path: path, mode: .create)
    var erasure = Erasure()
    for (now, isLast, owes) in [
      (1000, false, false), (2000, false, true), (1000 + Erasure.pauseMilliseconds, false, false),
      (2000 + Erasure.pauseMilliseconds, false, true), (3000, true, false), (500, false, false),
    ] as [(Int64, Bool, Bool)] {
      erasure.owe()
      erasure.settle(on: connection, now: now, isLast: isLast)
      #expect(erasure.owesRewrite == owes && !erasure.owesCut, "\(now)")
    }
  }
}
