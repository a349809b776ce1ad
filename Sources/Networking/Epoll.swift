import CLinux
import Glibc

/// The kernel's list of descriptors to watch.
final class Epoll: Sendable {
  struct Ready {
    let key: UInt64
    private let events: UInt32

    init(_ event: epoll_event) {
      key = event.data.u64
      events = event.events
    }

    var isReadable: Bool {
      events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
    var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
    /// The peer sends no more, or the connection is gone.
    var isHungUp: Bool {
      events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
  }

  private let descriptor: Int32

  init() throws(SystemError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    if descriptor < 0 { throw .last("epoll_create", "loop") }
  }

  deinit { close(descriptor) }

  /// Told again and again while there is something to read.
  @discardableResult
  func watchReadable(_ watched: Int32, key: UInt64) -> Bool {
    add(watched, EPOLLIN.rawValue, key)
  }

  /// Told once at each change, both ways: no call is needed when the interest changes.
  @discardableResult
  func watchEdges(_ watched: Int32, key: UInt64) -> Bool {
    add(watched, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue, key)
  }

  func unwatch(_ watched: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

  /// Waits for at most so long (-1: for ever).
  func wait(milliseconds: Int32, into buffer: UnsafeMutableBufferPointer<epoll_event>) -> Int {
    Int(max(0, epoll_wait(descriptor, buffer.baseAddress, Int32(buffer.count), milliseconds)))
  }

  private func add(_ watched: Int32, _ events: UInt32, _ key: UInt64) -> Bool {
    var event = epoll_event(events: events, data: epoll_data_t(u64: key))
    return epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
  }
}
