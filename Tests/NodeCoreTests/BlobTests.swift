import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct `Attachments` {
  private let chunk = BlobGroup.chunk

  private func pair() throws -> BlobGroup {
    try BlobGroup([("360400", nil), ("360423", "360400")])
  }

  @Test func `an item shows above once its attachment is there, at its origin at once`() throws {
    let group = try pair()
    let file = try group.file("a.pdf", octets: 3000)
    let item = try group.publish("360423", "one", attaching: file)
    #expect(try group.shows("360423", item))
    let shown = try group.run("360423", "item", "show", item)["attachments"][0]
    #expect(shown["name"] == "a.pdf" && shown["size"] == 3000 && shown["state"] == "present")
    #expect(shown["type"] == "application/pdf")
    group.wire.set { $0.blobsLeft = 0 }
    #expect(try group.sync("360423")["pushed"].int ?? 0 > 0)
    #expect(try !group.shows("360400", item))
    #expect(try group.state("360400", item) == "pending")
    group.wire.set { $0.blobsLeft = nil }
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    #expect(try group.shows("360400", item))
    #expect(try group.state("360400", item) == "present")
    let idle = try group.sync("360423")
    #expect(idle["blobs_pushed"] == 0 && idle["in_step"] == true)
  }

  @Test func `a push that is cut goes on where it was, and sends hardly an octet twice`() throws {
    let group = try pair()
    let size = 5 * chunk + 17
    let file = try group.file("a.bin", octets: size)
    let item = try group.publish("360423", "one", attaching: file)
    for cut in 0..<3 {
      // Each cut lets one chunk more arrive, or two, of which one answer is lost.
      group.wire.set { ($0.blobsLeft, $0.losesAnswers) = (1, cut % 2 == 0) }
      #expect(try group.sync("360423")["blobs_pushed"] == 0)
      #expect(try group.state("360400", item) == "pending")
    }
    group.wire.set { $0.blobsLeft = nil }
    try group.sync("360423")
    #expect(try group.state("360400", item) == "present")
    #expect(group.wire.get { $0.blobOctets } <= size + 3 * chunk)
    #expect(try group.files("360400").staged.isEmpty)
  }

  @Test func `a pull that is cut at its last chunk goes on there, by way of a second tier`() throws {
    let group = try BlobGroup([
      ("360000", nil), ("360400", "360000"), ("360423", "360400"), ("360424", "360400"),
    ])
    let size = 3 * chunk + 5
    let file = try group.file("a.bin", octets: size)
    let item = try group.publish("360423", "one", attaching: file)
    try group.run("360424", "column", "add", "转载")
    try group.run("360424", "map", "add", "--from", "360423:要闻", "--to", "转载", "--existing")
    for code in ["360423", "360424", "360400", "360424"] { try group.sync(code) }
    #expect(try group.state("360400", item) == "present")
    #expect(try group.state("360424", item) == "present")
    #expect(try group.state("360000", item) == "present")
    // Lost at the county: the file is gone, the record says so after a check.
    for path in try group.files("360424").whole {
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(try group.node("360424").checkBlobs().count == 1)
    #expect(try !group.shows("360424", item))
    group.wire.set { ($0.blobOctets, $0.blobsLeft) = (0, 3) }
    #expect(try group.sync("360424")["blobs_pending"] == 1)
    #expect(group.wire.get { $0.blobOctets } == 3 * chunk)
    group.wire.set { $0.blobsLeft = nil }
    group.clock.withLock { $0 += 3_600_000 }
    #expect(try group.sync("360424")["blobs_pulled"] == 1)
    #expect(group.wire.get { $0.blobOctets } == size)
    #expect(try group.shows("360424", item))
  }

  @Test func `a chunk that is damaged on the way is not taken`() throws {
    let group = try pair()
    let file = try group.file("a.bin", octets: 2 * chunk)
    try group.run("360400", "column", "add", "通知")
    try group.run("360423", "column", "add", "转载")
    try group.run("360423", "map", "add", "--from", "360400:通知", "--to", "转载", "--existing")
    let item = try group.publish("360400", "one", in: "通知", attaching: file)
    group.wire.set { $0.spoilsNext = true }
    try group.sync("360423")
    #expect(try group.state("360423", item) == "pending")
    try group.sync("360423")
    #expect(try group.state("360423", item) == "present")
  }

  @Test func `a blob that is damaged on the disk is set apart and comes again from the child`()
    throws
  {
    let group = try pair()
    let file = try group.file("a.bin", octets: 2 * chunk)
    let item = try group.publish("360423", "one", attaching: file)
    try group.sync("360423")
    let stored = try #require(try group.files("360400").whole.first)
    var octets = try Data(contentsOf: URL(fileURLWithPath: stored))
    octets[chunk + 9] ^= 1
    try octets.write(to: URL(fileURLWithPath: stored))
    // Its chunks are known to be sound since it came: reading one finds the damage.
    let verified = try group.run("360400", "verify")
    #expect(verified["damaged_blobs"].count == 1 && verified["ok"] == false)
    #expect(try group.state("360400", item) == "pending")
    #expect(try !group.shows("360400", item))
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    #expect(try group.shows("360400", item))
    #expect(try Data(contentsOf: URL(fileURLWithPath: stored)) != octets)
  }

  @Test func `the same content is kept and sent once`() throws {
    let group = try pair()
    let file = try group.file("a.bin", octets: 3000)
    let twin = try group.file("b.bin", octets: 3000)
    let first = try group.publish("360423", "one", attaching: file)
    let second = try group.publish("360423", "two", attaching: twin)
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    #expect(try group.shows("360400", first) && group.shows("360400", second))
    #expect(try group.files("360423").whole.count == 1)
    #expect(group.wire.get { $0.blobOctets } == 3000)
  }

  @Test func `an item that is withdrawn while its attachment travels stays withdrawn`() throws {
    let group = try pair()
    let file = try group.file("a.bin", octets: 3 * chunk)
    let item = try group.publish("360423", "one", attaching: file)
    group.wire.set { $0.blobsLeft = 1 }
    try group.sync("360423")
    try group.run("360423", "item", "withdraw", item, "--reason", "x")
    group.wire.set { $0.blobsLeft = nil }
    try group.sync("360423")
    #expect(try group.run("360400", "item", "show", item)["state"] == "withdrawn")
    #expect(try !group.shows("360400", item))
  }

  @Test func `what is purged while its attachment travels is sent no further and collected`() throws
  {
    let group = try pair()
    let file = try group.file("a.bin", octets: 3 * chunk)
    let item = try group.publish("360423", "one", attaching: file)
    group.wire.set { $0.blobsLeft = 1 }
    try group.sync("360423")
    #expect(try group.files("360400").staged.count == 1)
    let county = try group.node("360423")
    try county.store.write { transaction in
      let key = try transaction.find(.item, item)
      var edit = RecordEdit(key)
      edit.set(Record.purgeCell, true)
      try transaction.write(edit)
    }
    group.wire.set { $0.blobsLeft = nil }
    #expect(try group.sync("360423")["blobs_pushed"] == 0)
    for code in ["360400", "360423"] {
      try group.node(code).collectDroppedBlobs()
      let files = try group.files(code)
      #expect(files.whole.isEmpty && files.staged.isEmpty)
    }
  }

  @Test func `only what nothing refers to is collected`() throws {
    let group = try pair()
    let kept = try group.file("a.bin", octets: 3000)
    let gone = try group.file("b.bin", octets: 3000, seed: 2)
    let drafted = try group.file("c.bin", octets: 3000, seed: 3)
    let item = try group.publish("360423", "one", attaching: kept)
    try group.run("360423", "item", "edit", item, "--attach", gone)
    try group.run(
      "360423", "item", "add", "--column", "要闻", "--title", "t", "--attach", drafted)
    let node = try group.node("360423")
    #expect(try node.collectBlobs() == 0)
    try group.run("360423", "item", "edit", item, "--detach", "b.bin")
    #expect(try node.collectBlobs() == 1)
    #expect(try group.files("360423").whole.count == 2)
    #expect(try node.checkBlobs().isEmpty)
  }

  @Test func `a file that is here, but was never noted, is taken up when a record asks for it`() throws
  {
    let group = try pair()
    let file = try group.file("a.bin", octets: 3000)
    group.wire.set { $0.blobsLeft = 0 }
    let item = try group.publish("360423", "one", attaching: file)
    try group.sync("360423")
    #expect(try !group.shows("360400", item))
    let (county, centre) = (try group.node("360423"), try group.node("360400"))
    let digest = try #require(try county.blobs.all().first)
    let octets = try county.blobs.octets(of: digest, in: 0..<3000)
    try centre.blobs.stage(octets, of: digest, at: 0, from: "local-1")
    #expect(try centre.blobs.finish(digest, size: 3000, from: "local-1"))
    #expect(try centre.collectBlobs() == 0)
    #expect(try group.shows("360400", item))
  }

  @Test func `a child reads only what its own link's records refer to`() throws {
    let group = try BlobGroup([("360400", nil), ("360423", "360400"), ("360424", "360400")])
    let file = try group.file("a.bin", octets: 3000)
    let item = try group.publish("360423", "one", attaching: file)
    try group.sync("360423")
    let digest = try group.run("360400", "item", "show", item)["attachments"][0]["digest"].string
    let stranger = try group.node("360424")
    let key = try #require(stranger.keys.upstream)
    for method in [HTTPMethod.get, .put] {
      group.clock.withLock { $0 += 1000 }
      var request = try BaseURL("http://360400.test").request(
        method, RequestTarget(segments: ["sync", "v1", "blobs", digest]))
      if method == .put { request.body = [1, 2, 3] }
      request.fields.append("Content-Range", "bytes 0-2/3000")
      let now = group.clock.withLock { $0 } / 1000
      RequestSigner(keyID: "360424", key: key.key, algorithm: .hmacSHA256).sign(
        &request, created: now, expires: now + 300, nonce: "\(method)")
      let wire = try group.wire.transport(to: try BaseURL("http://360400.test"))
      #expect(try wire.exchange(request, readMilliseconds: nil).status == 404)
    }
  }

  @Test func `the configuration bounds how fast attachments travel`() throws {
    let group = try BlobGroup([("360400", nil), ("360423", "360400")], rate: 100_000)
    let file = try group.file("a.bin", octets: 300_000)
    _ = try group.publish("360423", "one", attaching: file)
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    // A part may lose a fraction of a millisecond.
    #expect((2990...3000).contains(group.wire.get { $0.pausedMilliseconds }))
  }

  @Test func `an import takes attachments by paths beside the file, once`() throws {
    let group = try pair()
    try group.run("360423", "column", "add", "要闻")
    _ = try group.file("a.bin", octets: 3000)
    let lines = """
      {"external_id":"1","column":"要闻","title":"t","body":"b","published_at":"2023-11-14T00:00:00Z",\
      "attachments":["a.bin"]}
      {"external_id":"2","column":"要闻","title":"t","body":"b","published_at":"2023-11-14T00:00:00Z",\
      "attachments":["none.bin"]}
      """
    let path = group.directory.appending(path: "in.jsonl")
    try lines.write(to: path, atomically: true, encoding: .utf8)
    let first = try group.run("360423", "item", "import", path.path)
    #expect(first["added"] == 1)
    #expect(first["refused"][0]["line"] == 2 && first["refused"][0]["reason"] == "unreadable_file")
    #expect(try group.run("360423", "item", "import", path.path)["unchanged"] == 1)
    let item = try group.run("360423", "item", "list")["items"][0]["id"].string
    #expect(try group.state("360423", item) == "present")
  }
}
