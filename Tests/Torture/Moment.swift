import Glibc

/// Seconds that only run forward.
enum Moment {
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func pause(_ seconds: Double) {
    if seconds > 0 { usleep(UInt32(min(seconds, 600) * 1e6)) }
  }
}
