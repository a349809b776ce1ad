import Bytes
import Replication
import SQLite
import Storage
import Testing

@Suite struct StoreTests {
  private let key: RecordKey
  private let other: RecordKey

  init() throws {
    key = try #require(.sample(1))
    other = try #require(.sample(2))
  }

  @Test func `what was written is there when the store opens again`() throws {
    let place = try TemporaryStore()
    var before = ""
    do {
      let store = try place.open(creating: true, followers: [TitleFollower()])
      try store.write { try $0.write(key, title: "one") }
      try store.write { try $0.write(key, title: "two") }
      before = try store.dump()
    }
    let follower = TitleFollower()
    let store = try place.open(followers: [follower])
    #expect(try store.dump() == before)
    #expect(follower.count == 1 && follower.resets == 0)
    let stored = try #require(try store.read { try $0.record(key) })
    #expect(stored.record.value("title") == "two")
    let versions = try store.read { try $0.versions(row: stored.row) }
    #expect(versions.map { $0.record.value("title", as: String.self) } == ["one"])
    #expect(try store.read { try $0.bytes(row: stored.row, digest: versions[0].digest) } != nil)
  }

  @Test func `followers are loaded when somebody asks them, or something changes`() throws {
    struct Failure: Error {}
    let place = try TemporaryStore()
    do {
      let store = try place.open(creating: true, followers: [TitleFollower()])
      try store.write { try $0.write(key, title: "one") }
    }
    let store = try place.open()
    let asked = TitleFollower()
    try store.attach([asked], loadsAtOnce: false)
    _ = try store.read(asksFollowers: false) { try $0.recordsCount() }
    try store.write(asksFollowers: false) { try $0.setMeta("name", "value") }
    #expect(asked.count == 0)
    #expect(try store.read { _ in asked.count } == 1)
    let undone = TitleFollower()
    try store.attach([undone], loadsAtOnce: false)
    #expect(throws: Failure.self) {
      try store.write(asksFollowers: false) { transaction in
        try transaction.write(other, title: "two")
        try transaction.settle()
        throw Failure()
      }
    }
    #expect(try store.glance { undone.count } == 1)
    let changed = TitleFollower()
    try store.attach([changed], loadsAtOnce: false)
    try store.write(asksFollowers: false) { try $0.write(other, title: "two") }
    #expect(changed.count == 2)
    #expect(try store.glance { changed.count } == 2)
  }

  /// A lock that wrapped what it guards at each access would call it from ever deeper.
  @Test func `who listens is called alike however often the store was written`() throws {
    let store = try TemporaryStore().open(creating: true)
    let places = Lock<Set<UInt>>([])
    store.onGrowth { _ in
      var mark = 0
      let place = withUnsafePointer(to: &mark) { UInt(bitPattern: $0) }
      places.withLock { _ = $0.insert(place) }
    }
    for _ in 0..<100 { store.announce([key.owner]) }
    #expect(places.withLock { $0.count } == 1)
  }

  @Test func `a body that throws leaves nothing, nor does a rehearsal`() throws {
    struct Failure: Error {}
    let place = try TemporaryStore()
    let follower = TitleFollower()
    let store = try place.open(creating: true, followers: [follower])
    try store.write { try $0.write(key, title: "one") }
    let before = try store.dump()
    #expect(throws: Failure.self) {
      try store.write { transaction in
        try transaction.write(key, title: "two")
        try transaction.write(other, title: "three")
        try transaction.settle()
        throw Failure()
      }
    }
    #expect(try store.dump() == before)
    #expect(follower.count == 1)
    let count = try store.rehearse { transaction in
      try transaction.write(other, title: "three")
      return try transaction.recordsCount()
    }
    #expect(count == 2)
    #expect(try store.dump() == before)
    #expect(follower.count == 1)
  }

  @Test func `a follower whose version rose is built anew from all records`() throws {
    let place = try TemporaryStore()
    do {
      let store = try place.open(creating: true, followers: [TitleFollower()])
      try store.write { transaction in
        try transaction.write(key, title: "one")
        try transaction.write(other, title: "two")
      }
      try store.write { try $0.connection.run("DELETE FROM titles", []) }
    }
    let same = TitleFollower()
    do { _ = try place.open(followers: [same]) }
    #expect(same.count == 0 && same.resets == 0)
    let risen = TitleFollower(version: 2)
    _ = try place.open(followers: [risen])
    #expect(risen.count == 2 && risen.resets == 1)
  }

  @Test func `a store of a newer program is refused and left as it is`() throws {
    let place = try TemporaryStore()
    do {
      let store = try place.open(creating: true)
      try store.write { try $0.connection.script("PRAGMA user_version = 99") }
    }
    #expect(throws: StoreFault.newerSchema(99)) { try place.open() }
    #expect(throws: StoreFault.newerSchema(99)) { try place.open() }
  }

  @Test func `a directory without a store has none`() throws {
    let place = try TemporaryStore()
    #expect(throws: SQLiteError.self) { try place.open() }
  }

  @Test func `purge takes the octets of every version`() throws {
    let place = try TemporaryStore()
    let store = try place.open(creating: true)
    for title in ["secret one", "secret two"] {
      try store.write { try $0.write(key, title: title) }
    }
    try store.write { transaction in
      var edit = RecordEdit(key)
      edit.set(Record.purgeCell, true)
      try transaction.write(edit)
    }
    let stored = try #require(try store.read { try $0.record(key) })
    #expect(stored.record.isPurged)
    #expect(try store.read { try $0.versions(row: stored.row) }.isEmpty)
    #expect(try store.write { try $0.write(key, title: "again") } == false)
  }

  @Test func `a record that has left keeps its row while a link names it, then nothing`() throws {
    let place = try TemporaryStore()
    let follower = TitleFollower()
    let store = try place.open(creating: true, followers: [follower])
    let peer = try #require(SiteCode("360400"))
    let entry = LinkEntry(sequence: 1, isInScope: true)
    let (link, row) = try store.write { transaction in
      try transaction.write(key, title: "one")
      let link = try transaction.addLink(to: peer, isUpstream: false)
      let row = try #require(try transaction.row(of: key))
      try transaction.setEntry(link, row, from: nil, to: entry)
      return (link, row)
    }
    try store.write { try $0.forget(key) }
    #expect(try store.read { try $0.record(key) } == nil)
    #expect(try store.read { try $0.row(of: key) } == row)
    #expect(follower.count == 0)
    try store.write { transaction in
      try transaction.setEntry(link, row, from: entry, to: nil)
      // The number must not name another key as long as followers read of the old one.
      try transaction.write(other, title: "two")
      #expect(try transaction.row(of: other) != row)
    }
    #expect(try store.read { try $0.row(of: key) } == nil)
    #expect(follower.count == 1)
  }

  @Test func `a link's fingerprint is the sum of its entries`() throws {
    let place = try TemporaryStore()
    let store = try place.open(creating: true)
    let peer = try #require(SiteCode("360400"))
    let digests = (0..<4).map { DigestAlgorithm.sha256.digest([$0]) }
    try store.write { transaction in
      let link = try transaction.addLink(to: peer, isUpstream: false)
      var expected = Fingerprint()
      for number in UInt8(1)...4 {
        let key = try #require(RecordKey.sample(number))
        try transaction.write(key, title: "\(number)")
        let row = try #require(try transaction.row(of: key))
        var entry = LinkEntry(
          sequence: transaction.nextSequence(), agreed: digests[Int(number) - 1], isInScope: true)
        try transaction.setEntry(link, row, from: nil, to: entry)
        if number == 2 {
          let old = entry
          entry.agreed = digests[0]
          try transaction.setEntry(link, row, from: old, to: entry)
        }
        if number == 3 { try transaction.setEntry(link, row, from: entry, to: nil) }
        if number == 4 {
          let gone = LinkEntry(
            sequence: transaction.nextSequence(), agreed: digests[3], isInScope: false,
            hasLeft: true)
          try transaction.setEntry(link, row, from: entry, to: gone)
        }
      }
      expected.add(digests[0])
      expected.add(digests[0])
      #expect(try transaction.linkState(link).fingerprint == expected)
    }
    #expect(try store.read { try $0.link(to: peer) }?.fingerprint.count == 2)
  }
}
