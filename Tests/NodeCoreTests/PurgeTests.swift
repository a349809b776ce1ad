import Foundation
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// 清除, by its command: who may, and what it leaves.
@Suite struct `A purged item` {
  private let city = "360400"
  private let county = "360423"
  private let other = "360424"

  private func group() throws -> Group {
    let group = try Group()
    try group.add(city, kind: .central)
    for code in [county, other] {
      try group.add(code, under: city)
      try group.run(code, "column", "add", "要闻")
    }
    try group.run(city, "column", "add", "信息", "--modes", "submit")
    try group.sync([county, other], city)
    return group
  }

  private func add(_ group: Group, _ words: String...) throws -> String {
    try group.run(
      county,
      words: ["item", "add", "--column", "要闻", "--title", "泄密", "--body", "<p>一</p>"] + words)[
        "id"
      ].string
  }

  private func purge(
    _ group: Group, _ code: String, _ id: String, dryRun: Bool = false
  ) throws -> JSONAnswer {
    try group.run(
      code, words: ["item", "purge", id, "--reason", "误发", "--wait"], dryRun: dryRun)
  }

  private func expectGone(_ group: Group, _ code: String, _ id: String) throws {
    let shown = try group.run(code, "item", "show", id)
    #expect(shown["state"] == "purged" && shown["reason"] == "误发", "\(code)")
    for name in ["title", "body", "published_at"] { #expect(shown[name].isMissing, "\(code)") }
    #expect(shown["attachments"].count == 0 && shown["has_draft"] == false)
    for operation in ["history", "trace"] {
      let versions = try group.run(code, "item", operation, id)["versions"]
      #expect(versions.count == 1 && versions[0]["state"] == "purged")
      #expect(versions[0]["title"] == "" && versions[0]["changed"].strings == ["purge"])
    }
    #expect(try group.run(code, "item", "list")["items"].count == 0)
    for option in [["--all"], ["--state", "purged"], ["--state", "purged", "--origin", county]] {
      let rows = try group.run(code, words: ["item", "list"] + option)["items"]
      #expect(rows.count == 1 && rows[0]["id"].string == id && rows[0]["state"] == "purged")
      #expect(rows[0]["title"] == "")
    }
    #expect(try group.run(code, "item", "list", "--state", "draft")["items"].count == 0)
  }

  @Test func `is purged by its origin, once, and says so wherever it is asked for`() throws {
    let group = try group()
    let id = try add(group, "--publish")
    try group.sync([county, other], city)
    #expect(try purge(group, county, id, dryRun: true)["changed"] == true)
    #expect(try group.run(county, "item", "show", id)["title"] == "泄密")
    let answer = try purge(group, county, id)
    #expect(answer["changed"] == true && answer["state"] == "purged")
    #expect(answer["sites"].count > 0)
    #expect(try purge(group, county, id)["changed"] == false)
    try expectGone(group, county, id)
    for words in [
      ["edit", id, "--title", "x"], ["edit", id, "--draft", "--title", "x"],
      ["withdraw", id, "--reason", "x"], ["reissue", id], ["archive", id],
    ] {
      #expect(throws: Refusal.self) { try group.run(county, words: ["item"] + words) }
    }
    #expect(try group.refusal(county, "submit", id, "--to", "\(city):信息") == .wrongState)
    try group.sync([county], city)
    try expectGone(group, city, id)
    let told = try group.run(county, "audit", "list", "--limit", "1000")["entries"].list
    #expect(told.contains { $0["operation"] == "item purge" && $0["subject"].string == id })
  }

  @Test func `is purged from above, with the working copy and what was offered`() throws {
    let group = try group()
    let id = try add(group, "--publish")
    let offer = try group.run(county, "submit", id, "--to", "\(city):信息")["id"].string
    try group.sync([county], city)
    try group.run(county, "item", "edit", id, "--draft", "--title", "泄密二")
    #expect(try group.refusal(other, "item", "purge", id, "--reason", "误发") == .unknownID)
    let foreign = try group.run(
      other, "item", "add", "--column", "要闻", "--title", "b", "--body", "b", "--publish")
    try group.sync([other], city)
    #expect(try group.refusal(city, "item", "purge", "zzzz", "--reason", "误发") == .unknownID)
    let long = String(repeating: "x", count: Purge.reasonOctetsMax + 1)
    #expect(throws: Refusal.self) {
      try group.run(city, "item", "purge", id, "--reason", long)
    }
    try group.run(city, "item", "purge", foreign["id"].string, "--reason", "x")
    #expect(try purge(group, city, id)["changed"] == true)
    #expect(try group.run(city, "review", "show", offer)["title"] == "")
    #expect(try group.refusal(city, "review", "adopt", offer) == .wrongState)
    try group.sync([county], city)
    try expectGone(group, county, id)
    #expect(try group.run(county, "review", "show", offer)["content"]["title"].isMissing)
    for code in [city, county] {
      let purged = try snapshots(group, code).map(\.isPurged)
      #expect(purged == [true], "\(code)")
    }
    try group.expectFingerprintsTrue([city, county])
  }

