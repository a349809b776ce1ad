import CLinux
import Glibc

/// Ends the waiting of the clients that were given it, from any thread, for good.
package final class Interrupt: Sendable {
  let descriptor: Int32

  package init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if descriptor < 0 { throw .last("eventfd", "interrupt") }
  }

  deinit { close(descriptor) }

  package func fire() { eventfd_write(descriptor, 1) }

  /// Sleeps for so long, or until it is fired.
  package func wait(milliseconds: Int) {
    var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    poll(&waited, 1, Int32(min(max(milliseconds, 0), 60_000)))
  }
}
