import Foundation
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// What a purge leaves on the disks: nothing of it, plain or deflated.
@Suite struct `Octets of a purged item` {
  private let group: BlobGroup
  private let codes = ["360400", "360423", "360424"]
  private let secret = "zqx-secret-7d1f"

  init() throws {
    group = try BlobGroup([("360400", nil), ("360423", "360400"), ("360424", "360400")])
    for code in codes { try group.run(code, "column", "add", "要闻", "--modes", "submit") }
    try syncAll()
  }

  private func syncAll() throws { for code in codes[1...] + codes[1...] { try group.sync(code) } }

  /// Every file of a node, by its name.
  private func files(_ code: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = FileManager.default.enumerator(atPath: group.directory.path)
    for name in names?.compactMap({ $0 as? String }) ?? [] where name.hasPrefix(code) {
      let url = group.directory.appending(path: name)
      if let data = try? Data(contentsOf: url) { files[name] = data }
    }
    return files
  }

  /// Pieces of all that a node holds of the item: as it was written, and as it is stored.
  private func pieces(_ code: String) throws -> [Data] {
    var pieces = [Data(secret.utf8)]
    try group.node(code).store.read { snapshot in
      var rows: [Int64] = []
      for kind in [RecordKind.item, .snapshot] {
        try snapshot.records(of: kind) { rows.append($0.row) }
      }
      for row in rows {
        var forms = [try snapshot.packed(row: row)?.bytes ?? []]
        try snapshot.connection.each(
          "SELECT bytes FROM versions WHERE record = ?", [.integer(row)]
        ) { forms.append($0.blob(0)) }
        // Behind the head, which other records may begin with too.
        pieces += forms.filter { $0.count > 120 }.map { Data($0[80..<112]) }
      }
    }
    return pieces
  }

  private func places(_ code: String, of pieces: [Data]) throws -> [String] {
    try files(code).filter { _, data in
      pieces.contains { data.range(of: $0) != nil }
    }.map(\.key).sorted()
  }

  @Test func `are in no database, log, blob, version, working copy, snapshot or audit`() throws {
    let text = (0..<40).map { "<p>\(secret) \($0 &* 2_654_435_761) 正文</p>" }.joined()
    let file = group.directory.appending(path: "表.txt")
    try Data(String(repeating: secret + "\n", count: 200).utf8).write(to: file)
    func edit(_ id: String, _ more: String...) throws {
      try group.run("360423", words: ["item", "edit", id, "--body", text + more[0]] + more[1...])
    }
    let id = try group.run(
      "360423", "item", "add", "--column", "要闻", "--title", secret, "--body", text, "--attach",
      file.path, "--published-at", "2023-11-14")["id"].string
    try edit(id, "<p>二</p>")
    try group.run("360423", "item", "publish", id)
    try edit(id, "<p>三</p>")
    let offer = try group.run("360423", "submit", id, "--to", "360400:要闻")["id"].string
    try edit(id, "<p>四</p>", "--draft")
    for number in 0..<30 {
      try group.run(
        "360423", "item", "add", "--column", "要闻", "--title", "其他\(number)", "--body",
        "<p>其他\(number)</p>", "--published-at", "2023-11-14", "--publish")
    }
    try syncAll()
    try group.run("360400", "review", "adopt", offer)
    try group.run("360400", "repost", "issue", id, "--to", "360424")
    try syncAll()
    var pieces: [String: [Data]] = [:]
    for code in codes {
      pieces[code] = try self.pieces(code)
      let found = try places(code, of: pieces[code] ?? [])
      #expect(found.contains { $0.hasPrefix("\(code).db.blobs/") }, "\(code): \(found)")
      #expect(found.contains { !$0.contains("/") }, "\(code): \(found)")
    }
    try group.run("360423", "item", "purge", id, "--reason", "误发")
    #expect(try places("360423", of: pieces["360423"] ?? []) == [])
    try syncAll()
    // In the daemon of a node that children call, its own loop does this.
    try group.node("360400").collectDroppedBlobs()
    for code in codes {
      #expect(try group.run(code, "item", "show", id)["state"] == "purged")
      #expect(try places(code, of: pieces[code] ?? []) == [], "\(code)")
      let export = group.directory.appending(path: "\(code)-audit.jsonl")
      try group.run(code, "audit", "export", export.path)
      #expect(try places(code, of: pieces[code] ?? []) == [], "\(code)")
      #expect(try group.run(code, "verify")["ok"] == true, "\(code)")
    }
  }

  @Test func `leave the log once a reader of it has gone`() throws {
    let id = try group.run(
      "360423", "item", "add", "--column", "要闻", "--title", secret, "--body", "<p>x</p>",
      "--published-at", "2023-11-14", "--publish")["id"].string
    let node = try group.node("360423")
    var reader: Connection? = try Connection(path: node.store.path, mode: .existing)
    try reader?.script("BEGIN; SELECT count(*) FROM records")
    try group.run("360423", "item", "purge", id, "--reason", "误发")
    #expect(try places("360423", of: [Data(secret.utf8)]) != [])
    reader = nil
    try group.run("360423", "column", "add", "通知")
    #expect(try places("360423", of: [Data(secret.utf8)]) == [])
  }

  @Test func `of an attachment that another item has stay`() throws {
    let file = try group.file("a.bin", octets: 3000)
    let first = try group.publish("360423", "one", attaching: file)
    let second = try group.publish("360423", "two", attaching: file)
    try group.run("360423", "item", "purge", first, "--reason", "误发")
    #expect(try group.files("360423").whole.count == 1)
    #expect(try group.shows("360423", second))
    try group.run("360423", "item", "purge", second, "--reason", "误发")
    #expect(try group.files("360423").whole.isEmpty)
  }
}
