import Replication

/// Clocks that are off.
extension World {
  private static let jumps: [Int64] = [
    -86_400_000, -200_000, 120_000, 200_000, 280_000, 3_600_000, 315_000_000_000,
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
    let jump = dice.pick(World.jumps) ?? 0
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
