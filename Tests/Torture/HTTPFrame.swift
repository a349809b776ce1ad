/// Cuts a stream of octets into HTTP messages, and leaves them as they are. Knows only what the
/// program under test sends: heads with a Content-Length, or none for no content.
struct HTTPFrame: Sendable {
  /// Answers to HEAD have a length and no content.
  var hasNoContent = false
  private var octets: [UInt8] = []

  mutating func feed(_ more: ArraySlice<UInt8>) { octets += more }

  /// The next whole message.
  mutating func next() -> [UInt8]? {
    guard let end = HTTPFrame.headEnd(of: octets) else { return nil }
    let head = octets[..<end]
    let status = HTTPFrame.status(of: head)
    let isBare = hasNoContent || status == 304 || status == 204
    let whole = end + (isBare ? 0 : HTTPFrame.contentLength(in: head))
    guard octets.count >= whole else { return nil }
    let message = Array(octets[..<whole])
    octets.removeFirst(whole)
    return message
  }

  static func isHead(_ request: [UInt8]) -> Bool { request.starts(with: "HEAD ".utf8) }

  /// Where the head of a message ends, behind its empty line.
  static func headEnd(of octets: [UInt8]) -> Int? {
    guard octets.count >= 4 else { return nil }
    for place in 0...(octets.count - 4)
    where octets[place] == 13 && octets[place + 1] == 10 && octets[place + 2] == 13
      && octets[place + 3] == 10
    {
      return place + 4
    }
    return nil
  }

  private static func status(of head: ArraySlice<UInt8>) -> Int? {
    guard head.starts(with: "HTTP/1.1 ".utf8), head.count > 12 else { return nil }
    return Int(String(decoding: head.dropFirst(9).prefix(3), as: UTF8.self))
  }

  private static func contentLength(in head: ArraySlice<UInt8>) -> Int {
    for line in head.split(separator: 10) {
      let text = String(decoding: line, as: UTF8.self).lowercased()
      guard text.hasPrefix("content-length:") else { continue }
      let digits = text.dropFirst(15).filter { ("0"..."9").contains($0) }
      return min(Int(digits) ?? 0, 64 << 20)
    }
    return 0
  }
}
