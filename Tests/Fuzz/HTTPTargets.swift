import HTTPCore

/// What came of the octets of one connection.
private struct Heard: Equatable {
  var requests: [ReceivedRequest] = []
  var fault: HTTPFault?
  var isInside = false
}

/// Small enough that the fuzzer reaches every bound.
private let limits: HTTPLimits = {
  var limits = HTTPLimits()
  limits.startLineBytesMax = 64
  limits.fieldLineBytesMax = 64
  limits.fieldsBytesMax = 160
  limits.fieldsCountMax = 6
  limits.bodyBytesMax = 48
  limits.chunkLineBytesMax = 24
  limits.chunkExtensionsBytesMax = 40
  limits.interimResponsesMax = 2
  return limits
}()

private func checkBounds(_ fields: HTTPFields, _ body: [UInt8], _ limits: HTTPLimits) {
  claim(body.count <= limits.bodyBytesMax, "content is bounded")
  // Host may have come with the target of the request line, in place of its field.
  claim(fields.count <= 2 * limits.fieldsCountMax, "fields of head and trailer are bounded")
  for (name, value) in fields {
    // An octet that is no UTF-8 is shown as three.
    let octets = name.utf8.count + value.utf8.count
    claim(octets <= 3 * limits.fieldLineBytesMax, "a field line is bounded")
    claim(!value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }, "no line ends in a value")
  }
}

private func hear(_ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits) -> Heard {
  var parser = RequestParser(limits: limits)
  var heard = Heard()
  for piece in pieces {
    parser.feed(Array(piece))
    loop: while true {
      switch parser.next() {
      case .needsMore: break loop
      case .sendContinue:
        claim(parser.isInsideBody, "only who sends content is told to go on")
      case .request(let received):
        claim(heard.fault == nil, "after a fault nothing is read")
        checkBounds(received.request.fields, received.request.body, limits)
        heard.requests.append(received)
      case .fault(let fault):
        claim((400...599).contains(fault.status), "a fault has a status of its own")
        heard.fault = fault
      }
    }
  }
  heard.isInside = parser.isInsideRequest
  return heard
}

/// Every two pieces for a short input, else pieces by chance.
private func splits(_ octets: [UInt8]) -> [[ArraySlice<UInt8>]] {
  var splits = [octets.indices.map { octets[$0...$0] }]
  let step = max(1, octets.count / 48)
  for place in stride(from: 1, to: max(1, octets.count), by: step) {
    splits.append([octets[..<place], octets[place...]])
  }
  return splits
}

extension FuzzTarget {
  static let request = FuzzTarget(
    name: "request",
    seeds: {
      HTTPSamples.requests.flatMap { text in [0, 1].map { [$0] + Array(text.utf8) } }
    },
    words: HTTPSamples.words,
    run: { input in
      let limits = input.first == 0 ? limits : HTTPLimits(bodyBytesMax: 1 << 16)
      let octets = Array(input.dropFirst())
      let whole = hear([octets[...]], limits)
      for pieces in splits(octets) {
        claim(hear(pieces, limits) == whole, "requests mean the same however they are split")
      }
      for received in whole.requests where received.request.fields.contains("host") {
        // HTTP/1.0 has no expectations, and what is sent is HTTP/1.1.
        if received.request.fields.contains("expect") { continue }
        let sent = received.request.serialized()
        let again = hear([sent[...]], HTTPLimits())
        claim(again.requests.count == 1 && again.fault == nil, "what is sent is one request")
        guard let echo = again.requests.first?.request else { continue }
        claim(
          echo.body == received.request.body && echo.target == received.request.target
            && echo.method == received.request.method, "what is sent reads the same")
      }
    })

  static let response = FuzzTarget(
    name: "response",
    seeds: {
      HTTPSamples.responses.flatMap { text in [0, 1, 3].map { [$0] + Array(text.utf8) } }
    },
    words: HTTPSamples.words,
    run: { input in
      let choice = input.first ?? 0
      let limits = choice & 1 == 0 ? limits : HTTPLimits(bodyBytesMax: 1 << 16)
      let method: HTTPMethod = choice & 2 == 0 ? .get : .head
      let octets = Array(input.dropFirst())
      let whole = answer([octets[...]], method, limits)
      for pieces in splits(octets) {
        let split = answer(pieces, method, limits)
        claim(split.response == whole.response, "responses mean the same however they are split")
        claim(split.fault == whole.fault, "a fault is the same however it is split")
        // Octets behind the answer are seen only where they came with its end.
        claim(split.keeps || !whole.keeps, "an answer keeps no less for coming in pieces")
      }
    })
}

private struct Answered {
  var response: HTTPResponse?
  var keeps = false
  var fault: HTTPFault?
}

private func answer(
  _ pieces: [ArraySlice<UInt8>], _ method: HTTPMethod, _ limits: HTTPLimits
) -> Answered {
  var parser = ResponseParser(limits: limits, method: method)
  var answered = Answered()
  func note(_ step: ResponseParser.Step) -> Bool {
    switch step {
    case .needsMore: return false
    case .response(let received):
      checkBounds(received.response.fields, received.response.body, limits)
      claim((200...599).contains(received.response.status), "an interim response is passed over")
      (answered.response, answered.keeps) = (received.response, received.keepsAlive)
    case .fault(let fault): answered.fault = fault
    }
    return true
  }
  for piece in pieces {
    parser.feed(Array(piece))
    if note(parser.next()) { return answered }
  }
  _ = note(parser.finish())
  return answered
}
