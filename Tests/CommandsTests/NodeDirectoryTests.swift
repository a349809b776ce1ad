@testable import Commands
import FoundationEssentials
import Glibc
import NodeCore
import Testing

@Suite struct `A node's directory` {
  private let shell: Shell

  init() throws {
    shell = try Shell()
  }

  @Test func `only one process owns it at a time`() throws {
    let directory = NodeDirectory(path: shell.directory)
    var first = try DirectoryLock.take(directory)
    #expect(first != nil)
    #expect(try DirectoryLock.take(directory) == nil)
    #expect(throws: Refusal(.storeBusy, shell.directory)) {
      try DirectoryLock.wait(for: directory, milliseconds: 0) { nil as Int? }
    }
    first = nil
    #expect(try DirectoryLock.take(directory) != nil)
  }

  @Test func `it is free once its owner lets go, whoever else still has its file open`() throws {
    let directory = NodeDirectory(path: shell.directory)
    var lock = try DirectoryLock.take(directory)
    let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first { name in
      let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
      return file?.hasSuffix("\(shell.directory.split(separator: "/").last ?? "")/lock") == true
    }
    let copy = dup(try #require(held.flatMap { Int32($0) }))
    defer { close(copy) }
    #expect(lock != nil && copy >= 0)
    lock = nil
    #expect(try DirectoryLock.take(directory) != nil)
  }

  @Test func `who waits for it takes a daemon's answer instead`() throws {
    let directory = NodeDirectory(path: shell.directory)
    let lock = try DirectoryLock.take(directory)
    var rounds = 0
    let claim = try DirectoryLock.wait(for: directory, milliseconds: 5000) { () -> Int? in
      rounds += 1
      return rounds == 2 ? 7 : nil
    }
    guard case .other(7) = claim else {
      Issue.record("no answer")
      return
    }
    withExtendedLifetime(lock) {}
  }

  @Test func `the nodes beneath a root are found in the order of their names`() throws {
    for code in ["360423", "360421", "note"] {
      let path = "\(shell.directory)/\(code)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      if code != "note" { try Data().write(to: URL(filePath: "\(path)/\(Node.storeName)")) }
    }
    let nodes = try NodeDirectory(path: shell.directory).nodesBeneath()
    #expect(nodes.map { $0.path.suffix(6) } == ["360421", "360423"])
  }

  @Test func `a wrong configuration keeps the daemon from starting, with the place`() throws {
    _ = shell.run("init", "--dir", "n", "--code", "1", "--name", "a", "--kind", "central")
    let path = "\(shell.directory)/n/sitegroup.json5"
    try Data("{\n watsh: true }".utf8).write(to: URL(filePath: path))
    let result = shell.run("serve", "--dir", "n", "--listen", "127.0.0.1:0")
    #expect(result.status == 2)
    #expect(result.error.contains("\(path):2:2") && result.error.contains("watch"))
  }

  @Test func `serve refuses what is no node, and an address that is none`() {
    #expect(shell.run("serve").status == 2)
    #expect(shell.run("serve", "--listen", "here").error.contains("127.0.0.1:8700"))
    #expect(shell.run("serve", "--root", ".").error.contains(shell.directory))
  }
}
