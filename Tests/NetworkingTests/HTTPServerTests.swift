import HTTPCore
import Networking
import Testing

@Suite struct HTTPServerTests {
  @Test func `a server listens at the port that the system chose`() throws {
    let server = try HTTPServer(addresses: [.tcp(host: "127.0.0.1", port: 0)], workers: 1) { _, _ in
      .respond(.text(200, "ok"))
    }
    try server.start()
    #expect(server.boundPort > 0)
    server.stop(drainMilliseconds: 0)
  }
}
