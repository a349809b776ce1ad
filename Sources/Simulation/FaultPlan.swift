/// Makes a store's n-th statement from now fail: once, or as the death of its process.
///
/// Used by one store on one thread.
final class FaultPlan {
  private enum Code {
    static let input: Int32 = 10
    static let full: Int32 = 13
  }

  private var countdown: Int?
  private var isFatal = false
  /// Nothing that this process does reaches the disk any more.
  private(set) var isDead = false
  private(set) var hasFired = false

  func arm(after statements: Int, isFatal: Bool) {
    countdown = statements
    self.isFatal = isFatal
    hasFired = false
  }

  var isArmed: Bool { countdown != nil }

  func disarm() { countdown = nil }

  /// Runs what the plan must not hit.
  func paused<Result>(_ body: () throws -> Result) rethrows -> Result {
    let kept = countdown
    countdown = nil
    defer { countdown = kept }
    return try body()
  }

  /// A result code of SQLite where the next statement fails.
  func next() -> Int32? {
    if isDead { return Code.input }
    guard let left = countdown else { return nil }
    if left > 1 {
      countdown = left - 1
      return nil
    }
    countdown = nil
    hasFired = true
    isDead = isFatal
    return isFatal ? Code.input : Code.full
  }
}
