import Commands
import Dispatch
import FoundationEssentials
import HTTPCore
import Networking
import NodeCore
import Synchronization
import Testing

/// A node that only counts what it is asked.
private final class CountingNode: HostedNode {
  let code: String
  let isWatching = false
  let due: Int64?
  private let sessions = Mutex(0)
  private let grown = Mutex<(@Sendable ([String], Bool) -> Void)?>(nil)
  let session = DispatchSemaphore(value: 0)
  let closed = Mutex(false)

  init(code: String, due: Int64? = nil) {
    self.code = code
    self.due = due
  }

  func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ caller: Caller
  ) throws -> O.Output {
    throw Refusal(.readOnly, caller.operatorName)
  }

  func reply(to request: HTTPRequest, prefix: String, _ context: RequestContext) -> HTTPReply {
    if request.path.hasSuffix("/poll"), !context.timedOut, context.heldMilliseconds == 0 {
      return .hold(topic: "news", milliseconds: 20_000)
    }
    return .respond(.text(200, "\(code) \(prefix)"))
  }

  func onGrowth(_ body: @escaping @Sendable ([String], Bool) -> Void) {
    grown.withLock { $0 = body }
  }

  func grow(_ topics: [String], hasNews: Bool) {
    grown.withLock { $0 }?(topics, hasNews)
  }

  func nextWake() throws -> Int64? {
    sessions.withLock { $0 == 0 } ? due : due.map { _ in Int64.max }
  }

  func synchronize(_ interrupt: Interrupt) -> SessionOutcome {
    sessions.withLock { $0 += 1 }
    session.signal()
    return .done(pushed: 0, pulled: 0, setAside: 0, inStep: true)
  }

  func watch(milliseconds: Int64, _ interrupt: Interrupt) throws -> Bool { false }

  func interrupt() {}

  func close() throws { closed.withLock { $0 = true } }
}

@Suite struct `The daemon` {
  private let folder: String
  private let log = Log(isJSON: false, offsetMinutes: 0, now: { 0 }, write: { _ in })

  init() throws {
    folder = FileManager.default.temporaryDirectory.path() + "/sg-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func daemon(_ nodes: [CountingNode], isRoot: Bool) throws -> Daemon {
    try Daemon(
      nodes: nodes, sockets: nodes.map { "\(folder)/\($0.code)" },
      listen: [.tcp(host: "127.0.0.1", port: 0)], isRoot: isRoot, log: log)
  }

  private func get(_ daemon: Daemon, _ path: String) throws -> HTTPResponse {
    let target = try #require(RequestTarget(path))
    return try SocketClient(address: daemon.addresses[0])
      .exchange(HTTPRequest(method: .get, target: target))
  }

  @Test func `each node beneath a root answers at its code, and no other path does`() throws {
    let nodes = [CountingNode(code: "360423"), CountingNode(code: "360400")]
    let daemon = try daemon(nodes, isRoot: true)
    try daemon.start()
    #expect(try get(daemon, "/360400/x").body == Array("360400 /360400".utf8))
    #expect(try get(daemon, "/360423").body == Array("360423 /360423".utf8))
    #expect(try get(daemon, "/360424/x").status == 404)
    #expect(try get(daemon, "/").status == 404)
    #expect(try get(daemon, "/healthz").status == 200)
    daemon.stop()
    #expect(nodes.allSatisfy { $0.closed.withLock { $0 } })
  }

  @Test func `a single node answers with and without its code`() throws {
    let daemon = try daemon([CountingNode(code: "1")], isRoot: false)
    try daemon.start()
    #expect(try get(daemon, "/1/x").body == Array("1 /1".utf8))
    #expect(try get(daemon, "/x").body == Array("1 ".utf8))
    daemon.stop()
  }

  @Test func `growth ends the holds of its own node's topic`() throws {
    let node = CountingNode(code: "1")
    let daemon = try daemon([node], isRoot: false)
    try daemon.start()
    let address = daemon.addresses[0]
    let answered = DispatchSemaphore(value: 0)
    let thread = try SystemThread("poll") {
      let request = HTTPRequest(method: .get, target: "/poll")
      if (try? SocketClient(address: address).exchange(request))?.status == 200 {
        answered.signal()
      }
    }
    // The hold may begin at any time: wake until it has ended.
    var isAnswered = false
    for _ in 0..<500 where !isAnswered {
      node.grow(["news"], hasNews: false)
      isAnswered = answered.wait(timeout: .now() + .milliseconds(10)) == .success
    }
    #expect(isAnswered)
    daemon.stop()
    thread.join()
  }

  @Test func `a node syncs when it is due, and when it has something new`() throws {
    let node = CountingNode(code: "1", due: 0)
    let daemon = try daemon([node], isRoot: false)
    try daemon.start()
    #expect(node.session.wait(timeout: .now() + 5) == .success)
    node.grow([], hasNews: true)
    #expect(node.session.wait(timeout: .now() + 5) == .success)
    daemon.stop()
  }

  @Test func `the node's socket takes operations, TCP does not`() throws {
    let daemon = try daemon([CountingNode(code: "1")], isRoot: false)
    try daemon.start()
    let request = HTTPRequest(method: .post, target: "/api/v1/itm/add", body: Array("{}".utf8))
    let client = SocketClient(address: .unix(path: "\(folder)/1"))
    let refused = try client.exchange(request)
    let report = try AnswerJSON.decode(ErrorReport.self, from: refused.body)
    #expect(report.error.code == "unknown_command")
    let overTCP = try SocketClient(address: daemon.addresses[0]).exchange(request)
    #expect(overTCP.body == Array("1 ".utf8))
    daemon.stop()
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/1"))
  }
}

@Suite struct `Log lines` {
  private func line(isJSON: Bool) -> String {
    let lines = Mutex("")
    let log = Log(
      isJSON: isJSON, offsetMinutes: 480, now: { 1_772_323_200_005 },
      write: { text in lines.withLock { $0 += text } })
    log.note(.warning, "sync_failed", ["site": "360423", "error": "a \"b\"\nc"])
    return lines.withLock { $0 }
  }

  @Test func `one event is one line, whatever its values hold`() {
    #expect(
      line(isJSON: false) == """
        2026-03-01T08:00:00.005+08:00 warning sync_failed site=360423 error="a 'b' c"

        """)
    #expect(
      line(isJSON: true) == """
        {"error":"a \\"b\\"\\nc","event":"sync_failed","level":"warning","site":"360423",\
        "time":"2026-03-01T08:00:00.005+08:00"}

        """)
  }
}
