@testable import Commands
import Foundation
import Glibc
import Networking
import NodeCore
import SQLite
import Testing

/// The audit and the operators by real commands, in directories and through a daemon; what is done
/// to the database behind their back is found.
@Suite struct AuditCommandTests {
  private let shell: Shell

  init() throws { shell = try Shell() }

  private func path(_ name: String) -> String { "\(shell.directory)/\(name)" }

  private func serve(_ name: String) throws -> Daemon { try shell.serve(name) }

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
    for name in ["one", "two", "three"] {
      #expect(shell.run("column", "add", name, "--dir", "n", "--operator", "张三").status == 0)
    }
    #expect(shell.run("sync", "--dir", "n").status == 0)
    return daemon
  }

  private func edit(_ sql: String) throws {
    try Connection(path: path("n/node.db"), mode: .existing).script(sql)
  }

  @Test func `what was done to the database is named, with exit status 1`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    let sound = shell.run("audit", "verify", "--dir", "n", "--json")
    #expect(sound.status == 0 && sound.output.contains(#""ok":true"#), "\(sound.output)")
    #expect(sound.output.contains(#""asked":true"#))
    #expect(shell.run("audit", "verify", "--dir", "c").status == 0)
    #expect(shell.run("backup", "kept.db", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    let whole = try Data(contentsOf: URL(filePath: path("kept.db")))
    for (sql, fault) in [
      ("UPDATE audit SET bytes = zeroblob(length(bytes)) WHERE number = 4",
        #"{"fault":"edited","last":4,"number":4"#),
      ("DELETE FROM audit WHERE number = 3", #"{"fault":"missing","last":3,"number":3"#),
      ("""
        UPDATE audit SET number = -1 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 4;
        UPDATE audit SET number = 4 WHERE number = -1
        """, #"{"fault":"swapped","last":2,"number":2"#),
      ("DELETE FROM audit WHERE number > 3", #"{"fault":"cut","#),
      ("DELETE FROM audit WHERE number > 3; DELETE FROM audit_marks", #"{"fault":"cut","#),
    ] {
      for suffix in ["", "-wal", "-shm"] { unlink(path("n/node.db" + suffix)) }
      try whole.write(to: URL(filePath: path("n/node.db")))
      try edit(sql)
      let found = shell.run("audit", "verify", "--dir", "n", "--json")
      #expect(found.status == 1 && found.output.contains(fault), "\(sql): \(found.output)")
      for language in ["zh", "en"] {
        let told = shell.run("audit", "verify", "--dir", "n", "--lang", language)
        #expect(told.status == 1 && !told.output.isEmpty)
      }
    }
  }

  @Test func `a restored backup goes on from its head, and says what it lacks`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    #expect(shell.run("backup", "b.db", "--dir", "n").status == 0)
    for name in ["four", "five"] {
      #expect(shell.run("column", "add", name, "--dir", "n").status == 0)
    }
    #expect(shell.run("sync", "--dir", "n").status == 0)
    let restored = shell.run(
      "restore", "b.db", "--dir", "n", "--force", "--operator", "李四")
    #expect(restored.status == 0, "\(restored.error)")
    #expect(shell.run("sync", "--dir", "n").status == 0)
    let verified = shell.run("audit", "verify", "--dir", "n", "--json")
    #expect(verified.status == 0, "\(verified.output)")
    #expect(verified.output.contains(#""faults":[]"#))
    #expect(verified.output.contains(#""lost":[{"last":"#))
    let list = shell.run("audit", "list", "--kind", "recovery", "--by", "李四", "--dir", "n", "--json")
    #expect(list.output.contains(#""operation":"restore""#))
  }

  @Test func `an export is the whole chain as lines that others can check`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    let exported = shell.run("audit", "export", "audit.jsonl", "--dir", "n", "--json")
    #expect(exported.status == 0)
    let text = try String(contentsOfFile: path("audit.jsonl"), encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(exported.output.contains(#""entries":\#(lines.count)"#) && lines.count >= 5)
    struct Line: Decodable { let number: Int; let digest: String; let octets: String }
    var previous = String(repeating: "0", count: 64)
    for (place, line) in lines.enumerated() {
      let entry = try AnswerJSON.decode(Line.self, from: Array(line.utf8))
      #expect(entry.number == place + 1 && entry.octets.contains(previous))
      previous = entry.digest
    }
    #expect(shell.run("audit", "export", "audit.jsonl", "--dir", "n").status == 4)
  }

  @Test func `operators hold for the command line and the daemon alike`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    for directory in ["c", "n"] {
      func run(_ name: String, _ words: String...) -> Shell.Result {
        shell.run(words + ["--dir", directory, "--operator", name, "--json"])
      }
      let added = run(
        "root", "operator", "add", "张三", "--real-name", "张三", "--roles", "administrator,editor")
      #expect(added.status == 0, "\(added.error)")
      let refused = run("root", "column", "add", "x")
      #expect(refused.status == 4 && refused.error.contains(#""code":"unknown_operator""#))
      let missing = run("张三", "repost", "run")
      #expect(missing.status == 4 && missing.error.contains(#""code":"role_missing""#))
      for language in ["zh", "en"] {
        let told = shell.run(
          "repost", "run", "--dir", directory, "--operator", "张三", "--lang", language)
        #expect(told.error.contains("repost run"))
      }
      #expect(run("张三", "operator", "disable", "张三").error.contains("last_administrator"))
      let listed = run("张三", "audit", "list", "--kind", "refusal")
      for code in ["unknown_operator", "role_missing", "last_administrator"] {
        #expect(listed.output.contains(code))
      }
      #expect(run("张三", "operator", "list").output.contains(#""roles":["editor","administrator"]"#))
    }
    let replaced = shell.run("restore", "none.db", "--dir", "n", "--force", "--operator", "root")
    #expect(replaced.status != 0)
    #expect(shell.run("backup", "b.db", "--dir", "n", "--operator", "张三").status == 0)
    let other = shell.run(
      "restore", "b.db", "--dir", "n", "--force", "--operator", "root", "--json")
    #expect(other.status == 4 && other.error.contains("unknown_operator"))
  }
}
