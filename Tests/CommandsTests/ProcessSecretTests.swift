import Bytes
import Foundation
import Glibc
import Networking
import NodeCore
import Testing

@testable import Commands

/// Secrets of running processes, looked for where other users of the machine and a crash would show
/// them.
@Suite struct `Secrets of a process` {
  private func file(_ process: Program, _ name: String) -> [UInt8] {
    let path = "/proc/\(process.identifier)/\(name)"
    return FileManager.default.contents(atPath: path).map { Array($0) } ?? []
  }

  /// What the process shows of itself; it must be another program already than the test's.
  private func expectHidden(_ secrets: [String], _ process: Program) {
    let line = file(process, "cmdline")
    #expect(line.firstRange(of: Array("sitegroup".utf8)) != nil)
    for secret in secrets {
      for shown in [line, file(process, "environ")] {
        #expect(shown.firstRange(of: Array(secret.utf8)) == nil)
      }
    }
  }

  private func end(_ process: Program, sending secret: String) -> Int32 {
    process.send(secret)
    let (status, _, said) = process.end()
    #expect(Array(said.utf8).firstRange(of: Array(secret.utf8)) == nil)
    return status
  }

  @Test(arguments: [SIGABRT, SIGSEGV])
  func `are in no list of processes, no environment, and nothing that a crash leaves`(
    _ signal: Int32
  ) throws {
    let centre = try ServedCentre()
    let shell = centre.shell
    struct Issued: Decodable { let token: String }
    let issued = shell.run("site", "rekey", "360423", "--dir", "c", "--json")
    let token = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).token
    _ = shell.run(
      "operator", "add", "张三", "--real-name", "张三", "--roles", "administrator", "--dir", "c")
    let password = "Wuning-\(UInt32.random(in: 0 ... .max))-x"

    let enrol = try Program(
      shell, ["enrol", "--dir", "n", "--token-file", "-"], takesInput: true)
    let setting = try Program(
      shell, ["operator", "password", "张三", "--file", "-", "--dir", "c", "--operator", "张三"],
      takesInput: true)
    usleep(100_000)
    for process in [enrol, setting, centre.daemon.process] {
      #expect(process.isRunning)
      expectHidden([token, password], process)
    }
    #expect(end(enrol, sending: token) == 0)
    #expect(end(setting, sending: password) == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)

    let daemon = centre.daemon.process
    let keys = try ["n", "c"].flatMap { name in
      let file = try KeyFileVault(directory: "\(shell.directory)/\(name)").load()
      return ([file.upstream].compactMap { $0 } + file.children).map(\.key)
    }
    #expect(!keys.isEmpty)
    expectHidden(keys, daemon)
    let limits = String(decoding: file(daemon, "limits"), as: UTF8.self)
    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") } ?? ""
    #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2, "\(core)")
    let filter = String(decoding: file(daemon, "coredump_filter"), as: UTF8.self)
    #expect(filter.allSatisfy { $0 == "0" || $0 == "\n" }, "\(filter)")
    let (ending, output) = centre.daemon.end(signal)
    let said = Array(output.utf8)
    #expect(ending == signal)
    for secret in keys + [token, password] {
      #expect(said.firstRange(of: Array(secret.utf8)) == nil)
      if let octets = Hex.decode(secret) { #expect(said.firstRange(of: octets) == nil) }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: shell.directory)
    #expect(!files.contains { $0.hasPrefix("core") }, "\(files)")
  }
}
