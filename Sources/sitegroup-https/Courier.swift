import Glibc
import HTTPCore

/// Takes requests from the socket one after another and brings back their answers. What is not
/// taken yet waits in the socket: that is the back-pressure. Only this project's own client is at
/// the other end.
final class Courier {
  private let descriptor: Int32
  private let upstream: Upstream
  /// Octets that came and are not yet understood.
  private var input: [UInt8] = []

  /// Of answers: whole in memory, so larger content is asked for in ranges.
  static let answerBytesMax = 64 << 20
  /// Content of requests beyond this goes through a file.
  private static let memoryBytesMax = 4 << 20
  private static let headBytesMax = 64 << 10

  init(descriptor: Int32, upstream: Upstream) {
    self.descriptor = descriptor
    self.upstream = upstream
  }

  func run() {
    while let (request, count) = readHead() {
      guard let content = readContent(count),
        let response = upstream.exchange(request, content, whileOpen: isOpen),
        write(response.serialized(headOnly: request.method == .head))
      else { return }
    }
  }

  /// The next request without its content, and how many octets of it follow; nil at the end.
  private func readHead() -> (HTTPRequest, contentCount: Int)? {
    var end = input.firstRange(of: Self.emptyLine)
    while end == nil {
      guard input.count <= Self.headBytesMax, receive() else { return nil }
      end = input.firstRange(of: Self.emptyLine)
    }
    guard let end else { return nil }
    var lines = String(decoding: input[..<end.lowerBound], as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    input.removeFirst(end.upperBound)
    var count = 0
    lines.removeAll { line in
      guard let value = Self.contentLength(line) else { return false }
      count = value
      return true
    }
    var parser = RequestParser()
    parser.feed(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    guard case .request(let received) = parser.next() else { return nil }
    return (received.request, count)
  }

  private static let emptyLine = Array("\r\n\r\n".utf8)

  private static func contentLength(_ line: String) -> Int? {
    let name = "content-length:"
    guard line.lowercased().utf8.starts(with: name.utf8) else { return nil }
    let digits = line.utf8.dropFirst(name.utf8.count).filter { $0 != 0x20 }
    guard digits.count <= 15 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private func readContent(_ count: Int) -> Upstream.Content? {
    if count <= Self.memoryBytesMax {
      while input.count < count { if !receive() { return nil } }
      defer { input.removeFirst(count) }
      return .memory(Array(input[..<count]))
    }
    guard let spool = Spool() else { return nil }
    var left = count
    while left > 0 {
      if input.isEmpty && !receive() { return nil }
      let part = input.prefix(left)
      if !spool.append(part) { return nil }
      left -= part.count
      input.removeFirst(part.count)
    }
    return .file(spool)
  }

  private func receive() -> Bool {
    let start = input.count
    input += [UInt8](repeating: 0, count: 65_536)
    let count = input.withUnsafeMutableBytes { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress?.advanced(by: start), 65_536)
        if count >= 0 || errno != EINTR { return count }
      }
    }
    input.removeLast(65_536 - max(0, count))
    return count > 0
  }

  /// Whether somebody still waits for the answer.
  private func isOpen() -> Bool {
    var watched = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&watched, 1, 0) <= 0 || watched.revents == 0
  }

  private func write(_ octets: [UInt8]) -> Bool { writeAll(octets[...], to: descriptor) }
}

/// Content on its way through a file that is gone with this value.
final class Spool {
  let path: String
  private let descriptor: Int32

  init?() {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var name = Array("\(directory)/sitegroup-https.XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    if descriptor < 0 { return nil }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  func append(_ octets: ArraySlice<UInt8>) -> Bool { writeAll(octets, to: descriptor) }
}

func writeAll(_ octets: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
  var rest = octets
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    if count <= 0 { return false }
    rest = rest.dropFirst(count)
  }
  return true
}
