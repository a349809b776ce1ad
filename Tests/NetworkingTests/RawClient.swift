import Glibc
import HTTPCore
import Testing

@testable import Networking

/// A client that sends any octets, well-formed or not, and waits at most some seconds.
final class RawClient {
  private let descriptor: Int32

  init(_ server: HTTPServer) throws {
    let address = try #require(server.addresses.first)
    let target = try #require(try ResolvedAddress.all(address).first)
    descriptor = socket(target.family, Int32(SOCK_STREAM.rawValue), 0)
    try #require(target.withPointer { connect(descriptor, $0, $1) } == 0)
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ octets: [UInt8]) {
    _ = Glibc.send(descriptor, octets, octets.count, Int32(0x4000))
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next responses, so many; fewer where the connection ends first.
  func responses(_ count: Int, to method: HTTPMethod = .get) -> [HTTPResponse] {
    var found: [HTTPResponse] = []
    var parser = ResponseParser(method: method)
    while found.count < count {
      // One octet at a time keeps what belongs to the next response in the kernel.
      guard let octet = receive(1).first else { break }
      parser.feed([octet])
      if case .response(let received) = parser.next() {
        found.append(received.response)
        parser = ResponseParser(method: method)
      }
    }
    return found
  }

  func response() throws -> HTTPResponse { try #require(responses(1).first) }

  /// Whether the server ends the connection, with nothing more to read.
  func isEnded() -> Bool {
    var octet: UInt8 = 0
    return recv(descriptor, &octet, 1, 0) == 0
  }

  func receive(_ count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let received = recv(descriptor, &buffer, count, 0)
    return Array(buffer.prefix(max(0, received)))
  }
}

/// A server on a free port of the loopback, stopped when the body ends.
func withServer(
  _ limits: ServerLimits = ServerLimits(), loops: Int = 2, workers: Int = 2,
  address: SocketAddress = .tcp(host: "127.0.0.1", port: 0),
  ready: @escaping HTTPReadyHandler = { _, _ in nil },
  handler: @escaping HTTPHandler, _ body: (HTTPServer) throws -> Void
) throws {
  let server = try HTTPServer(
    addresses: [address], loops: loops, workers: workers, limits: limits, ready: ready,
    handler: handler)
  try server.start()
  defer { server.stop(drainMilliseconds: 0) }
  try body(server)
}

/// Whether the condition comes true within some seconds.
func eventually(_ condition: () -> Bool) -> Bool {
  let deadline = monotonicMilliseconds() + 5_000
  while !condition() {
    if monotonicMilliseconds() > deadline { return false }
    sched_yield()
  }
  return true
}

func get(_ target: String, _ more: String = "") -> String {
  "GET \(target) HTTP/1.1\r\nHost: a\r\n\(more)\r\n"
}

func temporaryDirectory(_ name: String) throws -> String {
  var template = Array("/tmp/\(name)-XXXXXX".utf8CString)
  let path = try #require(mkdtemp(&template))
  return String(cString: path)
}

func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let directory = try temporaryDirectory("node")
  defer { rmdir(directory) }
  try body(directory)
}
