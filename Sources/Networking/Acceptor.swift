import CLinux
import Glibc

/// Takes connections from the listeners, as far as the totals of the server allow.
struct Acceptor {
  struct Accepted: Sendable {
    let descriptor: Int32
    /// The descriptor below, a generation above: a late message never meets a successor.
    let key: UInt64
    let peer: PeerAddress
    let listenerIndex: Int
    let isUnix: Bool
    /// Above the limits: to be answered 503.
    let isRefused: Bool
  }

  static let acceptsPerTurn = 64
  static let pauseMilliseconds: Int64 = 100

  /// Out of descriptors: when to try again.
  private(set) var resumesAt: Int64?
  private let listeners: [ListeningSocket]
  private let limits: ServerLimits
  private let totals: Locked<ServerTotals>
  private var generation: UInt64 = 0
  private var isShut = false

  init(listeners: [ListeningSocket], limits: ServerLimits, totals: Locked<ServerTotals>) {
    self.listeners = listeners
    self.limits = limits
    self.totals = totals
  }

  func open(_ epoll: Epoll) {
    for (index, listener) in listeners.enumerated() {
      epoll.watchReadable(listener.descriptor, key: UInt64(index) + 1)
    }
  }

  mutating func resume(_ epoll: Epoll, at now: Int64) {
    guard let time = resumesAt, now >= time else { return }
    resumesAt = nil
    if !isShut { open(epoll) }
  }

  /// Closes the listeners.
  mutating func shut() {
    if isShut { return }
    isShut = true
    resumesAt = nil
    for listener in listeners { listener.shut() }
  }

  mutating func accept(
    _ index: Int, _ epoll: Epoll, at now: Int64
  ) -> [Accepted] {
    if isShut { return [] }
    var accepted: [Accepted] = []
    for _ in 0..<Self.acceptsPerTurn {
      guard let connection = take(index, epoll, at: now) else { break }
      if let connection = admit(connection.descriptor, connection.peer, index) {
        accepted.append(connection)
      }
    }
    return accepted
  }

  private mutating func take(
    _ index: Int, _ epoll: Epoll, at now: Int64
  ) -> (descriptor: Int32, peer: PeerAddress)? {
    let listener = listeners[index]
    while true {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          accept4(
            listener.descriptor, $0, &length,
            Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        }
      }
      if descriptor >= 0 {
        return (descriptor, listener.isUnix ? .unix : PeerAddress(storage))
      }
      switch errno {
      case EINTR, ECONNABORTED:
        continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        // The listener would be reported as ready without end: look away for a while.
        for listener in listeners { epoll.unwatch(listener.descriptor) }
        resumesAt = now + Self.pauseMilliseconds
        return nil
      default:
        return nil
      }
    }
  }

  private mutating func admit(
    _ descriptor: Int32, _ peer: PeerAddress, _ index: Int
  ) -> Accepted? {
    let admission = totals.withLock { $0.enter(peer, limits) }
    if admission == .closed {
      close(descriptor)
      return nil
    }
    let isUnix = listeners[index].isUnix
    if !isUnix { setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
    generation = generation % 0xFFFF_FFFF + 1
    let key = generation << 32 | UInt64(UInt32(bitPattern: descriptor))
    return Accepted(
      descriptor: descriptor, key: key, peer: peer, listenerIndex: index, isUnix: isUnix,
      isRefused: admission == .refused)
  }
}
