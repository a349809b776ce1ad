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

  /// The program that speaks TLS for another, once it runs.
  private func helper(of process: Program) throws -> pid_t {
    for _ in 0..<200 {
      let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").first { name in
        guard let status = FileManager.default.contents(atPath: "/proc/\(name)/status"),
          let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
        else { return false }
        return String(decoding: status, as: UTF8.self).contains("PPid:\t\(process.identifier)\n")
          && String(decoding: line, as: UTF8.self).contains("sitegroup-https")
      }
      if let identifier = found.flatMap({ pid_t($0) }) { return identifier }
      usleep(20_000)
    }
    return try #require(nil, "no program that speaks TLS was started")
  }

  /// A server that says nothing: the request waits in the program that speaks TLS.
  @Test(arguments: [SIGABRT, SIGSEGV])
  func `nor are they where TLS is spoken`(_ signal: Int32) throws {
    let centre = try ServedCentre()
    let shell = centre.shell
    let silent = try SilentServer()
    let text = "{ upstream: 'https://\(silent.address)/360400' }"
    try text.write(
      toFile: "\(shell.directory)/n/sitegroup.json5", atomically: true, encoding: .utf8)
    let key = try #require(
      try KeyFileVault(directory: "\(shell.directory)/n").load().upstream?.key)
    let secrets = [Array(key.utf8), Hex.decode(key) ?? []]
    let process = try Program(shell, ["sync", "--dir", "n"])
    let helper = try helper(of: process)
    #expect(silent.accepts(milliseconds: 5000))
    func shown(_ name: String) -> [UInt8] {
      FileManager.default.contents(atPath: "/proc/\(helper)/\(name)").map { Array($0) } ?? []
    }
    #expect(!shown("cmdline").isEmpty)
    for name in ["cmdline", "environ"] {
      for secret in secrets { #expect(shown(name).firstRange(of: secret) == nil) }
    }
    let limits = String(decoding: shown("limits"), as: UTF8.self)
    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") } ?? ""
    #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2, "\(core)")
    let filter = String(decoding: shown("coredump_filter"), as: UTF8.self)
    #expect(filter.allSatisfy { $0 == "0" || $0 == "\n" }, "\(filter)")
    // By default, the signal ends it: nothing catches it to tell of what the registers hold.
    let status = String(decoding: shown("status"), as: UTF8.self)
    let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(
      separator: "\t"
    ).last.flatMap { UInt64($0, radix: 16) }
    let signals = try #require(caught)
    #expect(signals >> UInt64(signal - 1) & 1 == 0)
    kill(helper, signal)
    let (_, _, said) = process.end()
    for secret in secrets { #expect(Array(said.utf8).firstRange(of: secret) == nil) }
    let files = try FileManager.default.contentsOfDirectory(atPath: shell.directory)
    #expect(!files.contains { $0.hasPrefix("core") }, "\(files)")
  }
}

/// Takes connections and never answers.
private final class SilentServer {
  private let descriptor: Int32
  let address: SocketAddress

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isListening = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        bind(descriptor, general, length) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, general, &length) == 0
      }
    }
    let port = isListening ? UInt16(bigEndian: place.sin_port) : nil
    address = try #require(port.flatMap { SocketAddress("127.0.0.1:\($0)") })
  }

  deinit { close(descriptor) }

  /// Whether somebody connects within so long.
  func accepts(milliseconds: Int32) -> Bool {
    var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&one, 1, milliseconds) == 1
  }
}
