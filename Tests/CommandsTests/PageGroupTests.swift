@testable import Commands
import Foundation
import Networking
import NodeCore
import Testing

/// What a centre's pages show of other sites' items.
@Suite struct `Pages of a centre` {
  private let shell: Shell

  init() throws { shell = try Shell() }

  private struct Identified: Decodable { let id: String }
  private struct Offers: Decodable { let submissions: [Identified] }

  private func id(_ result: Shell.Result) throws -> String {
    #expect(result.status == 0, "\(result.error)")
    return try AnswerJSON.decode(Identified.self, from: Array(result.output.utf8)).id
  }

  private func page(_ item: String) -> String? {
    let path = "\(shell.directory)/www/item/360423/\(item.prefix(2))/\(item).html"
    return try? String(contentsOfFile: path, encoding: .utf8)
  }

  private func publish() {
    let published = shell.run("page", "publish", "--dir", "c", "--to", "www")
    #expect(published.status == 0, "\(published.error)")
  }

  @Test func `what was adopted shows until its successor is, a hold hides it at once`() throws {
    struct Issued: Decodable { let token: String }
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江", "--kind", "central")
    _ = shell.run("column", "add", "要闻", "--dir", "c")
    let directory = NodeDirectory(path: "\(shell.directory)/c")
    let node = try OpenNode(
      directory, lock: try #require(try DirectoryLock.take(directory)), language: .en)
    let daemon = try Daemon(
      nodes: [node], sockets: [directory.socketPath],
      listen: [.tcp(host: "127.0.0.1", port: 0)], isRoot: false,
      log: Log(isJSON: false, offsetMinutes: 0, now: { 0 }, write: { _ in }))
    try daemon.start()
    let url = "http://\(daemon.addresses[0])"
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁", "--kind", "county", "--upstream",
      url)
    let token = try AnswerJSON.decode(
      Issued.self,
      from: Array(shell.run("site", "token", "360423", "--dir", "c", "--json").output.utf8)).token
    #expect(shell.run("enrol", "--dir", "n", "--token", token).status == 0)
    _ = shell.run("column", "add", "动态", "--dir", "n")
    let item = try id(
      shell.run(
        "item", "add", "--dir", "n", "--column", "动态", "--title", "原题", "--body", "<p>原文</p>",
        "--published-at", "2024-05-20", "--publish", "--json"))
    #expect(shell.run("sync", "--dir", "n").status == 0)
    #expect(shell.run("submit", item, "--to", "要闻", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    publish()
    #expect(page(item) == nil)
    let offers = shell.run("review", "list", "--dir", "c", "--json").output
    let offer = try #require(
      try AnswerJSON.decode(Offers.self, from: Array(offers.utf8)).submissions.first)
    #expect(shell.run("review", "adopt", offer.id, "--dir", "c").status == 0)
    publish()
    #expect(page(item)?.contains("<p>原文</p>") == true)
    _ = shell.run("item", "edit", item, "--title", "新题", "--body", "<p>新文</p>", "--dir", "n")
    #expect(shell.run("sync", "--dir", "n").status == 0)
    publish()
    #expect(page(item)?.contains("<p>原文</p>") == true && page(item)?.contains("新") == false)
    _ = shell.run("item", "hold", item, "--reason", "x", "--dir", "c")
    publish()
    #expect(page(item) == nil)
    _ = shell.run("item", "release", item, "--dir", "c")
    publish()
    #expect(page(item)?.contains("原题") == true)
    daemon.stop()
  }
}
