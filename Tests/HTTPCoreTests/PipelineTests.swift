import HTTPCore
import Testing

/// Many requests that come at once, before the first is answered.
@Suite struct PipelineTests {
  @Test func `every one of many requests in one read is read whole`() {
    let count = 2_000
    let octets = (0..<count).flatMap { number in
      Array(
        "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde".utf8)
    }
    // Far beyond what the parser's buffer keeps of octets that it has read already.
    #expect(octets.count > 65_536 + 40_000)
    var parser = RequestParser()
    var paths: [String] = []
    for start in stride(from: 0, to: octets.count, by: 70_001) {
      parser.feed(Array(octets[start..<min(octets.count, start + 70_001)]))
      while case .request(let received) = parser.next() {
        paths.append(received.request.path)
        #expect(received.request.body == Array("abcde".utf8))
      }
      #expect(parser.bufferedBytes < 128)
    }
    #expect(paths == (0..<count).map { "/\($0)" })
    #expect(!parser.isInsideRequest)
  }

  @Test func `only what may be sent twice is idempotent`() {
    let twice: [HTTPMethod] = [.get, .head, .put, .delete, .options, .trace]
    #expect(twice.allSatisfy { $0.isIdempotent })
    #expect(![HTTPMethod.post, .connect].contains { $0.isIdempotent })
  }

  @Test(arguments: ["%", "%4", "%zz", "%E4%B8", "a%FF"])
  func `a broken escape is no text`(_ text: String) {
    #expect(PercentCoding.decode(text) == nil)
    #expect(PercentCoding.decode(PercentCoding.encode(text)) == text)
  }
}
