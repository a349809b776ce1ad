import Glibc
import HTTPCore

/// Takes requests from the socket one after another and brings back their answers. What is not
/// taken yet waits in the socket: that is the back-pressure.
final class Courier {
  private let descriptor: Int32
  private let upstream: Upstream
  private var parser: RequestParser

  /// Bodies are whole in memory: larger content comes in chunks.
  static let limits = HTTPLimits(bodyBytesMax: 64 << 20)

  init(descriptor: Int32, upstream: Upstream) {
    self.descriptor = descriptor
    self.upstream = upstream
    parser = RequestParser(limits: Courier.limits)
  }

  func run() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      switch parser.next() {
      case .request(let received):
        guard let response = upstream.exchange(received.request, whileOpen: isOpen),
          write(response, to: received.request)
        else { return }
      case .sendContinue:
        if !write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return }
      case .fault:
        return
      case .needsMore:
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        parser.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Whether somebody still waits for the answer.
  private func isOpen() -> Bool {
    var watched = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&watched, 1, 0) <= 0 || watched.revents == 0
  }

  private func write(_ response: HTTPResponse, to request: HTTPRequest) -> Bool {
    write(response.serialized(headOnly: request.method == .head))
  }

  private func write(_ octets: [UInt8]) -> Bool {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
