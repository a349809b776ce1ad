import HTTPCore
import Testing

/// Laws over damaged messages, each from a seed.
@Suite struct ParserLawTests {
  /// What came of some octets: each request's target and content, and the fault at the end.
  private struct Outcome: Equatable {
    var requests: [HTTPRequest] = []
    var fault: Int?
    var isInside = false
  }

  private func outcome(_ octets: [UInt8], pieces: () -> Int) -> Outcome {
    var parser = RequestParser()
    var outcome = Outcome()
    var start = 0
    while start < octets.count {
      let end = min(octets.count, start + pieces())
      parser.feed(Array(octets[start..<end]))
      start = end
      loop: while true {
        switch parser.next() {
        case .needsMore: break loop
        case .sendContinue: continue
        case .request(let received): outcome.requests.append(received.request)
        case .fault(let fault): outcome.fault = fault.status
        }
      }
    }
    outcome.isInside = parser.isInsideRequest
    return outcome
  }

  @Test(arguments: [0..<100, 100..<200, 200..<300] as [Range<UInt64>])
  func `damaged octets mean the same however they are split`(_ seeds: Range<UInt64>) {
    let pool = (RequestCase.lines + RequestCase.heads + RequestCase.bodies)
      .filter { $0.octets.count < 400 }
    for seed in seeds {
      var random = SeededRandom(seed: seed)
      var octets = (0..<3).flatMap { _ in pool[random.below(pool.count)].octets }
      for _ in 0..<random.below(4) {
        let place = random.below(octets.count)
        switch random.below(3) {
        case 0: octets[place] = UInt8(random.below(256))
        case 1: octets.remove(at: place)
        default: octets.insert(octets[random.below(octets.count)], at: place)
        }
      }
      let whole = outcome(octets) { octets.count }
      #expect(outcome(octets) { 1 } == whole, "seed \(seed)")
      #expect(outcome(octets) { 1 + random.below(9) } == whole, "seed \(seed)")
    }
  }

  @Test func `what was read is sent so that it reads the same`() {
    for one in RequestCase.lines + RequestCase.heads + RequestCase.bodies {
      for request in outcome(one.octets, pieces: { one.octets.count }).requests {
        guard request.fields.contains("host") else { continue }
        let again = outcome(request.serialized()) { 10_000_000 }
        #expect(again.requests.first?.body == request.body, "\(one.what)")
        #expect(again.requests.first?.target == request.target, "\(one.what)")
        #expect(again.requests.count == 1 && again.fault == nil, "\(one.what)")
      }
    }
  }

  @Test func `limits agree with each other`() {
    let limits = HTTPLimits()
    #expect(limits.startLineBytesMax >= 8_000, "RFC 9112 §3")
    #expect(limits.fieldsBytesMax >= limits.fieldLineBytesMax)
    #expect(limits.fieldsBytesMax <= limits.fieldsCountMax * limits.fieldLineBytesMax)
    #expect(limits.chunkExtensionsBytesMax >= limits.chunkLineBytesMax)
    #expect(limits.bodyBytesMax > limits.fieldsBytesMax)
  }
}

/// SplitMix64.
private struct SeededRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((word ^ (word >> 31)) % UInt64(bound))
  }
}
