import HTTPCore

/// One connection of the server as a state machine without a socket: octets and times go in,
/// what to do comes out. One request is answered at a time, so pipelined ones keep their order.
struct ServerConnection: Sendable {
  /// A request that is being answered. A class: phases and effects hand it on, and copying a
  /// request counts references to all its parts.
  final class Exchange: Sendable {
    let request: HTTPRequest
    let keepsAlive: Bool
    let begun: Int64

    init(_ received: ReceivedRequest, begun: Int64) {
      request = received.request
      keepsAlive = received.keepsAlive
      self.begun = begun
    }
  }

  enum Effect: Sendable {
    case none
    /// Give the request to a worker.
    case dispatch(Exchange, timedOut: Bool)
    /// No more will be sent; what still arrives is thrown away.
    case finishSending
    case close
  }

  enum Phase: Sendable {
    case reading
    case working(Exchange)
    case holding(Exchange, topic: String, until: Int64)
    /// The response is there, but not to be sent yet.
    case delaying([UInt8], closes: Bool, until: Int64)
    case writing(closes: Bool)
    case lingering
  }

  private(set) var phase = Phase.reading
  private let limits: ServerLimits
  private var parser: RequestParser
  private var output = OutputBuffer()
  /// When the present phase, head or content began.
  private var began: Int64
  private var peerFinished = false
  private var isDraining = false
  private var discarded = 0
  /// The status of a refusal that nobody was told of yet.
  private var refusedStatus: Int?

  init(limits: ServerLimits, now: Int64) {
    self.limits = limits
    parser = RequestParser(limits: limits.http)
    began = now
  }

  /// Whether octets should be read now; otherwise they wait in the kernel.
  var wantsInput: Bool {
    switch phase {
    case .reading: !peerFinished
    case .lingering: true
    case .working, .holding, .delaying, .writing: false
    }
  }

  /// Whether nothing happens before something else does, or time has passed.
  var isWaiting: Bool {
    switch phase {
    case .holding, .delaying: true
    case .reading, .working, .writing, .lingering: false
    }
  }

  var hasOutput: Bool { !output.isEmpty }
  var unsent: ArraySlice<UInt8> { output.unsent }

  /// Content in memory because of this connection.
  var contentBytes: Int {
    switch phase {
    case .reading: parser.bufferedBytes
    case .working(let exchange), .holding(let exchange, _, _): exchange.request.body.count
    case .delaying(let octets, _, _): octets.count
    case .writing: output.unsent.count
    case .lingering: 0
    }
  }

  /// When this connection wants `expire`; nil while a worker has it.
  var deadline: Int64? {
    switch phase {
    case .reading:
      if parser.isInsideBody {
        let earned = Int64(parser.bufferedBytes) * 1_000 / limits.bytesPerSecondMin
        return began + limits.bodyMilliseconds + earned
      }
      return began + (parser.isInsideRequest ? limits.headMilliseconds : limits.idleMilliseconds)
    case .working: return nil
    case .holding(_, _, let until), .delaying(_, _, let until): return until
    case .writing:
      let earned = Int64(output.sentBytes) * 1_000 / limits.bytesPerSecondMin
      return began + limits.writeMilliseconds + earned
    case .lingering: return began + limits.lingerMilliseconds
    }
  }

  mutating func receive(_ octets: UnsafeRawBufferPointer, at now: Int64) -> Effect {
    switch phase {
    case .reading:
      if !parser.isInsideRequest { began = now }
      parser.feed(octets)
      return read(at: now)
    case .lingering:
      discarded += octets.count
      return discarded > limits.lingerBytesMax ? .close : .none
    case .working, .holding, .delaying, .writing:
      return .none
    }
  }

  /// The peer sends no more. What it asked is still answered, unless it only waits.
  mutating func receiveEnd() -> Effect {
    peerFinished = true
    switch phase {
    case .reading: return hasOutput ? .none : .close
    case .holding, .delaying, .lingering: return .close
    case .working, .writing: return .none
    }
  }

  mutating func respond(
    _ octets: [UInt8], closing: Bool, afterMilliseconds delay: Int = 0, at now: Int64
  ) {
    guard case .working(let exchange) = phase else { return }
    let closes = closing || !exchange.keepsAlive || peerFinished || isDraining
    if delay > 0 && !isDraining {
      let milliseconds = Int64(min(delay, limits.holdMillisecondsMax))
      phase = .delaying(octets, closes: closes, until: now + milliseconds)
    } else {
      write(octets, closes: closes, at: now)
    }
  }

