import Replication

/// Clocks that are off.
extension World {
  private static let decade: Int64 = 315_000_000_000
  private static let jumps: [Int64] = [
    -86_400_000, -200_000, 120_000, 200_000, 280_000, 3_600_000, decade,
  ]

  func harmClock(_ code: SiteCode) {
    if let wrong = clock.skewed.first { return correctClock(wrong) }
    setOff(code)
    happenings[.clockFaults] += 1
  }

  private func correctClock(_ code: SiteCode) {
    clock.setSkew(nil, at: code)
    say("clock of \(code) corrected")
  }

  private func setOff(_ code: SiteCode) {
    var jump = dice.pick(World.jumps) ?? 0
    if jump == World.decade {
      // One site's alone: a child cannot take back what its upstream may have taken from it, and an
      // upstream takes what is no further ahead than itself. Two such clocks, one after the other,
      // leave a stamp that the rest of the tree refuses for ten years.
      if let farAhead, farAhead != code { jump = 3_600_000 }
      farAhead = farAhead ?? code
    }
    clock.setSkew(jump, at: code)
    say("clock of \(code) off by \(jump)")
  }

  /// One end's clock steps between two messages of a session, and perhaps back again.
  func stepClock(_ child: SiteCode) throws {
    guard child != shape.root, clock.skewed.isEmpty else { return }
    try goOn(child, messages: dice.within(1...5))
    guard exchanges[child] != nil else { return }
    let code = dice.chance(perMille: 500) ? child : upstream(of: child).code
    happenings[.clockSteps] += 1
    setOff(code)
    try goOn(child, messages: dice.within(1...4))
    if dice.chance(perMille: 500) {
      correctClock(code)
      try goOn(child, messages: dice.within(1...4))
    }
  }
}
