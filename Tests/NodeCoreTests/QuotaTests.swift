import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// What a child may have at its parent in all, over the whole protocol.
@Suite struct `A site's quota` {
  private let group: BlobGroup

  /// A city, a county below it, and a department below the county.
  init() throws {
    group = try BlobGroup([("360400", nil), ("360423", "360400"), ("360423-a", "360423")])
    try group.run("360423", "column", "add", "要闻")
    try group.run("360423-a", "column", "add", "要闻")
    try syncAll()
  }

  private func syncAll() throws {
    for code in ["360423-a", "360423", "360423-a"] { try group.sync(code) }
  }

  private func add(_ code: String, _ title: String, body: String = "<p>x</p>") throws -> String {
    try group.run(
      code, "item", "add", "--column", "要闻", "--title", title, "--body", body,
      "--published-at", "2023-11-14T10:00:00+08:00", "--publish")["id"].string
  }

  private func purge(_ id: String, at code: String) throws {
    let node = try group.node(code)
    var edit = RecordEdit(
      RecordKey(owner: node.site, kind: .item, id: try #require(RecordID(text: id))))
    edit.set(Record.purgeCell, true)
    _ = try node.store.write { try $0.write(edit) }
  }

  private func totals() throws -> JSONAnswer {
    let totals = try group.run("360400", "status")["sites"][0]["totals"]
    #expect(totals == (try group.run("360400", "site", "show", "360423"))["totals"])
    return totals
  }

  private func used(_ name: String) throws -> Int64 {
    Int64(try #require(try totals()[name]["used"].int))
  }

  private func allow(_ quota: SiteQuota) throws {
    group.limits["360400"] = SiteLimits(quota: quota)
    try group.reopen("360400", under: nil)
    // A session that nothing but the limits has changed for.
    try syncAll()
  }

  private func asides(_ code: String) throws -> [String] {
    try group.run(code, "set-aside", "list")["asides"].list.map { $0["reason"].string }
  }

  private func refusals() throws -> [String] {
    let told = try group.run("360400", "audit", "list", "--kind", "refusal", "--site", "360423")
    return told["entries"].list.map { "\($0["operation"].string) \($0["result"].string)" }
  }

  private func titles() throws -> [String] {
    try group.run("360400", "item", "list", "--all")["items"].list.map { $0["title"].string }
      .sorted()
  }

  /// What was counted step by step is what there is.
  private func expectRecount() throws {
    for (_, node) in group.nodes {
      let sites = node.library.directory.tree.sites.keys.sorted()
      let counted = try node.store.read { store in try sites.map { try store.totals(of: [$0]) } }
      try node.store.rebuildFollowers()
      let again = try node.store.read { store in try sites.map { try store.totals(of: [$0]) } }
      #expect(counted == again)
    }
  }

  @Test func `bounds the number of records, and what is beyond waits until there is room`() throws {
    let before = try used("records")
    try allow(SiteQuota(records: before + 2))
    for title in ["a", "b", "c", "d"] { _ = try add("360423", title) }
    let report = try group.sync("360423")
    #expect(report["refused"] == 2)
    #expect(report["in_step"] == true)
    #expect(try asides("360423") == ["quota", "quota"])
    #expect(try totals()["records"]["limit"].int == Int(before) + 2)
    #expect(try used("records") == before + 2)
    #expect(try refusals() == ["push quota"])
    #expect(try titles().count == 2)
    // Tried once more, as whatever was set aside; then not while nothing has changed.
    #expect(try group.sync("360423")["refused"] == 2)
    #expect(try group.sync("360423")["refused"] == 0)
    try allow(SiteQuota(records: before + 4))
    #expect(try asides("360423") == [])
    #expect(try titles() == ["a", "b", "c", "d"])
    try expectRecount()
  }

  @Test func `counts what is below the child, and a purge makes room`() throws {
    let old = try add("360423-a", "old")
    try syncAll()
    let before = try used("records")
    try allow(SiteQuota(records: before))
    _ = try add("360423-a", "new")
    try syncAll()
    #expect(try asides("360423") == ["quota"])
    #expect(try asides("360423-a") == [])
    try purge(old, at: "360423-a")
    for _ in 0..<2 { try syncAll() }
    #expect(try asides("360423") == [])
    #expect(try titles().contains("new"))
    #expect(try used("records") == before)
    try expectRecount()
  }

  @Test func `bounds octets, and never stands in the way of a withdrawal`() throws {
    let one = try add("360423", "one")
    let two = try add("360423", "two", body: "<p>something longer</p>")
    try syncAll()
    try allow(SiteQuota(octets: try used("bytes") + 200))
    let long = "<p>" + String(repeating: "long ", count: 100) + "</p>"
    try group.run("360423", "item", "edit", one, "--body", long, "--title", "1")
    try group.run("360423", "item", "edit", two, "--body", "<p>less</p>")
    #expect(try group.sync("360423")["refused"] == 1)
    func shown(_ id: String) throws -> JSONAnswer { try group.run("360400", "item", "show", id) }
    // What takes no more octets passes, cell by cell.
    #expect(try shown(one)["title"] == "1")
    #expect(try shown(one)["body"] == "<p>x</p>")
    #expect(try shown(two)["body"] == "<p>less</p>")
    try group.run("360423", "item", "withdraw", one, "--reason", "wrong")
    _ = try group.sync("360423")
    #expect(try shown(one)["state"] == "withdrawn")
    let limit = try #require(try totals()["bytes"]["limit"].int)
    #expect(try Int(used("bytes")) <= limit + 200)
    try expectRecount()
  }

  @Test func `lets pass what answers an order from above`() throws {
    try group.run("360400", "column", "add", "要闻")
    let order = try add("360400", "order")
    try allow(SiteQuota(records: try used("records")))
    let mandate = try group.run(
      "360400", "repost", "issue", order, "--to", "360423", "--column", "要闻")["id"].string
    for _ in 0..<2 { try syncAll() }
    #expect(
      try group.run("360400", "repost", "show", mandate)["sites"][0]["state"] == "reposted")
    #expect(try asides("360423") == [])
  }

  @Test func `bounds attachments, each that is too many refused and told`() throws {
    let small = try group.file("small.bin", octets: 1000)
    let large = try group.file("large.bin", octets: 5000, seed: 2)
    try allow(SiteQuota(blobs: 5, blobOctets: 3000))
    let first = try group.publish("360423", "small", attaching: small)
    let second = try group.publish("360423", "large", attaching: large)
    let report = try group.sync("360423")
    #expect(report["blobs_pushed"] == 1)
    #expect(report["blobs_error"].string.contains("5000/3000"))
    #expect(try group.shows("360400", first))
    #expect(try !group.shows("360400", second))
    #expect(try refusals() == ["blobs PUT quota"])
    #expect(try used("blobs") == 1)
    #expect(try used("blob_bytes") == 1000)
    try expectRecount()
    try allow(SiteQuota(blobs: 5, blobOctets: 6000))
    #expect(try group.shows("360400", second))
    #expect(try used("blob_bytes") == 6000)
    try expectRecount()
  }

  @Test func `counts an attachment once for each site that has it`() throws {
    let file = try group.file("same.bin", octets: 1000)
    let first = try group.publish("360423", "first", attaching: file)
    let second = try group.publish("360423", "second", attaching: file)
    _ = try group.publish("360423-a", "third", attaching: file)
    for _ in 0..<2 { try syncAll() }
    #expect(try used("blobs") == 2)
    for id in [first, second] {
      try purge(id, at: "360423")
      try syncAll()
      try expectRecount()
    }
    #expect(try used("blobs") == 1)
  }
}
