import FoundationEssentials
import Networking
import NodeCore
import Synchronization
import Testing

@testable import Commands

/// Every secret of two nodes, looked for wherever one could have got to.
@Suite struct `Secrets` {
  private let shell: Shell
  private let said = Said()

  private final class Said: Sendable {
    private let text = Mutex("")
    func append(_ more: String) { text.withLock { $0 += more } }
    var all: String { text.withLock { $0 } }
  }

  init() throws { shell = try Shell() }

  private func serve(_ name: String) throws -> Daemon {
    let said = said
    return try shell.serve(name, isJSON: true) { said.append($0) }
  }

  /// What a line prints and complains of is searched too.
  @discardableResult
  private func run(_ words: String...) -> Shell.Result {
    let result = shell.run(words)
    said.append(result.output + result.error)
    return result
  }

  /// Tokens are shown once, to whoever asked for them.
  private func token(_ code: String) throws -> String {
    struct Issued: Decodable { let token: String }
    let shown = shell.run("site", "token", code, "--dir", "c", "--json").output
    return try AnswerJSON.decode(Issued.self, from: Array(shown.utf8)).token
  }

  private func keys(_ name: String) throws -> [String] {
    let file = try KeyFileVault(directory: "\(shell.directory)/\(name)").load()
    let links = [file.upstream].compactMap { $0 } + file.children
    return links.flatMap { [$0.key, $0.next?.key, $0.previous?.key].compactMap { $0 } }
      + file.tokens.compactMap(\.secret)
  }

  private func octets(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test func `no key, token or password is in database, backup, log, answer or error`() throws {
    run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let daemon = try serve("c")
    run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://\(daemon.addresses[0])")
    var secrets = [try token("360423"), try token("360424")]
    try Data(secrets[0].utf8).write(to: URL(filePath: "\(shell.directory)/token"))
    run("enrol", "--dir", "n", "--token", String(secrets[1].reversed()))
    #expect(run("enrol", "--dir", "n", "--token-file", "\(shell.directory)/token").status == 0)
    #expect(run("enrol", "--dir", "n", "--token-file", "\(shell.directory)/token").status == 4)
    run("column", "add", "要闻", "--dir", "n")
    #expect(run("sync", "--dir", "n").status == 0)
    secrets += try keys("n")
    #expect(run("key", "rotate", "--dir", "n").status == 0)
    #expect(run("sync", "--dir", "n", "--json").status == 0)
    run("audit", "list", "--dir", "c")
    run("status", "--dir", "n")
    #expect(run("backup", "\(shell.directory)/backup", "--dir", "n").status == 0)
    daemon.stop()
    run("sync", "--dir", "n")
    secrets += try keys("n") + keys("c")
    try FileManager.default.removeItem(atPath: "\(shell.directory)/token")
    #expect(Set(secrets).count >= 5)
    for secret in Set(secrets) { try expectNowhere(secret) }
  }

  private func expectNowhere(_ secret: String) throws {
    var wanted = [Array(secret.utf8)]
    if secret.utf8.count == 64 { wanted.append(octets(secret)) }
    let files = try FileManager.default.subpathsOfDirectory(atPath: shell.directory)
    var places = files.filter { !$0.hasSuffix("keys.json") }.compactMap { path in
      FileManager.default.contents(atPath: "\(shell.directory)/\(path)").map { (path, [UInt8]($0)) }
    }
    #expect(places.contains { $0.0.hasSuffix("node.db") } && places.contains { $0.0 == "backup" })
    places.append(("what was said", Array(said.all.utf8)))
    for (place, octets) in places {
      for one in wanted {
        #expect(octets.firstRange(of: one) == nil, "a secret of \(one.count) octets in \(place)")
      }
    }
  }
}
