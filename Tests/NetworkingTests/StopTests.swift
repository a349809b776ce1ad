import Glibc
import HTTPCore
import Testing

@testable import Networking

@Suite struct StopTests {
  @Test func `a graceful stop answers what is under way and takes nothing new`() throws {
    let gate = Gate()
    let server = try HTTPServer(
      addresses: [.tcp(host: "127.0.0.1", port: 0)], loops: 2, workers: 3
    ) { request, context in
      if request.path == "/hold" {
        return context.timedOut
          ? .respond(.text(200, "held")) : .hold(topic: "t", milliseconds: 60_000)
      }
      gate.pass()
      return .respond(.text(200, "done"))
    }
    try server.start()
    let busy = try RawClient(server)
    let held = try RawClient(server)
    let idle = try RawClient(server)
    held.send(get("/hold"))
    busy.send(get("/"))
    gate.awaitArrival()
    #expect(eventually { server.connectionsCount == 3 })
    let stopping = try SystemThread("stop") { server.stop(drainMilliseconds: 10_000) }
    #expect(idle.isEnded())
    #expect(try held.response().body == Array("held".utf8))
    #expect(held.isEnded())
    gate.open()
    let last = try busy.response()
    #expect(last.body == Array("done".utf8))
    #expect(busy.isEnded())
    stopping.join()
    #expect(server.connectionsCount == 0)
    let late = SocketClient(address: .tcp(host: "127.0.0.1", port: server.boundPort))
    let fault = #expect(throws: ClientFault.self) {
      try late.exchange(HTTPRequest(method: .get, target: "/"))
    }
    #expect(fault?.isUnreachable == true)
  }

  @Test func `an immediate stop closes what waits`() throws {
    let server = try HTTPServer(
      addresses: [.tcp(host: "127.0.0.1", port: 0)], loops: 2, workers: 1
    ) { _, _ in .hold(topic: "t", milliseconds: 60_000) }
    try server.start()
    let client = try RawClient(server)
    client.send(get("/"))
    #expect(eventually { server.connectionsCount == 1 })
    server.stop(drainMilliseconds: 0)
    #expect(client.responses(1).count <= 1)
    server.stop(drainMilliseconds: 0)
    server.wake("t")
  }

  private func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  @Test(arguments: ["s", String(repeating: "d", count: 90)])
  func `a socket file is the owner's alone and goes with the server`(_ name: String) throws {
    let directory = try temporaryDirectory(name)
    defer { rmdir(directory) }
    let path = directory + "/node-of-the-county.sock"
    let handler: HTTPHandler = { request, context in
      .respond(.text(200, "\(context.isUnixSocket) \(context.peerAddress)"))
    }
    let address = SocketAddress.unix(path: path)
    try withServer(address: address, handler: handler) { server in
      #expect(status(path).map { $0.st_mode & 0o777 } == 0o600)
      let client = SocketClient(address: address)
      let response = try client.exchange(HTTPRequest(method: .get, target: "/"))
      #expect(response.body == Array("true unix".utf8))
      #expect(throws: SystemError("bind", path, number: EADDRINUSE)) {
        try HTTPServer(addresses: [address], workers: 1, handler: handler)
      }
    }
    #expect(status(path) == nil)
  }

  @Test func `a socket file of a dead process is replaced, another file is not`() throws {
    let directory = try temporaryDirectory("stale")
    defer { rmdir(directory) }
    let path = directory + "/node.sock"
    let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let target = try #require(try ResolvedAddress.all(.unix(path: path)).first)
    #expect(target.withPointer { bind(dead, $0, $1) } == 0)
    close(dead)
    #expect(status(path) != nil)
    let address = SocketAddress.unix(path: path)
    try withServer(address: address, handler: { _, _ in .respond(.text(200, "")) }) { _ in
      let client = SocketClient(address: .unix(path: path))
      let response = try client.exchange(HTTPRequest(method: .get, target: "/"))
      #expect(response.status == 200)
    }
    let file = open(path, O_CREAT | O_WRONLY, 0o600)
    close(file)
    #expect(throws: SystemError("bind", path, number: EEXIST)) {
      try HTTPServer(addresses: [.unix(path: path)], workers: 1) { _, _ in
        .respond(.text(200, ""))
      }
    }
    #expect(status(path) != nil)
    unlink(path)
  }
}
