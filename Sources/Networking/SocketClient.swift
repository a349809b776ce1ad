import Glibc
import HTTPCore

/// A blocking client of one server with one connection, kept between exchanges. Not for two
/// threads at once.
package final class SocketClient {
  package let address: SocketAddress
  /// Octets at the socket, over all connections of this client.
  package var octetsSent: Int { sentBefore + (connection?.octetsSent ?? 0) }
  package var octetsReceived: Int { receivedBefore + (connection?.octetsReceived ?? 0) }

  private let limits: ClientLimits
  private let interrupt: Interrupt?
  /// Reaches the server where it is one of https.
  private let secure: (helper: SecureHelper, base: BaseURL)?
  private var connection: ClientConnection?
  /// A request that went out behind the last one, and what has come of its response.
  private var foreseen: (request: HTTPRequest, octets: [UInt8])?
  /// Over all connections, each way.
  private var paces: (out: Pace, in: Pace)?
  private var sentBefore = 0
  private var receivedBefore = 0
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

  package init(
    address: SocketAddress, limits: ClientLimits = ClientLimits(), interrupt: Interrupt? = nil
  ) {
    self.address = address
    self.limits = limits
    self.interrupt = interrupt
    secure = nil
    paces = SocketClient.paces(limits)
  }

  /// For a base URL; one that needs TLS is reached through the helper.
  package init(
    _ base: BaseURL, secure helper: SecureHelper? = nil, limits: ClientLimits = ClientLimits(),
    interrupt: Interrupt? = nil
  ) {
    precondition(!base.needsTLS || helper != nil, "https needs the helper")
    address = .tcp(host: base.host, port: base.port)
    self.limits = limits
    self.interrupt = interrupt
    secure = base.needsTLS ? helper.map { ($0, base) } : nil
    paces = SocketClient.paces(limits)
  }

  private static func paces(_ limits: ClientLimits) -> (out: Pace, in: Pace)? {
    limits.bytesPerSecond.map { rate in
      let pace = Pace(bytesPerSecond: rate, now: monotonicMilliseconds())
      return (pace, pace)
    }
  }

  deinit { scratch.deallocate() }

  /// Ends the kept connection.
  package func close() {
    sentBefore = octetsSent
    receivedBefore = octetsReceived
    connection = nil
    foreseen = nil
  }

  /// Sends the request and waits for its response. Host is set where it is missing. A kept
  /// connection that turns out closed is replaced once: where nothing was sent yet, or where
  /// sending twice is harmless and no octet of a response came.
  /// `readMilliseconds` replaces the limit of this one exchange, for long polls. `content`, where
  /// it is given, is sent in place of the body, read as the server takes it. `next` is asked while
  /// the content of the response comes in, until it says what the next exchange will be.
  package func exchange(
    _ request: HTTPRequest, content: HTTPContent? = nil, readMilliseconds: Int64? = nil,
    foreseeing next: ((_ beginning: ArraySlice<UInt8>) -> HTTPRequest?)? = nil
  ) throws(ClientFault) -> HTTPResponse {
    var request = request
    if !request.fields.contains("host") { request.fields.append("Host", hostValue) }
    if let foreseen, foreseen.request == request {
      return try attempt(
        request, nil, readMilliseconds: readMilliseconds, next, sent: foreseen.octets)
    }
    // Its response would be taken for this one's.
    if foreseen != nil { close() }
    if connection?.isFresh == false { close() }
    let wasKept = connection != nil
    do throws(ClientFault) {
      return try attempt(request, content, readMilliseconds: readMilliseconds, next)
    } catch let fault {
      guard wasKept, request.method.isIdempotent,
        fault == .connectionLost(responseBegun: false)
      else { throw fault }
    }
    return try attempt(request, content, readMilliseconds: readMilliseconds, next)
  }

  /// `sent`: the request went out behind the last one; what has come of its response.
  private func attempt(
    _ request: HTTPRequest, _ content: HTTPContent?, readMilliseconds: Int64?,
    _ next: ((ArraySlice<UInt8>) -> HTTPRequest?)?, sent: [UInt8]? = nil
  ) throws(ClientFault) -> HTTPResponse {
    let connection = try connected()
    foreseen = nil
    let head = content.map { request.serializedHead(contentCount: $0.count) }
    var exchange = Exchange(
      connection: connection, parser: ResponseParser(limits: limits.http, method: request.method),
      output: sent == nil ? (head ?? request.serialized())[...] : [], content: content,
      writeMilliseconds: limits.writeMilliseconds,
      readMilliseconds: readMilliseconds ?? limits.readMilliseconds, paces: paces)
    // The helper sends one request at a time.
    if let next, secure == nil {
      exchange.foresee = { [hostValue] beginning in
        var foreseen = next(beginning)
        if foreseen?.fields.contains("host") == false {
          foreseen?.fields.append("Host", hostValue)
        }
        return foreseen
      }
    }
    defer { paces = exchange.paces }
    do throws(ClientFault) {
      let received = try exchange.run(scratch, begunWith: sent ?? [])
      if secure != nil, let fault = received.response.fields[SecureFault.field] {
        throw ClientFault.secure(fault)
      }
      if !received.keepsAlive || !exchange.hasSentAll {
        close()
      } else if let request = exchange.foreseen {
        foreseen = (request, exchange.takeLeftover())
      }
      return received.response
    } catch {
      close()
      throw error
    }
  }

  private func connected() throws(ClientFault) -> ClientConnection {
    if let connection { return connection }
    let opened =
      if let secure {
        try ClientConnection.open(secure.helper, secure.base, interrupt: interrupt)
      } else {
        try ClientConnection.open(
          address, milliseconds: limits.connectMilliseconds, interrupt: interrupt)
      }
    connection = opened
    return opened
  }

  private var hostValue: String {
    switch address {
    case .tcp(_, 80): String(address.description.dropLast(3))
    case .tcp: address.description
    case .unix: "localhost"
    }
  }
}

