import Bytes
import Foundation
import NodeCore
import Storage
import Testing

/// 网页防篡改: whoever can write into the web server's directory is found out.
@Suite struct `Tampering with pages` {
  private let site: PageSite
  private let ids: [String]

  init() throws {
    let site = try PageSite()
    self.site = site
    ids = try ["一", "二", "三", "四"].map { try site.add($0) }
    try site.publish()
  }

  /// The same page with another text and a trailer that fits it.
  private func forged(_ path: String) throws -> String {
    let text = try site.text(path).replacing("的正文", with: "的假话")
    let end = try #require(text.range(of: "<!-- sitegroup:", options: .backwards)).lowerBound
    let body = String(text[..<end])
    let digest = DigestAlgorithm.sha256.digest(Array(body.utf8))
    return body + "<!-- sitegroup:sha-256 \(digest) -->\n"
  }

  @Test func `what is changed, forged, missing or foreign is named`() throws {
    #expect(try site.check().status == 0)
    let pages = ids.map(site.page)
    try site.write(try site.text(pages[0]) + " ", pages[0])
    try site.write(try forged(pages[1]), pages[1])
    try site.remove(pages[2])
    try site.remove(pages[3])
    try FileManager.default.createSymbolicLink(
      atPath: site.path(pages[3]), withDestinationPath: "/etc/hostname")
    try site.write("<?php system($_GET[0]); ?>", "item/shell.php")
    try site.write("x", "feed.xml")
    try FileManager.default.createDirectory(
      atPath: site.path(".hidden"), withIntermediateDirectories: true)
    try site.write("x", ".hidden/x")
    let (status, found) = try site.check()
    let expected: [PageSite.Checked.Damage] = [
      .init(pages[0], "changed"), .init(pages[1], "forged"), .init(pages[2], "missing"),
      .init(pages[3], "missing"), .init("item/shell.php", "foreign"), .init("feed.xml", "changed"),
      .init(".hidden/x", "foreign"),
    ]
    #expect(status == 1 && !found.ok)
    #expect(found.damaged == expected.sorted { $0.path < $1.path })
    #expect(site.run("status", "--json").output.contains("\"damaged\":7"))
    let told = site.shell.run("page", "check", "--lang", "en").output
    #expect(told.contains("changed, its digest forged  \(pages[1])"))
  }

  @Test func `a repair writes anew what was published, and only names what was not`() throws {
    let pages = ids.map(site.page)
    let original = try pages.map(site.text)
    try site.write(try forged(pages[0]), pages[0])
    try site.remove(pages[1])
    try site.write("x", "foreign.html")
    #expect(try site.check("--repair", "--dry-run").answer.damaged.count == 3)
    #expect(!site.exists(pages[1]))
    let (status, repaired) = try site.check("--repair")
    #expect(status == 1 && repaired.repaired == 2 && repaired.damaged.count == 3)
    #expect(try pages.map(site.text) == original)
    #expect(try site.text("foreign.html") == "x")
    try site.remove("foreign.html")
    #expect(try site.check().status == 0)
    try FileManager.default.removeItem(atPath: site.path(""))
    let all = try site.check("--repair")
    #expect(all.status == 0 && all.answer.ok && all.answer.repaired == 11)
    #expect(try pages.map(site.text) == original)
  }

  @Test func `nothing is written or removed beyond a link out of the directory`() throws {
    let outside = site.shell.directory + "/outside"
    try FileManager.default.moveItem(atPath: site.path("item"), toPath: outside)
    try FileManager.default.createSymbolicLink(
      atPath: site.path("item"), withDestinationPath: outside)
    let inner = { (id: String) in "\(outside)/360423/\(id.prefix(2))/\(id).html" }
    let before = try ids.map { try String(contentsOfFile: inner($0), encoding: .utf8) }
    #expect(try site.check().answer.damaged.count == 5)
    #expect(site.shell.run("page", "publish", "--all").status == 4)
    #expect(try ids.map { try String(contentsOfFile: inner($0), encoding: .utf8) } == before)
    site.run("item", "withdraw", ids[0], "--reason", "x")
    _ = site.shell.run("page", "publish")
    #expect(FileManager.default.fileExists(atPath: inner(ids[0])))
  }

  /// As a process leaves it that is killed before and after it moved a file into place.
  @Test func `a round that was broken off accuses nobody, and is finished by the next`() throws {
    let page = site.page(ids[0])
    let manifest = PageManifest(path: site.shell.directory + "/pages.db")
    let folder = PageSettings.canonical(site.shell.directory + "/www")
    let row = try #require(try manifest.row(in: folder, path: page))
    let next = Array("the next".utf8)
    let other = "item/360423/zz/new.html"
    func pending(_ path: String, _ old: Digest?, _ pending: PageRow.Pending) -> PageRow {
      PageRow(
        path: path, item: nil, source: row.source, algorithm: .sha256, digest: old,
        pending: pending, publishedAt: 0)
    }
    let writing = PageRow.Pending.writing(DigestAlgorithm.sha256.digest(next))
    try manifest.intend(
      [
        pending(page, row.digest, writing), pending(other, nil, writing),
        pending(site.page(ids[1]), row.digest, .removing),
      ], in: folder)
    try site.remove(site.page(ids[1]))
    try FileManager.default.createDirectory(
      atPath: site.path(".sitegroup"), withIntermediateDirectories: true)
    try site.write("half", ".sitegroup/3")
    #expect(try site.check().answer.ok)
    try site.write("the next", page)
    #expect(try site.check().answer.ok)
    #expect(try site.publish() == .init(2, 1, 9))
    #expect(try site.check().answer.ok)
    #expect(try site.text(page).contains("一的正文"))
    #expect(site.exists(site.page(ids[1])))
  }
}
