/// A request as it came over one connection.
package struct ReceivedRequest: Sendable, Equatable {
  package let request: HTTPRequest
  /// Whether another request may follow on the connection.
  package let keepsAlive: Bool
}

/// Reads requests from the octets of one connection: RFC 9112 to the letter, and what is
/// ambiguous is refused. After a fault or a request that ends the connection nothing more is read.
package struct RequestParser: Sendable {
  package enum Step: Sendable, Equatable {
    /// Nothing more to do before further octets arrive.
    case needsMore
    /// The client waits for `100 Continue` before it sends its content.
    case sendContinue
    case request(ReceivedRequest)
    /// To be answered with its status; then the connection closes.
    case fault(HTTPFault)
  }

  private enum Phase: Sendable {
    case startLine
    case fields(RequestHead, FieldSection)
    case body(Pending, BodyFraming, ChunkedDecoder)
    case ended
  }

  private struct Pending: Sendable {
    var request: HTTPRequest
    let keepsAlive: Bool
  }

  private let limits: HTTPLimits
  private var input = InputBuffer()
  private var body: [UInt8] = []
  private var phase = Phase.startLine
  private var emptyLineSeen = false

  package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  /// Octets held: the unread ones and the content so far.
  package var bufferedBytes: Int { input.count + body.count }

  /// Whether a part of a request has come that is not yet whole.
  package var isInsideRequest: Bool {
    if case .startLine = phase { return !input.isEmpty }
    return !isEnded
  }

  /// Whether the head is read and content still missing.
  package var isInsideBody: Bool {
    if case .body = phase { return true }
    return false
  }

  private var isEnded: Bool {
    if case .ended = phase { return true }
    return false
  }

  package mutating func feed(_ octets: UnsafeRawBufferPointer) {
    if isEnded { return }
    if case .body(_, .length(let length), _) = phase, input.isEmpty,
      octets.count <= length - body.count
    {
      // Content goes straight to its place.
      body.append(contentsOf: octets)
    } else {
      input.append(octets)
    }
  }

  package mutating func feed(_ octets: [UInt8]) { octets.withUnsafeBytes { feed($0) } }

  package mutating func next() -> Step {
    do {
      return try advance()
    } catch {
      end()
      return .fault(error)
    }
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
        // Held here alone, it reads on without being copied.
        phase = .startLine
        guard try section.read(from: &input, limits: limits) else {
          phase = .fields(head, section)
          return .needsMore
        }
        if let step = try beginBody(head, section.fields) { return step }
      case .body(let pending, let framing, var decoder):
        let isWhole = try readBody(framing, &decoder)
        guard isWhole else {
          phase = .body(pending, framing, decoder)
          return .needsMore
        }
        return .request(finish(pending))
      }
    }
  }

  private mutating func readStartLine() throws(HTTPFault) -> RequestHead? {
    while true {
      switch input.line(bytesMax: limits.startLineBytesMax, allowing: .requestLine) {
      case .partial:
        return nil
      case .malformed:
        throw .badRequest("the request line holds what it may not")
      case .tooLong:
        throw HTTPFault(414, "the request line is too long")
      case .whole(let line):
        if line.isEmpty && !emptyLineSeen {
          // One empty line before a request is ignored. RFC 9112 §2.2.
          emptyLineSeen = true
          continue
        }
        emptyLineSeen = false
        return try RequestHead(line: line)
      }
    }
  }

  /// Nil where content is to be read.
  private mutating func beginBody(
    _ head: RequestHead, _ received: HTTPFields
  ) throws(HTTPFault) -> Step? {
    let fields = try head.fields(received)
    let framing = try BodyFraming.ofRequest(
      fields, minorVersion: head.minorVersion, limits: limits)
    let expectsContinue = try head.expectsContinue(fields)
    let request = HTTPRequest(method: head.method, target: head.target, fields: fields)
    let pending = Pending(request: request, keepsAlive: head.keepsAlive(fields))
    if framing == .none { return .request(finish(pending)) }
    phase = .body(pending, framing, ChunkedDecoder())
    if case .length(let length) = framing { body.reserveCapacity(min(length, 1_024)) }
    return expectsContinue && input.isEmpty ? .sendContinue : nil
  }

  private mutating func readBody(
    _ framing: BodyFraming, _ decoder: inout ChunkedDecoder
  ) throws(HTTPFault) -> Bool {
    switch framing {
    case .none, .untilClose:
      return true
    case .length(let length):
      _ = input.move(length - body.count, to: &body)
      return body.count == length
    case .chunked:
      return try decoder.read(from: &input, into: &body, limits: limits)
    }
  }

  private mutating func finish(_ pending: Pending) -> ReceivedRequest {
    var request = pending.request
    request.body = body
    body = []
    // A connection that waits for its answer keeps no memory for what it will ask.
    if input.isEmpty { input.removeAll() }
    if pending.keepsAlive { phase = .startLine } else { end() }
    return ReceivedRequest(request: request, keepsAlive: pending.keepsAlive)
  }

  private mutating func end() {
    phase = .ended
    body = []
    input.removeAll()
  }
}
