import Bytes
import Foundation
import Glibc
import HTTPCore
import Networking
import NodeCore
import Replication
import Testing

@testable import Commands

/// The program in a process of its own. It inherits nothing but its standard streams, and no
/// blocked signals: `Process` hands each child what others are watched by, so that of two that run at
/// once the end of one may not be seen before that of the other.
final class Program {
  let identifier: pid_t
  private var input: Int32
  private let output: Int32
  /// A pipe is nobody else's to inherit only once it is marked so.
  private static let turn = NSLock()
  /// As `waitpid` has it; nil while it runs.
  private var ending: Int32?

  /// `takesInput`: what is written by `send`, else nothing.
  init(_ shell: Shell, _ words: [String], takesInput: Bool = false) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/sitegroup"
    try #require(FileManager.default.isExecutableFile(atPath: path), "\(path)")
    Program.turn.lock()
    defer { Program.turn.unlock() }
    let (into, out) = (try Program.pipe(), try Program.pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if takesInput {
      posix_spawn_file_actions_adddup2(&actions, into[0], 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    for stream in Int32(1)...2 { posix_spawn_file_actions_adddup2(&actions, out[1], stream) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var line = [path] + words
    if let place = line.firstIndex(of: "--dir").map({ $0 + 1 }) {
      line[place] = "\(shell.directory)/\(line[place])"
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var identifier = pid_t()
    try #require(
      posix_spawn(&identifier, path, &actions, &attributes, &arguments, environ) == 0)
    close(into[0])
    close(out[1])
    (self.identifier, input, output) = (identifier, into[1], out[0])
    if !takesInput { endInput() }
  }

  deinit {
    if isRunning {
      kill(identifier, SIGKILL)
      wait()
    }
    endInput()
    close(output)
  }

  private static func pipe() throws -> [Int32] {
    var ends: [Int32] = [-1, -1]
    try #require(Glibc.pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  var isRunning: Bool {
    if ending != nil { return false }
    var status: Int32 = 0
    if waitpid(identifier, &status, WNOHANG) != identifier { return true }
    ending = status
    return false
  }

  private func wait() {
    var status: Int32 = 0
    while ending == nil {
      if waitpid(identifier, &status, 0) == identifier { ending = status }
    }
  }

  /// What it prints next; empty at its end.
  func read() -> [UInt8] {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(output, &piece, piece.count)
    return Array(piece[..<max(0, count)])
  }

  func send(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    endInput()
  }

  private func endInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// Waits for its end: its status, the signal that ended it, and what it printed.
  func end() -> (status: Int32, signal: Int32, output: String) {
    var said: [UInt8] = []
    while case let more = read(), !more.isEmpty { said += more }
    wait()
    let ending = ending ?? 0
    return (ending >> 8 & 0xff, ending & 0x7f, String(decoding: said, as: UTF8.self))
  }

  /// Runs a line to its end.
  static func run(_ shell: Shell, _ words: String...) throws -> (status: Int32, output: String) {
    let result = try Program(shell, words).end()
    return (result.status, result.output)
  }
}

/// The program as the daemon of one node.
final class ServedNode {
  let address: SocketAddress
  let process: Program

  /// `listen` names a port to take again; port 0 lets the system choose.
  init(_ shell: Shell, _ name: String, listen: String = "127.0.0.1:0") throws {
    process = try Program(shell, ["serve", "--dir", name, "--listen", listen, "--json"])
    var said = ""
    while !said.contains("\"listening\":\"http://") {
      let more = process.read()
      try #require(!more.isEmpty, "the daemon ended: \(said)")
      said += String(decoding: more, as: UTF8.self)
    }
    let place = try #require(said.range(of: "\"listening\":\"http://"))
    address = try #require(SocketAddress(String(said[place.upperBound...].prefix { $0 != "\"" })))
  }

  /// Ends the process by a signal; the one that ended it, and what it printed since it listens.
  @discardableResult
  func end(_ signal: Int32) -> (signal: Int32, output: String) {
    kill(process.identifier, signal)
    let result = process.end()
    return (result.signal, result.output)
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
