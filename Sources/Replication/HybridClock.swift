/// Hybrid logical time: never behind the wall clock, never behind a stamp that was accepted,
/// never the same twice. Milliseconds UTC.
package struct HybridClock: Sendable {
  /// The greatest time given out or observed.
  package private(set) var last: Int64

  package init(last: Int64) { self.last = last }

  /// The most that a stamp may be ahead of the receiver's clock.
  package static let aheadMillisecondsMax: Int64 = 5 * 60_000

  package mutating func next(wall: Int64) -> Int64 {
    last = max(last + 1, wall)
    return last
  }

  package mutating func observe(_ time: Int64) { last = max(last, time) }

  /// Sets the clock back after its correction; `floor` is the greatest time that a peer may hold.
  package mutating func fallBack(to floor: Int64) { last = floor }
}
