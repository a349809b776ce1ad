/// How fast octets may go one way: so many a second, and after a rest no more at once than of a
/// tenth of a second. Knows no clock: the caller says what time it is.
struct Pace: Sendable {
  private let bytesPerSecond: Int64
  /// What may go at `since`; below nothing while what has gone is still to be waited for.
  private var credit: Int64
  private var since: Int64

  init(bytesPerSecond: Int64, now: Int64) {
    self.bytesPerSecond = max(bytesPerSecond, 1)
    credit = 0
    since = now
    credit = burst
  }

  private var burst: Int64 { max(bytesPerSecond / 10, 1024) }

  /// How many octets may go now; 0 where it must wait.
  mutating func allowance(now: Int64) -> Int {
    let elapsed = min(max(now - since, 0), 60_000)
    let earned = elapsed * bytesPerSecond / 1000
    // What is earned in fractions of a millisecond is not lost: the time stays where it was.
    if earned > 0 {
      credit = min(credit + earned, burst)
      since = now
    }
    return Int(max(credit, 0))
  }

  mutating func moved(_ octets: Int) { credit -= Int64(octets) }

  /// Until a worthwhile part may go.
  func delayMilliseconds() -> Int {
    let wanted = min(burst, 1024) - credit
    return wanted <= 0 ? 0 : Int(min((wanted * 1000 + bytesPerSecond - 1) / bytesPerSecond, 60_000))
  }
}
