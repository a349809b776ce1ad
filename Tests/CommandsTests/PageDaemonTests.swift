@testable import Commands
import Foundation
import Networking
import NodeCore
import Storage
import Testing

/// Pages that a daemon publishes by itself.
@Suite struct `A daemon's pages` {
  private let site: PageSite
  private let lines = Lock("")

  init() throws { site = try PageSite("check_every: '1s'") }

  private func serve() throws -> Daemon {
    let lines = lines
    return try site.shell.serve(".") { line in lines.withLock { $0 += line } }
  }

  /// Looks every 10 ms, for so long as a busy machine may need.
  private func comes(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1500 {
      if try condition() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func `what changes is published soon, and what was tampered with is told once`() throws {
    let daemon = try serve()
    #expect(comes { site.exists("index.html") })
    let id = try site.add("一")
    #expect(comes { site.exists(site.page(id)) })
    site.run("item", "withdraw", id, "--reason", "x")
    #expect(comes { !site.exists(site.page(id)) })
    #expect(comes { lines.withLock { $0.contains("info pages_published site=360423") } })
    // When a round of publishing has just ended, it may still be noted.
    #expect(comes { site.shell.run("status", "--json").output.contains("\"checked_at\":\"") })
    try site.write("<script>", "shell.php")
    #expect(
      comes {
        lines.withLock { $0.contains("error page_damaged site=360423 path=shell.php what=foreign") }
      })
    #expect(site.run("status", "--json").output.contains("\"damaged\":1"))
    let checked = site.run("status", "--json").output
    #expect(comes { site.shell.run("status", "--json").output != checked })
    #expect(lines.withLock { $0.components(separatedBy: "page_damaged").count } == 2)
    try site.remove("shell.php")
    #expect(comes { lines.withLock { $0.contains("pages_sound") } })
    daemon.stop()
  }

  @Test func `what is killed on the way accuses nobody, and the next round goes on`() throws {
    let items = (0..<300).map { number in
      "{\"external_id\":\"\(number)\",\"column\":\"政务动态/县区要闻\",\"title\":\"第\(number)条\","
        + "\"body\":\"x\",\"published_at\":\"2024-05-20\"}"
    }
    let file = site.shell.directory + "/lines"
    try items.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    _ = site.shell.run("item", "import", file)
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("sitegroup")
    var counts: [Int] = []
    for delay in [30, 60, 90, 120] as [UInt32] {
      let process = Process()
      process.executableURL = program
      process.arguments = ["page", "publish", "--all"]
      process.currentDirectoryURL = URL(fileURLWithPath: site.shell.directory)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(delay * 1000)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let (status, found) = try site.check()
      #expect(status == 0 && found.damaged.isEmpty, "\(found.damaged.prefix(3))")
      counts.append(FileManager.default.subpaths(atPath: site.path("."))?.count ?? 0)
    }
    try site.publish()
    #expect(try site.publish() == .init(0, 0, 321))
    #expect(try site.check().answer.ok)
    // Some were killed on the way.
    #expect(Set(counts).count > 1, "\(counts)")
  }
}
