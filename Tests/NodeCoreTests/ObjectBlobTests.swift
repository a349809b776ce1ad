import Foundation
import NodeCore
import Storage
import Testing

@Suite struct `Attachments in an object store` {
  private let chunk = BlobGroup.chunk
  private let objects = MemoryObjects()

  /// A city that keeps its blobs in the object store, and two counties.
  private func city(_ home: ObjectBlobStore.Home = .objects) throws -> BlobGroup {
    try BlobGroup(
      [("360400", nil), ("360423", "360400"), ("360424", "360400")],
      objects: ["360400": objects], home: home)
  }

  /// From 360423, and mapped by 360424.
  private func publish(_ group: BlobGroup, octets: Int, _ title: String = "one") throws -> String {
    let file = try group.file("\(title).bin", octets: octets, seed: UInt64(title.utf8.count))
    let item = try group.publish("360423", title, attaching: file)
    try group.run("360424", "column", "add", "转载")
    try group.run("360424", "map", "add", "--from", "360423:要闻", "--to", "转载", "--existing")
    return item
  }

  @Test func `what is whole goes up, leaves the directory, and is served in chunks`() throws {
    let group = try city()
    let item = try publish(group, octets: 3 * chunk + 5)
    try group.sync("360424")
    try group.sync("360423")
    #expect(try group.state("360400", item) == "present")
    #expect(objects.names.count == 1)
    let files = try group.files("360400")
    #expect(files.whole.isEmpty && files.staged.isEmpty)
    try group.sync("360424")
    #expect(try group.state("360424", item) == "present")
    // A chunk at a time, each once.
    #expect(objects.get { $0.greatestRead } == chunk)
    #expect(objects.get { $0.octetsRead } == 3 * chunk + 5)
    #expect(try group.run("360400", "status")["blobs"]["store"] == "memory")
  }

  @Test func `after a restart a part is checked without the whole being read`() throws {
    let group = try city()
    let item = try publish(group, octets: 5 * chunk)
    try group.sync("360424")
    try group.sync("360423")
    try group.reopen("360400", under: nil, home: .objects)
    let digest = try #require(try group.node("360400").store.read { try $0.blobs() }.first)
    let part = try group.node("360400").blobs.octets(of: digest, in: 10..<20)
    #expect(part.count == 10 && objects.get { $0.octetsRead } == chunk)
    // Without the note of its chunks it is read whole, once.
    let notes = group.directory.appending(path: "360400.db.blobs/sums/\(digest)")
    try Data([1, 2, 3]).write(to: notes)
    try group.reopen("360400", under: nil, home: .objects)
    #expect(try group.node("360400").blobs.octets(of: digest, in: 10..<20) == part)
    #expect(objects.get { $0.octetsRead } == chunk + 5 * chunk + chunk)
    #expect(try group.state("360400", item) == "present")
  }

  @Test func `while the store is away the item waits, all else goes on, and it is kept later`()
    throws
  {
    let group = try city()
    objects.set { $0.fault = MemoryObjects.away }
    let item = try publish(group, octets: 2 * chunk)
    try group.sync("360424")
    #expect(try group.sync("360423")["in_step"] == true)
    #expect(try group.state("360400", item) == "pending")
    #expect(try !group.shows("360400", item))
    let blobs = try group.run("360400", "status")["blobs"]
    #expect(blobs["pending"] == 1 && blobs["error"] == "memory: away")
    let verified = try group.run("360400", "verify")
    #expect(verified["ok"] == false && verified["blob_store_error"] == "memory: away")
    // It is here whole: it is neither collected nor sent again.
    let sent = group.wire.get { $0.blobOctets }
    _ = try? group.node("360400").collectBlobs()
    try group.sync("360423")
    #expect(group.wire.get { $0.blobOctets } == sent)
    try group.node("360400").landBlobs(thoroughly: false)
    #expect(try group.state("360400", item) == "pending")
    objects.set { $0.fault = nil }
    try group.node("360400").landBlobs(thoroughly: false)
    #expect(try group.state("360400", item) == "present")
    #expect(try group.run("360400", "status")["blobs"]["error"].isMissing)
    #expect(try group.files("360400").staged.isEmpty)
    #expect(group.wire.get { $0.blobOctets } == sent)
    try group.sync("360424")
    #expect(try group.state("360424", item) == "present")
  }

