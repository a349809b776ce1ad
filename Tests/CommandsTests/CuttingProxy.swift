import Glibc
import Networking
import Synchronization
import Testing

/// Stands between two nodes and passes octets on, until so many have gone one way: then the line is
/// dead both ways, for every connection, until it is healed.
final class CuttingProxy: Sendable {
  enum Direction: Sendable { case up, down }

  private struct Line {
    var cut: (direction: Direction, left: Int)?
    var isDead = false
    var isClosed = false
  }

  let port: Int
  private let listener: Int32
  private let target: UInt16
  private let line = Mutex(Line())
  private let threads = Mutex<[SystemThread]>([])

  init(to target: Int) throws {
    self.target = UInt16(target)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    try #require(Self.with(0) { bind(listener, $0, $1) } == 0 && listen(listener, 16) == 0)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(listener, $0, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    try start { $0.accept() }
  }

  private static func with(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
    -> Int32
  {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private func start(_ body: @escaping @Sendable (CuttingProxy) -> Void) throws {
    let thread = try SystemThread("proxy") { [self] in body(self) }
    threads.withLock { $0.append(thread) }
  }

  /// The line dies once so many octets more have gone this way.
  func cut(_ direction: Direction, after octets: Int) {
    line.withLock { $0.cut = (direction, octets) }
  }

  var isDead: Bool { line.withLock { $0.isDead } }

  func heal() { line.withLock { ($0.isDead, $0.cut) = (false, nil) } }

  func close() {
    line.withLock { ($0.isDead, $0.isClosed) = (true, true) }
    shutdown(listener, Int32(SHUT_RDWR))
    while let thread = threads.withLock({ $0.popLast() }) { thread.join() }
    Glibc.close(listener)
  }

  // MARK: threads

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      if client < 0 || line.withLock({ $0.isClosed }) { return }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let isUp = !isDead && Self.with(target) { connect(server, $0, $1) } == 0
      if isUp, (try? start { $0.relay(client, server) }) != nil { continue }
      Glibc.close(client)
      Glibc.close(server)
    }
  }

  private func relay(_ client: Int32, _ server: Int32) {
    var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    relaying: while !isDead {
      // Looks up now and then: another connection may have died with the line.
      guard poll(&ends, 2, 20) >= 0 else { break }
      for (place, end) in ends.enumerated() where end.revents != 0 {
        let count = recv(end.fd, &buffer, buffer.count, 0)
        if count <= 0 { break relaying }
        let passed = pass(count, place == 0 ? .up : .down)
        let sent = send(ends[1 - place].fd, buffer, passed, Int32(MSG_NOSIGNAL))
        if sent < passed || passed < count { break relaying }
      }
    }
    Glibc.close(client)
    Glibc.close(server)
  }

  /// How many of the octets still get through.
  private func pass(_ count: Int, _ direction: Direction) -> Int {
    line.withLock { line in
      guard let cut = line.cut, cut.direction == direction else { return count }
      let passed = min(count, cut.left)
      line.cut = (direction, cut.left - passed)
      if passed == cut.left { line.isDead = true }
      return passed
    }
  }
}
