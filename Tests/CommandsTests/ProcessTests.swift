@testable import Commands
import Foundation
import Networking
import NodeCore
import Testing

/// The program itself, several of it at once on one node's directory.
@Suite struct ProcessTests {
  private let shell: Shell

  init() throws {
    shell = try Shell()
  }

  /// Beside the tests, where the build puts both.
  private func program() throws -> URL {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = URL(fileURLWithPath: tests).deletingLastPathComponent()
    let program = folder.appendingPathComponent("sitegroup")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path)")
    return program
  }

  private func begin(_ words: [String]) throws -> (process: Process, output: Pipe) {
    let process = Process()
    process.executableURL = try program()
    process.arguments = words + ["--json"]
    process.currentDirectoryURL = URL(fileURLWithPath: shell.directory)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output)
  }

  private func end(_ one: (process: Process, output: Pipe)) -> (status: Int32, text: String) {
    let text = String(
      decoding: one.output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    one.process.waitUntilExit()
    return (one.process.terminationStatus, text)
  }

  private func item(_ title: String) -> [String] {
    [
      "item", "add", "--dir", "n", "--column", "要闻", "--title", title, "--body", "<p>b</p>",
      "--publish",
    ]
  }

  @Test func `a command waits for the process that owns the directory`() throws {
    _ = shell.run("init", "--dir", "n", "--code", "360423", "--name", "县", "--kind", "central")
    #expect(shell.run("column", "add", "要闻", "--dir", "n").status == 0)
    var lock = try DirectoryLock.take(NodeDirectory(path: "\(shell.directory)/n"))
    #expect(lock != nil)
    let waiting = try (0..<2).map { try begin(item("item \($0)")) }
    // Far longer than a command takes that does not wait.
    usleep(700_000)
    for one in waiting { #expect(one.process.isRunning) }
    lock = nil
    for one in waiting {
      let result = end(one)
      #expect(result.status == 0, "\(result.text)")
    }
    let list = shell.run("item", "list", "--all", "--dir", "n", "--json").output
    #expect(list.contains("item 0") && list.contains("item 1"))
  }

  @Test func `commands that are called at once on one node all do what they say`() throws {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let directory = NodeDirectory(path: "\(shell.directory)/c")
    let lock = try #require(try DirectoryLock.take(directory))
    let daemon = try Daemon(
      nodes: [try OpenNode(directory, lock: lock, language: .en)], sockets: [directory.socketPath],
      listen: [.tcp(host: "127.0.0.1", port: 0)], isRoot: false,
      log: Log(isJSON: false, offsetMinutes: 0, now: { 0 }, write: { _ in }))
    try daemon.start()
    defer { daemon.stop() }
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://\(daemon.addresses[0])")
    struct Issued: Decodable { let token: String }
    let issued = shell.run("site", "token", "360423", "--dir", "c", "--json")
    let token = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).token
    #expect(shell.run("enrol", "--dir", "n", "--token", token).status == 0)
    #expect(shell.run("column", "add", "要闻", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)

    for round in 0..<2 {
      let lines =
        (0..<3).map { item("round \(round) item \($0)") }
        + Array(repeating: ["sync", "--dir", "n"], count: 3)
      let running = try lines.map { try begin($0) }
      for (line, one) in zip(lines, running) {
        let result = end(one)
        #expect(result.status == 0, "\(line): \(result.text)")
      }
    }
    let last = shell.run("sync", "--dir", "n", "--json")
    #expect(last.status == 0 && last.output.contains(#""in_step":true"#))
    for name in ["n", "c"] {
      let list = shell.run("item", "list", "--all", "--dir", name, "--json").output
      for round in 0..<2 {
        for number in 0..<3 {
          let parts = list.components(separatedBy: "round \(round) item \(number)")
          #expect(parts.count == 2, "\(name): \(round) \(number)")
        }
      }
      #expect(shell.run("verify", "--dir", name).status == 0)
    }
  }
}
