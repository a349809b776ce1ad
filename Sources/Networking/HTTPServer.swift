import CLinux
import Glibc
import HTTPCore

/// An HTTP/1.1 server: a few threads, the loops, move octets, each for its own connections; a fixed
/// pool of workers runs the handler; mailboxes lie between them. Listening begins in `init`,
/// answering with `start`.
package final class HTTPServer: Sendable {
  /// In the order given, with the ports that were chosen for port 0.
  package let addresses: [SocketAddress]
  private let listeners: [ListeningSocket]
  /// One a loop.
  private let mailboxes: [Mailbox<LoopMessage>]
  private let limits: ServerLimits
  private let workers: Int
  private let handler: HTTPHandler
  private let ready: HTTPReadyHandler
  private let onRefusal: HTTPRefusalObserver
  let totals = Locked(ServerTotals())
  private let life = Locked(Life.ready)

  private enum Life: Sendable {
    case ready
    case running([SystemThread], WorkerPool)
    case stopped
  }

  package init(
    addresses: [SocketAddress], loops: Int = 1, workers: Int,
    limits: ServerLimits = ServerLimits(),
    onRefusal: @escaping HTTPRefusalObserver = { _, _ in },
    ready: @escaping HTTPReadyHandler = { _, _ in nil }, handler: @escaping HTTPHandler
  ) throws(SystemError) {
    var mailboxes: [Mailbox<LoopMessage>] = []
    for _ in 0..<max(1, loops) { mailboxes.append(try Mailbox()) }
    self.mailboxes = mailboxes
    var listeners: [ListeningSocket] = []
    do {
      for address in addresses { listeners.append(try ListeningSocket(address)) }
    } catch {
      for listener in listeners { listener.shut() }
      throw error
    }
    self.listeners = listeners
    self.addresses = listeners.map(\.address)
    self.workers = workers
    self.limits = limits
    self.handler = handler
    self.ready = ready
    self.onRefusal = onRefusal
  }

  deinit { stop(drainMilliseconds: 0) }

  /// The port of the first TCP address; 0 without one.
  package var boundPort: Int {
    for case .tcp(_, let port) in addresses { return port }
    return 0
  }

  package var connectionsCount: Int { totals.withLock { $0.connections } }

  /// Starts the threads. Later calls do nothing.
  package func start() throws(SystemError) {
    let failure = life.withLock { life -> SystemError? in
      guard case .ready = life else { return nil }
      do throws(SystemError) {
        life = try launch()
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Every request that holds for the topic is given to the handler again. From any thread.
  package func wake(_ topic: String) {
    for mailbox in mailboxes { mailbox.post(.wake(topic)) }
  }

  /// Listens no more, answers what is under way for at most so long, then closes everything and
  /// ends the threads. Not to be called from the handler.
  package func stop(drainMilliseconds: Int) {
    let previous = life.withLock { life in
      defer { life = .stopped }
      return life
    }
    switch previous {
    case .stopped:
      return
    case .ready:
      for listener in listeners { listener.shut() }
    case .running(let threads, let pool):
      // The first loop, which has the listeners, tells the others.
      mailboxes[0].post(.stop(drainMilliseconds: Int64(max(0, drainMilliseconds))))
      for thread in threads { thread.join() }
      pool.stop()
    }
  }

  private func launch() throws(SystemError) -> Life {
    FileLimit.raise()
    let pool = try WorkerPool(count: workers, handler: handler)
    let shared = EventLoop.Shared(
      pool: pool, limits: limits, totals: totals, onRefusal: onRefusal, ready: ready)
    var threads: [SystemThread] = []
    do {
      // The first loop last: it takes connections at once, and gives them to the others.
      for index in mailboxes.indices.reversed() {
        let epoll = try Epoll()
        threads.append(
          try SystemThread("http-loop-\(index)") { [mailboxes, listeners] in
            EventLoop(index, of: mailboxes, epoll: epoll, listeners: listeners, shared).run()
          })
      }
      return .running(threads, pool)
    } catch {
      for mailbox in mailboxes { mailbox.post(.stop(drainMilliseconds: 0)) }
      for thread in threads { thread.join() }
      pool.stop()
      throw error
    }
  }
}

/// The process's limit of open descriptors.
enum FileLimit {
  /// Up to the hard limit: one descriptor a connection.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
