import Dispatch
import Glibc
import Networking
import NodeCore
import Storage

/// Time and chance of the machine.
enum SystemPorts {
  static let store = StorePorts(
    now: { SystemPorts.milliseconds() }, random: { SystemPorts.octets($0) },
    sideBySide: { DispatchQueue.concurrentPerform(iterations: $0, execute: $1) },
    begin: SystemPorts.begin)

  /// In a thread of its own, where one is to be had: those of the pool are for what is short.
  @Sendable static func begin(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    guard let thread = try? SystemThread("beside", work) else {
      work()
      return {}
    }
    return { thread.join() }
  }

  /// Milliseconds UTC.
  static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  static func octets(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var octets: [UInt8] = []
    // The kernel is asked each time.
    while octets.count < count {
      withUnsafeBytes(of: generator.next() as UInt64) { octets += $0.prefix(count - octets.count) }
    }
    return octets
  }

  /// In 0..<1.
  static func chance() -> Double {
    Double.random(in: 0..<1)
  }
}

/// Time that only goes forward, for deadlines within this process.
enum Monotonic {
  static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