  private func snapshots(_ group: Group, _ code: String) throws -> [Record] {
    var found: [Record] = []
    try #require(group.nodes[code]).store.read { snapshot in
      try snapshot.records(of: .snapshot) { found.append($0.record) }
    }
    return found
  }

  @Test func `is nobody's beside and below, and what is offered after it is purged as it comes`()
    throws
  {
    let group = try group()
    let id = try add(group, "--publish")
    try group.sync([county], city)
    try group.run(city, "repost", "issue", id, "--to", other)
    try group.sync([other], city)
    #expect(try group.refusal(other, "item", "purge", id, "--reason", "误发") == .notOwner)
    try group.run(county, "submit", id, "--to", "\(city):信息")
    _ = try purge(group, city, id)
    // Before the county has heard of the purge: should its line be cut there.
    var arrived: [Bool] = []
    _ = try group.measured(
      county, city,
      meanwhile: { call in
        guard call.endpoint == .push else { return }
        arrived += try snapshots(group, city).map(\.isPurged)
      })
    #expect(arrived.first == true && !arrived.contains(false))
    try group.sync([county, other], city)
    for code in [city, county] {
      let purged = try snapshots(group, code).map(\.isPurged)
      #expect(purged == [true], "\(code)")
    }
    try expectGone(group, other, id)
  }

  @Test func `comes back by no late edit, no old copy and no backup`() throws {
    let group = try group()
    let id = try add(group, "--publish")
    try group.sync([county], city)
    let backups = try [city, county].map { try group.copy($0) }
    _ = try purge(group, county, id)
    try group.run(city, "item", "hold", id, "--reason", "late")
    try group.sync([county], city)
    for code in [city, county] { try expectGone(group, code, id) }
    try group.bringBack(county, backups[1])
    try group.run(county, "item", "edit", id, "--title", "again")
    try #require(group.nodes[county]).rejoin()
    try group.sync([county], city)
    for code in [city, county] { try expectGone(group, code, id) }
    try group.bringBack(city, backups[0])
    try #require(group.nodes[city]).rejoin()
    #expect(try group.run(city, "item", "show", id)["title"] == "泄密")
    try group.sync([county], city)
    for code in [city, county] { try expectGone(group, code, id) }
  }

  @Test func `may be a draft that was never published, and its external id is dead`() throws {
    let node = try GroupNode("360423")
    try node.run("column", "add", "要闻")
    let id = try node.run(
      "item", "add", "--column", "要闻", "--title", "泄密", "--body", "b", "--external-id", "7")[
        "id"
      ].string
    #expect(try node.run("item", "purge", id, "--reason", "误发", dryRun: true)["changed"] == true)
    #expect(try node.run("item", "show", id)["has_draft"] == true)
    try node.run("item", "purge", id, "--reason", "误发")
    #expect(try node.run("item", "show", id)["has_draft"] == false)
    #expect(try node.run("item", "publish", id)["changed"] == false)
    for state in ["draft", "published"] {
      let file = try node.file(
        "import.jsonl",
        #"{"external_id":"7","column":"要闻","title":"泄密","body":"b","state":"\#(state)"}"# + "\n")
      _ = try? node.run("item", "import", file)
      #expect(try node.run("item", "show", id)["state"] == "purged", "\(state)")
      #expect(try node.run("item", "show", id)["has_draft"] == false, "\(state)")
    }
  }
}