  @Test func `an attachment is taken in while the store refuses, also into a draft`() throws {
    let group = try BlobGroup([("360400", nil)], objects: ["360400": objects])
    objects.set { $0.fault = .denied(place: "memory", "403 AccessDenied") }
    let file = try group.file("a.bin", octets: 3000)
    let item = try group.publish("360400", "one", attaching: file)
    let other = try group.file("b.bin", octets: 4000, seed: 2)
    let draft = try group.run(
      "360400", "item", "add", "--column", "要闻", "--title", "t", "--body", "b",
      "--published-at", "2023-11-14", "--attach", other)["id"].string
    _ = try? group.node("360400").collectBlobs()
    #expect(try group.files("360400").staged.count == 2)
    #expect(try group.state("360400", item) == "pending")
    objects.set { $0.fault = nil }
    try group.node("360400").landBlobs(thoroughly: false)
    #expect(try group.state("360400", item) == "present")
    try group.run("360400", "item", "publish", draft)
    #expect(try group.shows("360400", draft))
  }

  @Test func `a county whose store is away still has the records, and fetches no more than one`()
    throws
  {
    let county = MemoryObjects()
    let group = try BlobGroup(
      [("360400", nil), ("360423", "360400"), ("360424", "360400")],
      objects: ["360424": county])
    let item = try publish(group, octets: 2 * chunk)
    let second = try publish(group, octets: 3 * chunk, "second")
    try group.sync("360424")
    try group.sync("360423")
    county.set { $0.fault = MemoryObjects.away }
    group.wire.set { $0.blobOctets = 0 }
    let answer = try group.sync("360424")
    #expect(answer["in_step"] == true && answer["blobs_error"] == "memory: away")
    #expect(group.wire.get { $0.blobOctets } == 0)
    county.set { $0.fault = nil }
    group.clock.withLock { $0 += 3_600_000 }
    #expect(try group.sync("360424")["blobs_pulled"] == 2)
    #expect(try group.shows("360424", item) && group.shows("360424", second))
  }

  @Test func `an object is damaged when it reads wrong twice: it comes again from the child`() throws
  {
    let group = try city()
    let item = try publish(group, octets: 2 * chunk)
    try group.sync("360424")
    try group.sync("360423")
    objects.set { $0.spoiled = 1 }
    try group.sync("360424")
    #expect(try group.state("360424", item) == "present")
    let name = objects.names[0]
    objects.set { $0.objects[name]?[chunk + 3] ^= 1 }
    let verified = try group.run("360400", "verify")
    #expect(verified["damaged_blobs"].count == 1)
    #expect(objects.names.count == 1 && objects.names[0].hasPrefix("damaged/"))
    #expect(try group.state("360400", item) == "pending")
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    #expect(try group.state("360400", item) == "present")
  }

  @Test func `an object goes once nothing refers to it, and not before`() throws {
    let group = try city()
    let item = try publish(group, octets: 3000)
    try group.sync("360423")
    let node = try group.node("360400")
    #expect(try node.collectBlobs() == 0 && objects.names.count == 1)
    try group.run("360423", "item", "edit", item, "--detach", "one.bin")
    try group.sync("360423")
    try node.collectDroppedBlobs()
    #expect(objects.names.isEmpty)
  }

  @Test func `moving to the store and back loses nothing, and all reads under way`() throws {
    let group = try city(.directory)
    let item = try publish(group, octets: 2 * chunk + 9)
    let second = try publish(group, octets: 3000, "second")
    try group.sync("360423")
    #expect(try group.files("360400").whole.count == 2 && objects.names.isEmpty)
    try group.reopen("360400", under: nil, home: .objects)
    #expect(try group.run("360400", "verify")["damaged_blobs"].count == 0)
    // The second of two is refused: what was not moved stays.
    let first = try #require(try group.node("360400").blobs.misplaced().first)
    try group.node("360400").blobs.settle(first)
    objects.set { $0.fault = MemoryObjects.away }
    #expect(throws: BlobFault.self) { try group.run("360400", "blobs", "move") }
    objects.set { $0.fault = nil }
    #expect(try group.run("360400", "blobs", "move")["moved"] == 1)
    #expect(try group.files("360400").whole.isEmpty && objects.names.count == 2)
    #expect(try group.run("360400", "verify")["damaged_blobs"].count == 0)
    try group.reopen("360400", under: nil, home: .directory)
    #expect(try group.run("360400", "blobs", "move")["moved"] == 2)
    #expect(try group.files("360400").whole.count == 2 && objects.names.isEmpty)
    for one in [item, second] { #expect(try group.state("360400", one) == "present") }
    #expect(try group.run("360400", "verify")["damaged_blobs"].count == 0)
  }
}
