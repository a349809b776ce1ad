@testable import Commands
import FoundationEssentials
import Glibc
import Networking
import NodeCore
import Testing

/// Backups of real directories, while a daemon runs, and what comes back from them.
@Suite struct BackupTests {
  private let shell: Shell

  init() throws {
    shell = try Shell()
  }

  private func path(_ name: String) -> String { "\(shell.directory)/\(name)" }

  private func bytes(_ name: String) throws -> [UInt8] {
    try InputFile.bytes(of: path(name), bytesMax: 1 << 26)
  }

  private func serve(_ name: String) throws -> Daemon { try shell.serve(name) }

  /// A centre that serves, and a county that is enrolled, with one column.
  private func pair() throws -> Daemon {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let daemon = try serve("c")
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://\(daemon.addresses[0])")
    struct Issued: Decodable { let token: String }
    let issued = try AnswerJSON.decode(
      Issued.self,
      from: Array(shell.run("site", "token", "360423", "--dir", "c", "--json").output.utf8))
    #expect(shell.run("enrol", "--dir", "n", "--token", issued.token).status == 0)
    #expect(shell.run("column", "add", "one", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    return daemon
  }

  @Test func `a restored node gets back what it lost since`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    let backup = shell.run("backup", "b.db", "--dir", "n", "--json")
    #expect(backup.status == 0 && backup.output.contains(#""code":"360423""#))
    #expect(shell.run("column", "add", "two", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    let refused = shell.run("restore", "b.db", "--dir", "n", "--json")
    #expect(refused.status == 4 && refused.error.contains("would_replace"))
    #expect(shell.run("restore", "b.db", "--dir", "n", "--force", "--dry-run").status == 0)
    #expect(shell.run("column", "list", "--dir", "n").output.contains("two"))
    #expect(shell.run("restore", "b.db", "--dir", "n", "--force").status == 0)
    #expect(!shell.run("column", "list", "--dir", "n").output.contains("two"))
    #expect(shell.run("column", "add", "three", "--dir", "n").status == 0)
    let synced = shell.run("sync", "--dir", "n", "--json")
    #expect(synced.status == 0 && synced.output.contains(#""in_step":true"#))
    let columns = shell.run("column", "list", "--dir", "n").output
    for name in ["one", "two", "three"] { #expect(columns.contains(name)) }
    #expect(access(path("n/node.db.replaced"), F_OK) == 0)
    #expect(access(path("n/restore.new"), F_OK) != 0)
    #expect(shell.run("verify", "--dir", "n").status == 0)
  }

  @Test func `an old copy put back by hand is told, and rejoins`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    #expect(shell.run("backup", "b.db", "--dir", "n").status == 0)
    #expect(shell.run("column", "add", "two", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    for suffix in ["", "-wal", "-shm"] { unlink(path("n/node.db" + suffix)) }
    #expect(rename(path("b.db"), path("n/node.db")) == 0)
    let told = shell.run("sync", "--dir", "n", "--json")
    #expect(told.status == 4 && told.error.contains("operator_needed"))
    #expect(shell.run("rejoin", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    #expect(shell.run("column", "list", "--dir", "n").output.contains("two"))
  }

  @Test func `a backup is taken from a running daemon, and holds no secret`() throws {
    let daemon = try pair()
    let backup = shell.run("backup", "c.db", "--keys", "c.keys", "--dir", "c", "--json")
    #expect(backup.status == 0)
    #expect(shell.run("backup", "c.db", "--dir", "c").status == 4)
    #expect(shell.run("backup", "c.db", "--dir", "c", "--force").status == 0)
    daemon.stop()
    let keys = try KeyFileVault.read(path("c.keys"))
    let key = try #require(keys.children.first?.key)
    let copy = try bytes("c.db")
    #expect(copy.firstRange(of: Array(key.utf8)) == nil)
    var state = stat()
    for name in ["c.db", "c.keys"] {
      #expect(stat(path(name), &state) == 0 && state.st_size > 0)
    }
    #expect(stat(path("c.keys"), &state) == 0 && state.st_mode & 0o077 == 0)
    // On a new machine: store and keys, and the county goes on as before.
    let restored = shell.run("restore", "c.db", "--keys", "c.keys", "--dir", "c2", "--json")
    #expect(restored.status == 0 && restored.output.contains(#""keys":true"#))
    let second = try serve("c2")
    defer { second.stop() }
    let configuration = #"{ upstream: "http://\#(second.addresses[0])" }"#
    try OutputFile(path("n/sitegroup.json5"), replaces: true).write {
      try OutputFile.create($0, Array(configuration.utf8))
    }
    let synced = shell.run("sync", "--dir", "n", "--json")
    #expect(synced.status == 0 && synced.output.contains(#""in_step":true"#), "\(synced.error)")
  }

  @Test func `what is no backup, or another site's, changes nothing`() throws {
    for (name, code) in [("a", "360423"), ("b", "360424")] {
      _ = shell.run("init", "--dir", name, "--code", code, "--name", "县", "--kind", "county")
    }
    #expect(shell.run("backup", "a.db", "--dir", "a").status == 0)
    let before = try bytes("b/node.db")
    let other = shell.run("restore", "a.db", "--dir", "b", "--force", "--json")
    #expect(other.status == 4 && other.error.contains("other_site"))
    try OutputFile.create(path("text"), Array(repeating: 0x41, count: 5000))
    for file in ["text", "none"] {
      let refused = shell.run("restore", file, "--dir", "b", "--force", "--json")
      #expect(refused.status == 4 || refused.status == 2, "\(refused.error)")
      let fresh = shell.run("restore", file, "--dir", "d", "--json")
      #expect(fresh.status != 0)
      #expect(access(path("d"), F_OK) != 0)
    }
    var torn = try bytes("a.db")
    for place in stride(from: 5000, to: torn.count, by: 64) { torn[place] ^= 0xFF }
    try OutputFile.create(path("torn.db"), torn)
    let refused = shell.run("restore", "torn.db", "--dir", "b", "--force", "--json")
    #expect(refused.status == 4 && refused.error.contains("not_a_backup"), "\(refused.error)")
    #expect(try bytes("b/node.db") == before)
  }

  @Test func `nothing is restored under a running daemon`() throws {
    _ = shell.run("init", "--dir", "a", "--code", "360423", "--name", "县", "--kind", "county")
    #expect(shell.run("backup", "a.db", "--dir", "a").status == 0)
    let daemon = try serve("a")
    defer { daemon.stop() }
    let refused = shell.run("restore", "a.db", "--dir", "a", "--force", "--json")
    #expect(refused.status == 4 && refused.error.contains("store_busy"))
  }
}
