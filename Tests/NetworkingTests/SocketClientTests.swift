import HTTPCore
import Networking
import Testing

@Suite struct SocketClientTests {
  @Test func `one connection serves many exchanges and counts its octets`() throws {
    let server = try HTTPServer(addresses: [.tcp(host: "127.0.0.1", port: 0)], workers: 2) {
      request, _ in
      .respond(.text(200, request.path))
    }
    try server.start()
    defer { server.stop(drainMilliseconds: 0) }
    let client = SocketClient(address: .tcp(host: "127.0.0.1", port: server.boundPort))
    for number in 0..<50 {
      let target = RequestTarget(segments: ["n", String(number)])
      let response = try client.exchange(HTTPRequest(method: .get, target: target))
      #expect(response.status == 200)
      #expect(response.body == Array("/n/\(number)".utf8))
    }
    #expect(server.connectionsCount == 1)
    #expect(client.octetsSent > 50 * 40)
    #expect(client.octetsReceived > client.octetsSent)
  }
}