  private mutating func write(_ octets: [UInt8], closes: Bool, at now: Int64) {
    output.append(octets)
    began = now
    phase = .writing(closes: closes)
  }

  mutating func hold(topic: String, milliseconds: Int, at now: Int64) -> Effect {
    guard case .working(let exchange) = phase else { return .none }
    if isDraining { return .dispatch(exchange, timedOut: true) }
    let wanted = Int64(min(max(0, milliseconds), limits.holdMillisecondsMax))
    phase = .holding(exchange, topic: topic, until: now + wanted)
    return .none
  }

  /// The handler is asked again: something happened, or (`timedOut`) it has to answer now.
  mutating func resume(timedOut: Bool) -> Effect {
    switch phase {
    case .holding(let exchange, _, _), .working(let exchange):
      phase = .working(exchange)
      return .dispatch(exchange, timedOut: timedOut)
    case .reading, .delaying, .writing, .lingering:
      return .none
    }
  }

  mutating func sent(_ count: Int, at now: Int64) -> Effect {
    output.consume(count)
    guard output.isEmpty else { return .none }
    switch phase {
    case .writing(let closes):
      output = OutputBuffer()
      began = now
      if closes { return finishSending() }
      phase = .reading
      return read(at: now)
    case .reading: return peerFinished ? .close : .none
    case .working, .holding, .delaying, .lingering: return .none
    }
  }

  mutating func expire(at now: Int64) -> Effect {
    switch phase {
    case .reading:
      guard parser.isInsideRequest else { return .close }
      refuse(HTTPFault(408, "the request took too long"), at: now)
      return .none
    case .holding: return resume(timedOut: true)
    case .delaying(let octets, let closes, _):
      write(octets, closes: closes, at: now)
      return .none
    case .working: return .none
    case .writing, .lingering: return .close
    }
  }

  /// Answers without looking at the request, then closes.
  mutating func refuse(_ fault: HTTPFault, at now: Int64) {
    var response = ProblemDetails(fault).response
    if fault.status == 503 { response.fields["Retry-After"] = String(limits.retryAfterSeconds) }
    output.append(response.serialized(closing: true))
    began = now
    phase = .writing(closes: true)
    refusedStatus = fault.status
  }

  /// What was refused since the last call, once.
  mutating func takeRefusal() -> Int? {
    defer { refusedStatus = nil }
    return refusedStatus
  }

  /// The server stops: what is under way is answered, nothing new begun.
  mutating func drain() -> Effect {
    isDraining = true
    switch phase {
    case .reading: return parser.isInsideRequest ? .none : .close
    case .holding: return resume(timedOut: true)
    case .delaying(let octets, _, let until):
      write(octets, closes: true, at: until)
      return .none
    case .writing:
      phase = .writing(closes: true)
      return .none
    case .working: return .none
    case .lingering: return .close
    }
  }

  private mutating func finishSending() -> Effect {
    if peerFinished || isDraining { return .close }
    phase = .lingering
    return .finishSending
  }

  private mutating func read(at now: Int64) -> Effect {
    let wasInsideBody = parser.isInsideBody
    while true {
      switch parser.next() {
      case .needsMore:
        if parser.isInsideBody && !wasInsideBody { began = now }
        if isDraining && !parser.isInsideRequest { return .close }
        return .none
      case .sendContinue:
        output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      case .fault(let fault):
        refuse(fault, at: now)
        return .none
      case .request(let received):
        let exchange = Exchange(received, begun: now)
        phase = .working(exchange)
        return .dispatch(exchange, timedOut: false)
      }
    }
  }
}

/// Octets on their way out.
struct OutputBuffer: Sendable {
  private var octets: [UInt8] = []
  private(set) var sentBytes = 0

  var isEmpty: Bool { sentBytes == octets.count }
  var unsent: ArraySlice<UInt8> { octets[sentBytes...] }

  mutating func append(_ more: [UInt8]) {
    if isEmpty {
      octets = more
      sentBytes = 0
    } else {
      octets += more
    }
  }

  mutating func consume(_ count: Int) { sentBytes += count }
}
