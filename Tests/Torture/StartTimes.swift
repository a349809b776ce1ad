import Storage

/// How long daemons took from their start to listening, in seconds.
final class StartTimes: Sendable {
  private let seconds = Lock<[Double]>([])

  func add(_ time: Double) { seconds.withLock { $0.append(time) } }

  /// The median and the longest, in milliseconds.
  var summary: (median: Int, longest: Int, count: Int) {
    let sorted = seconds.withLock { $0.sorted() }
    guard let last = sorted.last else { return (0, 0, 0) }
    return (Int(sorted[sorted.count / 2] * 1000), Int(last * 1000), sorted.count)
  }
}
