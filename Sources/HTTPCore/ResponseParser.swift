/// A response as it came over one connection.
package struct ReceivedResponse: Sendable, Equatable {
  package let response: HTTPResponse
  /// Whether another request may be sent on the connection.
  package let keepsAlive: Bool
}

/// Reads the response to one request, as strictly as `RequestParser`. Interim responses are
/// passed over. One parser serves one exchange.
package struct ResponseParser: Sendable {
  package enum Step: Sendable, Equatable {
    case needsMore
    case response(ReceivedResponse)
    case fault(HTTPFault)
  }

  private struct Head: Sendable {
    let status: Int
    let minorVersion: Int
  }

  private enum Phase: Sendable {
    case startLine
    case fields(Head, FieldSection)
    case body(ReceivedHead, BodyFraming, ChunkedDecoder)
    case ended
  }

  private struct ReceivedHead: Sendable {
    let response: HTTPResponse
    let keepsAlive: Bool
  }

  private let limits: HTTPLimits
  private let answersHead: Bool
  private var input = InputBuffer()
  private var body: [UInt8] = []
  private var phase = Phase.startLine
  private var interimCount = 0
  /// Whether what follows the response answers another request that has gone out.
  private var isFollowed = false

  package init(limits: HTTPLimits = HTTPLimits(), method: HTTPMethod) {
    self.limits = limits
    answersHead = method == .head
  }

  package mutating func feed(_ octets: UnsafeRawBufferPointer) {
    if case .body(_, .length(let length), _) = phase, input.isEmpty,
      octets.count <= length - body.count
    {
      body.append(contentsOf: octets)
    } else {
      input.append(octets)
    }
  }

  package mutating func feed(_ octets: [UInt8]) { octets.withUnsafeBytes { feed($0) } }

  /// What has come of the content; empty before its first octet.
  package var beginning: ArraySlice<UInt8> { body[...] }

  /// Another request has gone out behind this one: octets after the response are not out of step.
  package mutating func expectAnother() { isFollowed = true }

  /// What came behind the response.
  package mutating func takeLeftover() -> [UInt8] {
    var rest: [UInt8] = []
    _ = input.move(input.count, to: &rest)
    return rest
  }

  package mutating func next() -> Step {
    do {
      return try advance()
    } catch {
      phase = .ended
      return .fault(error)
    }
  }

  /// The connection has closed: that may be the end of the content, or it came too early.
  package mutating func finish() -> Step {
    if case .body(let head, .untilClose, _) = phase {
      return .response(end(head, leftover: false))
    }
    phase = .ended
    return .fault(.badRequest("the connection closed inside the response"))
  }

  private mutating func advance() throws(HTTPFault) -> Step {
    while true {
      switch phase {
      case .ended:
        return .needsMore
      case .startLine:
        guard let head = try readStartLine() else { return .needsMore }
        phase = .fields(head, FieldSection())
      case .fields(let head, var section):
        let isWhole = try section.read(from: &input, limits: limits)
        phase = .fields(head, section)
        guard isWhole else { return .needsMore }
        try beginBody(head, section.fields)
      case .body(let head, let framing, var decoder):
        let isWhole = try readBody(framing, &decoder)
        guard isWhole else {
          phase = .body(head, framing, decoder)
          return .needsMore
        }
        return .response(end(head, leftover: !input.isEmpty))
      }
    }
  }

  private mutating func readStartLine() throws(HTTPFault) -> Head? {
    switch input.line(bytesMax: limits.startLineBytesMax, allowing: .fieldLine) {
    case .partial:
      return nil
    case .malformed, .tooLong:
      throw .badRequest("the status line is malformed")
    case .whole(let line):
      // HTTP-version SP 3DIGIT SP [ reason-phrase ], RFC 9112 §4.
      let start = line.startIndex
      guard line.count >= 13, line[start + 8] == .space, line[start + 12] == .space,
        let status = decimalNumber(line[(start + 9)..<(start + 12)]), (100...599).contains(status)
      else { throw .badRequest("the status line is malformed") }
      let minorVersion = try RequestHead.minorVersion(line[..<(start + 8)])
      return Head(status: status, minorVersion: minorVersion)
    }
  }

  private mutating func beginBody(_ head: Head, _ fields: HTTPFields) throws(HTTPFault) {
    let framing = try BodyFraming.ofResponse(
      fields, status: head.status, minorVersion: head.minorVersion, toHead: answersHead,
      limits: limits)
    if head.status < 200 {
      interimCount += 1
      guard head.status != 101, interimCount <= limits.interimResponsesMax else {
        throw .badRequest("an interim response that nobody asked for")
      }
      phase = .startLine
      return
    }
    let closes = fields.list("connection", has: "close")
    let asksToKeep = fields.list("connection", has: "keep-alive")
    let received = ReceivedHead(
      response: HTTPResponse(status: head.status, fields: fields),
      keepsAlive: !closes && (head.minorVersion >= 1 || asksToKeep) && framing != .untilClose)
    phase = .body(received, framing, ChunkedDecoder())
    if case .length(let length) = framing { body.reserveCapacity(min(length, 4 << 20)) }
  }

  private mutating func readBody(
    _ framing: BodyFraming, _ decoder: inout ChunkedDecoder
  ) throws(HTTPFault) -> Bool {
    switch framing {
    case .none:
      return true
    case .length(let length):
      _ = input.move(length - body.count, to: &body)
      return body.count == length
    case .chunked:
      return try decoder.read(from: &input, into: &body, limits: limits)
    case .untilClose:
      let room = limits.bodyBytesMax - body.count
      if input.count > room { throw HTTPFault(413, "the content is too large") }
      _ = input.move(input.count, to: &body)
      return false
    }
  }

  private mutating func end(_ head: ReceivedHead, leftover: Bool) -> ReceivedResponse {
    var response = head.response
    response.body = body
    body = []
    phase = .ended
    // Octets behind the answer to the only request: the connection is out of step.
    let isInStep = !leftover || isFollowed
    return ReceivedResponse(response: response, keepsAlive: head.keepsAlive && isInStep)
  }
}
