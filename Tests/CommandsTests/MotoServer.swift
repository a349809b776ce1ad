import Foundation
import Glibc
import HTTPCore
import Networking
import Testing

/// An S3 server of its own process, with one bucket.
final class MotoServer {
  /// Nil where none is installed.
  static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/moto_server" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  let endpoint: String
  private let process = Process()

  init() throws {
    let port = try MotoServer.freePort()
    endpoint = "http://127.0.0.1:\(port)"
    process.executableURL = URL(fileURLWithPath: try #require(MotoServer.path))
    process.arguments = ["-H", "127.0.0.1", "-p", "\(port)"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let make = HTTPRequest(method: .put, target: "/bucket")
    for _ in 0..<600 {
      let client = SocketClient(address: .tcp(host: "127.0.0.1", port: port))
      if let response = try? client.exchange(make), response.status == 200 { return }
      usleep(50_000)
    }
    stop()
    Issue.record("the server does not start")
  }

  func stop() {
    // It has the signals blocked that this process blocks.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// One that the system just had free.
  private static func freePort() throws -> Int {
    let server = try HTTPServer(addresses: [.tcp(host: "127.0.0.1", port: 0)], workers: 1) {
      _, _ in .respond(.text(200, ""))
    }
    defer { server.stop(drainMilliseconds: 0) }
    return server.boundPort
  }
}
