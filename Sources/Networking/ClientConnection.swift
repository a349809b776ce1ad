import CLinux
import Glibc
import HTTPCore

/// One connected, non-blocking socket of a client. Every wait has a deadline and ends early when
/// the interrupt fires.
final class ClientConnection {
  enum Readiness { case readable, writable, both }

  private let descriptor: Int32
  private let interrupt: Interrupt?
  private(set) var octetsSent = 0
  private(set) var octetsReceived = 0
  /// Behind the socket, where the server is reached through a process of its own.
  private let helper: HelperProcess?

  private init(descriptor: Int32, interrupt: Interrupt?, helper: HelperProcess? = nil) {
    self.descriptor = descriptor
    self.interrupt = interrupt
    self.helper = helper
  }

  deinit { close(descriptor) }

  /// Tries every address of the server in the resolver's order, all within one deadline.
  static func open(
    _ address: SocketAddress, milliseconds: Int64, interrupt: Interrupt?
  ) throws(ClientFault) -> ClientConnection {
    let deadline = monotonicMilliseconds() + milliseconds
    var fault = ClientFault.unresolvable(address.description)
    for target in try resolve(address) {
      do throws(ClientFault) {
        return try open(target, address, deadline: deadline, interrupt: interrupt)
      } catch {
        fault = error
        if fault == .interrupted || fault == .connectTimedOut { throw fault }
      }
    }
    throw fault
  }

  /// A connection to the helper, which opens its own to the server.
  static func open(
    _ helper: SecureHelper, _ base: BaseURL, interrupt: Interrupt?
  ) throws(ClientFault) -> ClientConnection {
    do throws(SystemError) {
      let (process, descriptor) = try HelperProcess.start(
        helper, "https://\(base.authority)")
      return ClientConnection(descriptor: descriptor, interrupt: interrupt, helper: process)
    } catch {
      throw .unreachable(error)
    }
  }

  /// Whether the kept connection is still fit for a request: open, and nothing unasked on it.
  var isFresh: Bool {
    var octet: UInt8 = 0
    return recv(descriptor, &octet, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0
      && errno == EAGAIN
  }

  /// Octets taken by the kernel, 0 where it has no room; nil where the connection is gone.
  func send(_ octets: ArraySlice<UInt8>) -> Int? {
    let count = octets.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
    octetsSent += count
    return count
  }

  /// Octets that the kernel took and the other end does not have yet.
  var unsentCount: Int {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  enum Received {
    case octets(Int)
    case nothingYet
    case end
    case lost
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothingYet : .lost }
    octetsReceived += count
    return count == 0 ? .end : .octets(count)
  }

  /// Nil where the deadline passed.
  func wait(
    toWrite: Bool, until deadline: Int64
  ) throws(ClientFault) -> Readiness? {
    while true {
      var watched = [
        pollfd(
          fd: descriptor, events: Int16(POLLIN | (toWrite ? POLLOUT : 0)), revents: 0),
        pollfd(fd: interrupt?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      let left = Int32(clamping: max(0, deadline - monotonicMilliseconds()))
      let count = poll(&watched, 2, left)
      if count < 0 && errno == EINTR { continue }
      if watched[1].revents != 0 { throw .interrupted }
      let events = Int32(watched[0].revents)
      if count <= 0 || events == 0 { return nil }
      // An error shows when the socket is read or written.
      let isWritable = toWrite && events & (POLLOUT | POLLERR) != 0
      let isReadable = events & (POLLIN | POLLHUP | POLLERR) != 0
      return isReadable ? (isWritable ? .both : .readable) : .writable
    }
  }

  /// Waits, unless the interrupt fires.
  func rest(milliseconds: Int) throws(ClientFault) {
    var watched = pollfd(fd: interrupt?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
    let count = poll(&watched, 1, Int32(clamping: milliseconds))
    if count > 0, watched.revents != 0 { throw .interrupted }
  }

  private static func resolve(
    _ address: SocketAddress
  ) throws(ClientFault) -> [ResolvedAddress] {
    do throws(SystemError) {
      return try ResolvedAddress.all(address)
    } catch {
      if case .tcp(let host, _) = address { throw .unresolvable(host) }
      throw .unreachable(error)
    }
  }

  private static func open(
    _ target: ResolvedAddress, _ address: SocketAddress, deadline: Int64, interrupt: Interrupt?
  ) throws(ClientFault) -> ClientConnection {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(target.family, kind, 0)
    if descriptor < 0 { throw .unreachable(.last("socket", address.description)) }
    let connection = ClientConnection(descriptor: descriptor, interrupt: interrupt)
    if target.family != AF_UNIX { setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
    if target.withPointer({ connect(descriptor, $0, $1) }) == 0 { return connection }
    guard errno == EINPROGRESS || errno == EINTR else {
      throw .unreachable(.last("connect", address.description))
    }
    guard try connection.wait(toWrite: true, until: deadline) != nil else {
      throw .connectTimedOut
    }
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
    if number != 0 {
      throw .unreachable(SystemError("connect", address.description, number: number))
    }
    return connection
  }
}
