/// How much goes in one message over a link, one way: as much as the line carries in a while, so
/// that an order never waits long behind it, and a fast line is not held up by round trips. Knows
/// no clock: the caller says how long an exchange took.
package struct Portion: Sendable, Equatable {
  package private(set) var octets: Int
  /// Whether it is more than a beginning.
  package private(set) var isMeasured = false

  /// `bytesPerSecond`: what the line may carry, where that is known.
  package init(bytesPerSecond: Int64? = nil) {
    octets = SyncLimits.portionBytesFirst
    if let rate = bytesPerSecond {
      let (carried, isMuch) = rate.multipliedReportingOverflow(by: Self.target)
      if !isMuch { octets = Self.bounded(min(carried / 1000, Int64(octets))) }
    }
  }

  /// An exchange of so many octets took so long, its round trip included.
  package mutating func note(octets count: Int, milliseconds: Int64) {
    // The clock was set meanwhile.
    if milliseconds < 0 || count <= 0 { return }
    let carried = Self.bounded(Int64(count) * Self.target / max(milliseconds, 1))
    if count >= octets / 2 {
      // A halt is not the line: it does not shrink to nothing by one.
      octets = max(carried, octets / 8)
      isMeasured = true
    } else if carried < octets, milliseconds > Self.target {
      // Of little it tells the round trip more than the line.
      octets = max(carried, octets / 2)
    }
    octets = Self.bounded(Int64(octets))
  }

  /// No answer came: perhaps it was too much for the time that there was.
  package mutating func noteLost() { octets = Self.bounded(Int64(octets / 2)) }

  private static let target = SyncLimits.portionMilliseconds

  private static func bounded(_ count: Int64) -> Int {
    Int(min(max(count, Int64(SyncLimits.portionBytesMin)), Int64(SyncLimits.pageBytes)))
  }
}

/// Both ways of a link, as its client knows them.
package struct Portions: Sendable, Equatable {
  package var up: Portion
  package var down: Portion

  package init(bytesPerSecond: Int64? = nil) {
    up = Portion(bytesPerSecond: bytesPerSecond)
    down = up
  }

  /// What an exchange tells of the way on which more went.
  package mutating func note(up sent: Int, down received: Int, milliseconds: Int64) {
    if sent > received {
      up.note(octets: sent, milliseconds: milliseconds)
    } else {
      down.note(octets: received, milliseconds: milliseconds)
    }
  }

  package mutating func noteLost() {
    up.noteLost()
    down.noteLost()
  }
}
