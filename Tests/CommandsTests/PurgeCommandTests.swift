import Foundation
import NodeCore
import Testing

/// 清除 at the command line of a site that publishes its pages.
@Suite struct `The command item purge` {
  private let site: PageSite
  private let secret = "zqx-secret-7d1f"

  init() throws { site = try PageSite() }

  /// Files of the node, its pages among them, that hold the secret.
  private func places() -> [String] {
    let directory = site.shell.directory
    let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }
    return (names ?? []).filter { name in
      let data = FileManager.default.contents(atPath: "\(directory)/\(name)")
      return data?.range(of: Data(secret.utf8)) != nil
    }.sorted()
  }

  @Test func `leaves nothing in the node's directory, the published pages or the audit`() throws {
    let id = try site.add(secret)
    _ = try site.add("其他")
    try site.publish()
    #expect(places().contains { $0.hasPrefix("www/") })
    let missing = site.shell.run(["item", "purge", id])
    #expect(missing.status != 0)
    let dry = site.run("item", "purge", id, "--reason", "误发", "--dry-run")
    #expect(dry.output.contains("purged") || dry.output.contains("清除"))
    #expect(places().contains { $0.hasPrefix("www/") })
    site.run("item", "purge", id, "--reason", "误发")
    try site.publish()
    site.run("audit", "export", site.shell.directory + "/audit.jsonl")
    #expect(places() == [])
    #expect(!site.exists(site.page(id)))
    let again = site.run("item", "purge", id, "--reason", "误发")
    #expect(again.output.contains("unchanged") || again.output.contains("没有变化"))
    #expect(try site.check().answer.ok)
  }
}
