import CLinux
import Glibc

/// A thread of the system, joined by whoever started it.
package struct SystemThread: Sendable {
  private let handle: pthread_t

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  package init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
    var handle = pthread_t()
    let body = Unmanaged.passRetained(Body(run))
    let status = pthread_create(
      &handle, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard status == 0 else {
      body.release()
      throw SystemError("start thread", name, number: status)
    }
    pthread_setname_np(handle, name)
    self.handle = handle
  }

  package func join() { pthread_join(handle, nil) }

  /// For a thread that works on nobody's request: the others of the process go before it. Linux
  /// keeps this by thread.
  package static func lowerPriority() {
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  }

  var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }
}

package enum Processors {
  /// Those that this process may run on.
  package static let count: Int = {
    var set = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard sched_getaffinity(0, size, &set) == 0 else { return 1 }
    return max(1, Int(__sched_cpucount(size, &set)))
  }()
}

/// Milliseconds that only run forward.
func monotonicMilliseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
