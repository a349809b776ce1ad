import FoundationEssentials
import Glibc
import HTTPCore
import Networking
import NodeCore
import Testing

@testable import Commands

/// What a daemon refuses before anybody is known, as the audit tells it.
@Suite struct `The audit of a daemon` {
  private struct Listed: Decodable {
    struct Entry: Decodable {
      let operation: String, result: String, subject: String, count: Int, site: String, kind: String
      let person: String

      enum CodingKeys: String, CodingKey {
        case operation, result, subject, count, site, kind
        case person = "operator"
      }
    }
    let entries: [Entry]
  }

  private func entries(_ centre: ServedCentre, _ name: String, _ more: String...) throws
    -> [Listed.Entry]
  {
    let listed = centre.shell.run(["audit", "list", "--dir", name, "--json"] + more)
    return try AnswerJSON.decode(Listed.self, from: Array(listed.output.utf8)).entries
  }

  /// Octets as they are, and the beginning of what is answered.
  private func send(_ text: String, _ centre: ServedCentre) throws {
    guard case .tcp(_, let port) = centre.daemon.address else { return }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    try #require(status == 0)
    _ = Glibc.send(descriptor, text, text.utf8.count, Int32(0x4000))
    var octet: UInt8 = 0
    _ = recv(descriptor, &octet, 1, 0)
  }

  @Test func `a flood of what cannot be read is one entry a status, without what was sent`()
    throws
  {
    let centre = try ServedCentre()
    let secret = "c2VjcmV0LXNpZ25hdHVyZQ"
    for _ in 0..<50 { try send("GET /\(secret) HTTP/1.1\r\n\(secret)\r\n\r\n", centre) }
    for _ in 0..<20 {
      try send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", centre)
    }
    try send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n", centre)
    try send("GET /\(secret) HTTP/1.1\r\nHost: a\r\nSignature: sig1=:\(secret):\r\n\r\n", centre)
    let told = try entries(centre, "c", "--kind", "refusal").filter {
      // Its first session may have begun in the second of the daemon's start.
      $0.operation == "http" && $0.result != "401"
    }
    #expect(
      told.map { "\($0.result) \($0.count) \($0.subject)" }.sorted() == [
        "400 50 127.0.0.0/24 ×50", "404 1 127.0.0.0/24 ×1", "413 20 127.0.0.0/24 ×20",
        "431 1 127.0.0.0/24 ×1",
      ])
    #expect(!centre.shell.run("audit", "list", "--dir", "c", "--json").output.contains(secret))
    #expect(centre.shell.run("audit", "verify", "--dir", "c").status == 0)
    centre.daemon.end(SIGTERM)
  }
}
