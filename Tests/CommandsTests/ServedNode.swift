import Bytes
import Foundation
import Glibc
import HTTPCore
import Networking
import NodeCore
import Replication
import Testing

@testable import Commands

/// The program itself as the daemon of one node, in a process of its own.
final class ServedNode {
  let address: SocketAddress
  let process: Process
  private let output = Pipe()

  /// `listen` names a port to take again; port 0 lets the system choose.
  init(_ shell: Shell, _ name: String, listen: String = "127.0.0.1:0") throws {
    process = try Program.process(["serve", "--dir", name, "--listen", listen, "--json"], in: shell)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var said = ""
    while !said.contains("\"listening\":\"http://") {
      let more = output.fileHandleForReading.availableData
      try #require(!more.isEmpty, "the daemon ended: \(said)")
      said += String(decoding: more, as: UTF8.self)
    }
    let place = try #require(said.range(of: "\"listening\":\"http://"))
    address = try #require(SocketAddress(String(said[place.upperBound...].prefix { $0 != "\"" })))
  }

  deinit { if process.isRunning { end(SIGKILL) } }

  /// Ends the process by a signal; what it printed since it began to listen.
  @discardableResult
  func end(_ signal: Int32) -> String {
    kill(process.processIdentifier, signal)
    let rest = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: rest, as: UTF8.self)
  }
}

enum Program {
  /// Beside the tests, where the build puts both.
  static func process(_ words: [String], in shell: Shell) throws -> Process {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("sitegroup")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path)")
    let process = Process()
    process.executableURL = program
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: shell.directory)
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Runs a line in a process of its own, to its end.
  static func run(_ shell: Shell, _ words: String...) throws -> (status: Int32, output: String) {
    let process = try process(words, in: shell)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: said, as: UTF8.self))
  }
}

/// A centre in a process of its own, and the key of a county that has enrolled there.
final class ServedCentre {
  let shell: Shell
  private(set) var daemon: ServedNode
  let authority: String
  private var nonce = 0

  init() throws {
    shell = try Shell()
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    daemon = try ServedNode(shell, "c")
    authority = "\(daemon.address)"
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://\(authority)")
    try enrol("site", "token", "360423")
    try #require(shell.run("column", "add", "要闻", "--dir", "n").status == 0)
    try #require(shell.run("sync", "--dir", "n").status == 0)
  }

  /// Redeems the token that this line gives.
  func enrol(_ words: String...) throws {
    struct Issued: Decodable { let token: String }
    let issued = shell.run(words + ["--dir", "c", "--json"])
    let token = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).token
    try #require(shell.run("enrol", "--dir", "n", "--token", token).status == 0)
  }

  /// The process ends, another begins at the same port.
  func restart() throws {
    daemon.end(SIGTERM)
    daemon = try ServedNode(shell, "c", listen: authority)
  }

  /// Until the second of its start is over: what was created within it might be a replay.
  func waitOutStart() { usleep(1_100_000) }

  /// A request of the county, signed `secondsOff` from now.
  func signed(
    _ method: HTTPMethod, _ target: RequestTarget, body: [UInt8] = [], etag: String? = nil,
    secondsOff: Int64 = 0
  ) throws -> HTTPRequest {
    let vault = try KeyFileVault(directory: "\(shell.directory)/n").load()
    let key = try #require(vault.upstream.flatMap { Hex.decode($0.key) })
    var request = HTTPRequest(
      method: method, target: target, fields: ["Host": authority], body: body)
    if !body.isEmpty { request.fields["Content-Type"] = "application/cbor-seq" }
    if let etag { request.fields["If-None-Match"] = etag }
    nonce += 1
    let now = SystemPorts.milliseconds() / 1000 + secondsOff
    RequestSigner(keyID: "360423", key: key, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 60, nonce: "served-\(nonce)")
    return request
  }

  func answer(_ request: HTTPRequest) throws -> HTTPResponse {
    try SocketClient(address: daemon.address).exchange(request)
  }
}
