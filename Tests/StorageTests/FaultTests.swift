import Replication
import SQLite
import Storage
import Testing

/// Every statement of a transaction is made to fail in turn, until it succeeds.
@Suite struct FaultTests {
  private static let diskFull: Int32 = 13
  private static let inputFault: Int32 = 10

  /// A bit of everything that a transaction does.
  private func work(_ transaction: Transaction) throws {
    let peer = try #require(SiteCode("360400"))
    let keys = try (1...3).map { try #require(RecordKey.sample($0)) }
    try transaction.write(keys[0], title: "changed")
    try transaction.write(keys[2], title: "new")
    let link = try transaction.addLink(to: peer, isUpstream: true)
    let row = try #require(try transaction.row(of: keys[0]))
    let digest = try #require(try transaction.record(keys[0])).digest
    try transaction.setEntry(
      link, row, from: nil,
      to: LinkEntry(sequence: transaction.nextSequence(), agreed: digest, isInScope: true))
    try transaction.forget(keys[1])
    try transaction.setAside(
      link,
      Aside(
        side: .mine, direction: .push, key: keys[2], digest: digest, reason: "clock", detail: "",
        at: transaction.now))
    try transaction.change(link) { $0.cursor = 5 }
  }

  private func prepared(_ place: TemporaryStore, _ follower: TitleFollower) throws -> Store {
    let store = try place.open(creating: true, followers: [follower])
    try store.write { transaction in
      for number in UInt8(1)...2 {
        try transaction.write(try #require(RecordKey.sample(number)), title: "\(number)")
      }
    }
    return store
  }

  @Test func `a transaction whose n-th statement fails has not happened`() throws {
    let place = try TemporaryStore()
    let follower = TitleFollower()
    let store = try prepared(place, follower)
    let before = try store.dump()
    var failures = 0
    for statement in 1...500 {
      var left = statement
      place.fault = {
        left -= 1
        return left == 0 ? Self.diskFull : nil
      }
      do {
        try store.write { try work($0) }
        place.fault = nil
        break
      } catch let error as SQLiteError {
        #expect(error.code == Self.diskFull && error.kind == .full)
      }
      place.fault = nil
      failures += 1
      #expect(try store.dump() == before, "statement \(statement)")
      #expect(follower.count == 2, "statement \(statement)")
    }
    #expect(failures > 15 && failures < 499)
    #expect(try store.dump() != before)
    #expect(follower.count == 2)
    #expect(try store.read { try $0.upstreamLink()?.cursor } == 5)
  }

  @Test func `a disk that is gone for a while leaves nothing of what was undone in memory`() throws {
    let place = try TemporaryStore()
    let follower = TitleFollower()
    let store = try prepared(place, follower)
    let before = try store.dump()
    var hasSucceeded = false
    for statement in 1...500 where !hasSucceeded {
      var left = statement
      place.fault = {
        left -= 1
        return left <= 0 ? Self.inputFault : nil
      }
      do {
        try store.write { transaction in
          try work(transaction)
          try transaction.write(try #require(RecordKey.sample(9)), title: "one more")
        }
        hasSucceeded = true
      } catch is SQLiteError {}
      place.fault = nil
      if hasSucceeded { break }
      #expect(try store.dump() == before, "statement \(statement)")
      #expect(follower.count == 2, "statement \(statement)")
    }
    #expect(hasSucceeded && follower.count == 3)
  }

  @Test func `a process that dies at the n-th statement leaves the file as it was`() throws {
    let place = try TemporaryStore()
    var before = ""
    do { before = try prepared(place, TitleFollower()).dump() }
    var hasSucceeded = false
    for statement in 1...500 where !hasSucceeded {
      do {
        let store = try place.open(followers: [TitleFollower()])
        var left = statement
        place.fault = {
          left -= 1
          return left <= 0 ? Self.inputFault : nil
        }
        try store.write { try work($0) }
        hasSucceeded = true
      } catch is SQLiteError {}
      place.fault = nil
      let follower = TitleFollower()
      let store = try place.open(followers: [follower])
      #expect((try store.dump() != before) == hasSucceeded, "statement \(statement)")
      #expect(follower.count == 2, "statement \(statement)")
    }
    #expect(hasSucceeded)
  }

  @Test func `a store that cannot be made whole can be made again`() throws {
    let place = try TemporaryStore()
    var hasSucceeded = false
    for statement in 1...200 where !hasSucceeded {
      var left = statement
      place.fault = {
        left -= 1
        return left <= 0 ? Self.inputFault : nil
      }
      do {
        _ = try place.open(creating: true, followers: [TitleFollower()])
        hasSucceeded = true
      } catch is SQLiteError {}
      place.fault = nil
    }
    let key = try #require(RecordKey.sample(1))
    let store = try place.open(followers: [TitleFollower()])
    try store.write { try $0.write(key, title: "one") }
    #expect(try store.read { try $0.recordsCount() } == 1)
  }
}
