import SyncProtocol
import Testing

@Suite struct `How much goes in one message` {
  /// What so many messages of the present portion make of it, over such a line.
  private func portion(
    _ portion: Portion = Portion(), after count: Int = 12, bytesPerSecond: Int,
    roundTripMilliseconds: Int = 200
  ) -> Portion {
    var portion = portion
    for _ in 0..<count {
      let took = roundTripMilliseconds + portion.octets * 1000 / bytesPerSecond
      portion.note(octets: portion.octets, milliseconds: Int64(took))
    }
    return portion
  }

  @Test(arguments: [8_000, 32_000, 125_000, 500_000])
  func `it takes about as long as an order may wait, on any slow line`(rate: Int) {
    let octets = portion(bytesPerSecond: rate).octets
    let took = Int64(octets * 1000 / rate + 200)
    let wanted = SyncLimits.portionMilliseconds
    #expect((wanted - 250...wanted + 50).contains(took), "\(octets) octets take \(took) ms")
  }

  @Test func `on a fast line it is a whole page after one message, or two where it is far`() {
    let fast = portion(after: 1, bytesPerSecond: 100_000_000, roundTripMilliseconds: 1)
    let far = portion(after: 2, bytesPerSecond: 100_000_000, roundTripMilliseconds: 200)
    #expect(far.octets == SyncLimits.pageBytes)
    #expect(fast.octets == SyncLimits.pageBytes)
    // One that took long does not make pages small for long.
    var halted = fast
    halted.note(octets: halted.octets, milliseconds: 20_000)
    #expect(halted.octets < SyncLimits.pageBytes / 4)
    halted = portion(halted, after: 2, bytesPerSecond: 100_000_000, roundTripMilliseconds: 1)
    #expect(halted.octets == SyncLimits.pageBytes)
  }

  @Test func `it shrinks with a line that becomes slow, and grows back`() {
    let fast = portion(bytesPerSecond: 100_000_000)
    let slow = portion(fast, after: 3, bytesPerSecond: 125_000)
    #expect(slow.octets < 260_000)
    #expect(portion(slow, after: 2, bytesPerSecond: 100_000_000).octets == SyncLimits.pageBytes)
  }

  @Test func `little messages and a clock that was set tell nothing of the line`() {
    let known = portion(bytesPerSecond: 125_000)
    var portion = known
    portion.note(octets: 900, milliseconds: 210)
    portion.note(octets: known.octets, milliseconds: -5)
    portion.note(octets: 0, milliseconds: 50_000)
    #expect(portion == known && known.isMeasured && !Portion().isMeasured)
  }

  @Test func `what brought no answer is sent in smaller parts, down to a bound`() {
    var portion = Portion()
    portion.noteLost()
    #expect(portion.octets == SyncLimits.portionBytesFirst / 2)
    for _ in 0..<20 { portion.noteLost() }
    #expect(portion.octets == SyncLimits.portionBytesMin)
  }

  @Test func `a rate that is configured bounds it from the beginning`() {
    #expect(Portion(bytesPerSecond: 10_000).octets == 20_000)
    #expect(Portion(bytesPerSecond: 1).octets == SyncLimits.portionBytesMin)
    #expect(Portion(bytesPerSecond: .max) == Portion())
    #expect(Portion(bytesPerSecond: 1 << 40) == Portion())
  }

  @Test func `each way has its own`() {
    var both = Portions()
    both.note(up: 500, down: both.down.octets, milliseconds: 1)
    #expect(both.down.octets > SyncLimits.portionBytesFirst)
    #expect(both.up.octets == SyncLimits.portionBytesFirst)
    both.note(up: both.up.octets, down: 200, milliseconds: 8000)
    #expect(both.up.octets < SyncLimits.portionBytesFirst)
  }

  @Test func `its bounds agree with each other`() {
    #expect(SyncLimits.portionBytesMin < SyncLimits.portionBytesFirst)
    #expect(SyncLimits.portionBytesFirst < SyncLimits.pageBytes)
    #expect(SyncLimits.portionBytesMin / SyncLimits.ordersPageShare > 0)
  }
}