/// One request under way. Reads while it still writes: a server may answer before it has read all.
private struct Exchange {
  let connection: ClientConnection
  var parser: ResponseParser
  private var output: ArraySlice<UInt8>
  private let content: HTTPContent?
  /// How much of the content has been read.
  private var offset: Int64 = 0
  let writeMilliseconds: Int64
  let readMilliseconds: Int64
  private(set) var paces: (out: Pace, in: Pace)?
  /// Says what is asked for next, once it can.
  var foresee: ((ArraySlice<UInt8>) -> HTTPRequest?)?
  /// What it said.
  private(set) var foreseen: HTTPRequest?
  private var begun = false
  private var isBroken = false
  /// What the kernel had still to send when nothing came for so long.
  private var unsentCount = Int.max

  init(
    connection: ClientConnection, parser: ResponseParser, output: ArraySlice<UInt8>,
    content: HTTPContent?, writeMilliseconds: Int64, readMilliseconds: Int64,
    paces: (out: Pace, in: Pace)?
  ) {
    self.paces = paces
    self.connection = connection
    self.parser = parser
    self.output = output
    self.content = content
    self.writeMilliseconds = writeMilliseconds
    self.readMilliseconds = readMilliseconds
  }

  var hasSentAll: Bool { output.isEmpty && !hasContentLeft && !isBroken }

  private var hasContentLeft: Bool { content.map { offset < $0.count } ?? false }

  mutating func takeLeftover() -> [UInt8] { parser.takeLeftover() }

