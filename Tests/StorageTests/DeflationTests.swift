import Bytes
import Replication
import SQLite
import Testing

@testable import Storage

@Suite struct `What is deflated later` {
  private let place: TemporaryStore
  private let key: RecordKey
  private let long = String(repeating: "关于印发实施方案的通知", count: 40)

  init() throws {
    place = try TemporaryStore()
    key = try #require(.sample(1))
  }

  private func forms(_ store: Store) throws -> (records: [Int64], versions: [Int64]) {
    try store.read { snapshot in
      (
        try snapshot.connection.all("SELECT dictionary FROM records") { $0.integer(0) },
        try snapshot.connection.all("SELECT dictionary FROM versions ORDER BY id") { $0.integer(0) }
      )
    }
  }

  private func titles(_ store: Store) throws -> [String?] {
    try store.read { snapshot in
      let stored = try #require(try snapshot.record(key))
      let earlier = try snapshot.versions(row: stored.row)
      return (earlier.map(\.record) + [stored.record]).map { $0.value("title", as: String.self) }
    }
  }

  @Test func `a change is stored on what was there, the next one as it is; then all are deflated`()
    throws
  {
    let store = try place.open(creating: true)
    let rings = Lock(0)
    store.deferDeflating { rings.withLock { $0 += 1 } }
    try store.write { try $0.write(key, title: long) }
    #expect(try forms(store).records == [RecordCodec.dictionary])
    #expect(rings.withLock { $0 } == 0)
    try store.write { try $0.write(key, title: long + "一") }
    #expect(try forms(store) == ([RecordCodec.patched], [RecordCodec.dictionary]))
    #expect(try titles(store) == [long, long + "一"])
    try store.write { try $0.write(key, title: long + "二") }
    #expect(rings.withLock { $0 } == 2)
    #expect(
      try forms(store) == ([RecordCodec.plain], [RecordCodec.dictionary, RecordCodec.patched]))
    let before = try titles(store)
    let digest = try store.read { try $0.record(key)?.digest }
    let revision = store.revision
    let deflation = Deflation(store)
    #expect(try deflation.step())
    #expect(try !deflation.step())
    #expect(store.revision == revision)
    let form = RecordCodec.dictionary
    #expect(try forms(store) == ([form], [form, form]))
    #expect(try titles(store) == before && before.count == 3)
    #expect(try store.read { try $0.record(key)?.digest } == digest)
    #expect(try store.read { try $0.damages() }.isEmpty)
  }

  @Test func `what has little in common with what was there is stored as it is`() throws {
    let store = try place.open(creating: true)
    store.deferDeflating {}
    try store.write { try $0.write(key, title: long) }
    let noise = (1...900).map { String($0 * 2_654_435_761 % 65_521, radix: 16) }.joined()
    try store.write { try $0.write(key, title: noise) }
    let (record, octets) = try store.read { snapshot in
      let stored = try #require(try snapshot.record(key))
      return (stored.record, try #require(try snapshot.packed(row: stored.row)).bytes.count)
    }
    #expect(record.value("title", as: String.self) == noise && octets <= record.bytes.count)
  }

  @Test func `one that cannot be read is found to be damaged, and stops no other`() throws {
    let store = try place.open(creating: true)
    store.deferDeflating {}
    let keys = try (1...3).map { try #require(RecordKey.sample($0)) }
    for key in keys {
      try store.write { try $0.write(key, title: long) }
      try store.write { try $0.write(key, title: long + "一") }
    }
    try store.write { transaction in
      try transaction.connection.run(
        "UPDATE records SET bytes = x'8502' WHERE key = ?", [.blob(keys[1].octets)])
    }
    let deflation = Deflation(store)
    #expect(try deflation.step())
    #expect(try !deflation.step())
    #expect(try Set(forms(store).records) == [RecordCodec.dictionary, RecordCodec.patched])
    #expect(try store.read { try $0.damages().map(\.key) } == [keys[1]])
  }

  @Test func `a store that nobody deflates later deflates at once`() throws {
    let store = try place.open(creating: true)
    try store.write { try $0.write(key, title: long) }
    try store.write { try $0.write(key, title: long + "一") }
    #expect(try forms(store) == ([RecordCodec.dictionary], [RecordCodec.dictionary]))
  }

  @Test func `what a record was read as is forgotten when it is written`() throws {
    let store = try place.open(creating: true)
    try store.write { transaction in
      #expect(try transaction.record(key) == nil)
      try transaction.write(key, title: "one")
      #expect(try transaction.record(key)?.record.value("title") == "one")
      try transaction.write(key, title: "two")
      #expect(try transaction.record(key)?.record.value("title") == "two")
      try transaction.forget(key)
      #expect(try transaction.record(key) == nil)
    }
  }
}

@Suite struct `Patches kept in memory` {
  private func digest(_ number: Int) -> Digest {
    DigestAlgorithm.sha256.digest(Array(String(number).utf8))
  }

  private func patch(_ count: Int) -> RecordPatch {
    RecordPatch(
      base: [], result: [], prefixCount: 0, suffixCount: 0,
      middle: [UInt8](repeating: 0, count: count))
  }

  @Test func `are found by both ends; the oldest go when there are too many`() {
    let memory = PatchMemory()
    for number in 0..<4_000 { memory.keep(patch(900), from: digest(number), to: digest(-number)) }
    #expect(memory.patch(from: digest(3_999), to: digest(-3_999)) == patch(900))
    #expect(memory.patch(from: digest(3_999), to: digest(1)) == nil)
    #expect(memory.patch(from: digest(0), to: digest(0)) == nil)
    let kept = (0..<4_000).filter { memory.patch(from: digest($0), to: digest(-$0)) != nil }
    #expect(kept == Array((4_000 - kept.count)..<4_000))
    #expect(kept.count * (900 + 256) <= PatchMemory.octetsMax && kept.count > 1_500)
  }
}
