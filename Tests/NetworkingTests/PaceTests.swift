import HTTPCore
import Testing

@testable import Networking

@Suite struct `A pace` {
  @Test(arguments: [4096, 100_000, 7_000_003])
  func `lets so many octets go in a second, early or late`(_ rate: Int64) {
    var (pace, now, moved) = (Pace(bytesPerSecond: rate, now: 0), Int64(0), Int64(0))
    let total = rate * 30
    while moved < total {
      let room = min(pace.allowance(now: now), Int(total - moved))
      if room > 0 {
        pace.moved(room)
        moved += Int64(room)
      } else {
        now += Int64(max(1, pace.delayMilliseconds()))
      }
      #expect(moved * 1000 <= rate * now + 1000 * max(rate / 10, 1024))
    }
    #expect((29_500...30_200).contains(now))
  }

  @Test func `saves nothing up while it rests`() {
    var pace = Pace(bytesPerSecond: 10_000, now: 0)
    #expect(pace.allowance(now: 3_600_000) == 1024)
    pace.moved(1024)
    #expect(pace.allowance(now: 3_600_000) == 0)
    // A clock that steps back earns nothing and breaks nothing.
    #expect(pace.allowance(now: 0) == 0)
    #expect(pace.allowance(now: 3_600_100) == 1000)
  }

  @Test func `bounds what a client sends and receives at its socket`() throws {
    let handler: HTTPHandler = { request, _ in
      .respond(HTTPResponse(status: 200, body: request.body))
    }
    try withServer(handler: handler) { server in
      var limits = ClientLimits()
      limits.bytesPerSecond = 200_000
      let client = SocketClient(address: try #require(server.addresses.first), limits: limits)
      let body = (0..<120_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let start = monotonicMilliseconds()
      let request = HTTPRequest(method: .post, target: "/", body: body)
      #expect(try client.exchange(request).body == body)
      // 100,000 octets each way beyond the first part, one after the other.
      #expect((900...3000).contains(monotonicMilliseconds() - start))
    }
  }
}
