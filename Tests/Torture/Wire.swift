import CLinux
import Glibc

/// A blocking TCP connection on loopback that is closed with the value.
final class Wire: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// Nil where nobody listens.
  convenience init?(port: UInt16) {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    let status = Wire.withLoopback(port: port) { connect(descriptor, $0, $1) }
    if status != 0 {
      close(descriptor)
      return nil
    }
    self.init(descriptor)
  }

  deinit { close(descriptor) }

  static func withLoopback<T>(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
  ) -> T {
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

  /// False where the other end is gone.
  @discardableResult
  func send(_ octets: ArraySlice<UInt8>) -> Bool {
    var rest = octets
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The close that follows resets the connection instead of ending it.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// One whole message from here; nil where the connection ended, or `other` did, before it was
  /// there, or after a time without a word.
  func receive(_ frame: inout HTTPFrame, watching other: Wire? = nil) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let message = frame.next() { return message }
      var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
      if let other {
        // POLLRDHUP: only its end counts; a next request may wait there.
        descriptors.append(pollfd(fd: other.descriptor, events: 0x2000, revents: 0))
      }
      let ready = poll(&descriptors, nfds_t(descriptors.count), Wire.patienceMilliseconds)
      if ready < 0, errno == EINTR { continue }
      if ready <= 0 { return nil }
      if descriptors[0].revents == 0 { return nil }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { return nil }
      frame.feed(buffer[..<count])
    }
  }

  private static let patienceMilliseconds: Int32 = 90_000
}