  mutating func run(
    _ scratch: UnsafeMutableRawBufferPointer, begunWith octets: [UInt8]
  ) throws(ClientFault) -> ReceivedResponse {
    if !octets.isEmpty {
      begun = true
      parser.feed(octets)
      if let response = try outcome(parser.next()) { return response }
    }
    var isWritable = true
    while true {
      if isWritable { try send() }
      let writes = !output.isEmpty || (hasContentLeft && !isBroken)
      let patience = writes ? writeMilliseconds : readMilliseconds
      let maySend = try keepPace(writes)
      let deadline = monotonicMilliseconds() + patience
      guard let ready = try connection.wait(toWrite: writes && maySend, until: deadline) else {
        if !writes, isStillLeaving() { continue }
        throw writes ? .writeTimedOut : .readTimedOut
      }
      isWritable = writes && maySend && ready != .readable
      if ready != .writable, let response = try receive(scratch) { return response }
    }
  }

  /// Whether what the kernel took has gone out meanwhile, and some is still to go: on a slow line
  /// that is progress, though nothing can be read yet.
  private mutating func isStillLeaving() -> Bool {
    let count = connection.unsentCount
    defer { unsentCount = count }
    return count > 0 && count < unsentCount
  }

  private mutating func send() throws(ClientFault) {
    while true {
      if output.isEmpty, hasContentLeft, !isBroken { try refill() }
      if output.isEmpty { return }
      let room = paces?.out.allowance(now: monotonicMilliseconds()) ?? output.count
      if room == 0 { return }
      guard let count = connection.send(output.prefix(room)) else {
        // Perhaps the server has answered and closed: what it said can still be read.
        isBroken = true
        output = []
        return
      }
      if count == 0 { return }
      output = output.dropFirst(count)
      paces?.out.moved(count)
    }
  }

  /// Waits until something may go one way or the other. Whether something may be sent.
  private mutating func keepPace(_ writes: Bool) throws(ClientFault) -> Bool {
    while true {
      let now = monotonicMilliseconds()
      guard let inward = paces?.in.allowance(now: now), let outward = paces?.out.allowance(now: now)
      else { return true }
      if writes, outward > 0 { return true }
      if !writes, inward > 0 { return false }
      let delay = (writes ? paces?.out : paces?.in)?.delayMilliseconds() ?? 0
      try connection.rest(milliseconds: max(delay, 1))
    }
  }

  private mutating func refill() throws(ClientFault) {
    guard let content else { return }
    guard let piece = try? content.read(offset), !piece.isEmpty,
      Int64(piece.count) <= content.count - offset
    else { throw .contentUnreadable }
    offset += Int64(piece.count)
    output = piece[...]
  }

  private mutating func receive(
    _ scratch: UnsafeMutableRawBufferPointer
  ) throws(ClientFault) -> ReceivedResponse? {
    let room = paces?.in.allowance(now: monotonicMilliseconds()) ?? scratch.count
    if room == 0 { return nil }
    let buffer = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(room, scratch.count)])
    switch connection.receive(into: buffer) {
    case .nothingYet:
      return nil
    case .lost:
      throw .connectionLost(responseBegun: begun)
    case .end:
      guard begun, case .response(let response) = parser.finish() else {
        throw .connectionLost(responseBegun: begun)
      }
      return response
    case .octets(let count):
      begun = true
      paces?.in.moved(count)
      parser.feed(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
      return try outcome(parser.next())
    }
  }

  /// Sends what comes next behind what was sent, without waiting for the end of the response.
  private mutating func lookAhead() {
    guard let foresee, foreseen == nil, hasSentAll, !parser.beginning.isEmpty,
      let request = foresee(parser.beginning)
    else { return }
    foreseen = request
    output = request.serialized()[...]
    parser.expectAnother()
  }

  private mutating func outcome(
    _ step: ResponseParser.Step
  ) throws(ClientFault) -> ReceivedResponse? {
    switch step {
    case .needsMore:
      lookAhead()
      return nil
    case .response(let response): return response
    case .fault(let fault) where fault.status == 413: throw .responseTooLarge
    case .fault(let fault): throw .malformedResponse(fault)
    }
  }
}
