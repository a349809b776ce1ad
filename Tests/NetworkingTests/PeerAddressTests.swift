import HTTPCore
import Testing

@testable import Networking

@Suite struct `The address of who asks` {
  private func request(_ forwarded: String...) -> HTTPRequest {
    var request = HTTPRequest(method: .get, target: "/")
    for one in forwarded { request.fields.append("X-Forwarded-For", one) }
    return request
  }

  @Test func `a proxy on this machine names its client, nobody else does`() {
    let local = PeerAddress(text: "127.0.0.1", countedAs: nil)
    #expect(local.client(of: request("192.0.2.7")) == "192.0.2.7")
    #expect(local.client(of: request("2001:db8::7")) == "2001:db8::7")
    #expect(local.client(of: request()) == "127.0.0.1")
    let remote = PeerAddress(text: "192.0.2.1", countedAs: [192, 0, 2, 1])
    #expect(remote.client(of: request("192.0.2.7")) == "192.0.2.1")
  }

  @Test(arguments: ["192.0.2.7, 10.0.0.1", "unknown", "192.0.2.7:80", "a\tb", ""])
  func `what is not one address does not count`(_ text: String) {
    let local = PeerAddress(text: "127.0.0.1", countedAs: nil)
    #expect(local.client(of: request(text)) == "127.0.0.1")
    #expect(local.client(of: request("192.0.2.7", text)) == "127.0.0.1")
  }
}
