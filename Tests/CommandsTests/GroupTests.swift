@testable import Commands
import FoundationEssentials
import Networking
import NodeCore
import Testing

/// The program's own lines against the program's own daemon, over loopback.
@Suite struct `Two nodes and their commands` {
  private let shell: Shell

  init() throws {
    shell = try Shell()
  }

  private func serve(_ name: String) throws -> Daemon { try shell.serve(name) }

  private func token(_ json: String) throws -> String {
    struct Issued: Decodable { let token: String }
    return try AnswerJSON.decode(Issued.self, from: Array(json.utf8)).token
  }

  @Test func `a command answers the same with and without a daemon`() throws {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let added = shell.run("column", "add", "政务资讯/要闻", "--dir", "c")
    #expect(added.status == 0)
    let lines = [
      ["column", "list", "--json"], ["site", "list", "--lang", "zh"],
      ["column", "show", "none", "--json"], ["site", "token", "--json"],
    ]
    let alone = lines.map { shell.run($0 + ["--dir", "c"]) }
    let daemon = try serve("c")
    let served = lines.map { shell.run($0 + ["--dir", "c"]) }
    daemon.stop()
    #expect(alone.map(\.status) == served.map(\.status))
    #expect(alone.map(\.output) == served.map(\.output))
    #expect(alone.map(\.error) == served.map(\.error))
    #expect(alone[0].output.contains("政务资讯/要闻"))
  }

  @Test func `a county enrols, pushes and pulls; without the line it says so and exits 3`() throws {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let daemon = try serve("c")
    let url = "http://\(daemon.addresses[0])"
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", url)
    let early = shell.run("sync", "--dir", "n", "--json")
    #expect(early.status == 4 && early.error.contains("not_enrolled"))
    let wrong = shell.run("enrol", "--dir", "n", "--token", "abc", "--json")
    #expect(wrong.status == 4 && wrong.error.contains("token_invalid"))
    let issued = shell.run("site", "token", "360423", "--dir", "c", "--json")
    let enrolled = shell.run("enrol", "--dir", "n", "--token", try token(issued.output))
    #expect(enrolled.status == 0)
    #expect(shell.run("column", "add", "政务动态", "--dir", "n").status == 0)
    let synced = shell.run("sync", "--dir", "n", "--json")
    #expect(synced.status == 0)
    #expect(synced.output.contains(#""in_step":true"#))
    #expect(shell.run("column", "list", "--all", "--dir", "c").output.contains("政务动态"))
    daemon.stop()
    let cut = shell.run("sync", "--dir", "n", "--json")
    #expect(cut.status == 3 && cut.error.contains(#""code":"unreachable""#))
  }
}
