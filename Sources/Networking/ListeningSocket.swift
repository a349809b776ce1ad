import CLinux
import Glibc

/// A socket that accepts connections. It owns the file of a unix-domain address.
struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// With the port that the kernel chose where 0 was asked for.
  let address: SocketAddress

  var isUnix: Bool {
    if case .unix = address { return true }
    return false
  }

  init(_ address: SocketAddress) throws(SystemError) {
    let resolved = try ResolvedAddress.all(address, passive: true)
    guard let target = resolved.first else {
      throw SystemError("resolve", address.description, number: EHOSTUNREACH)
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(target.family, kind, 0)
    if descriptor < 0 { throw .last("socket", address.description) }
    do throws(SystemError) {
      try Self.prepare(descriptor, address, family: target.family)
      guard target.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
        throw SystemError.last("bind", address.description)
      }
      guard listen(descriptor, 1_024) == 0 else {
        throw SystemError.last("listen", address.description)
      }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.address = Self.bound(descriptor, address)
  }

  /// Accepts no more; removes the file of a unix-domain address.
  func shut() {
    // First the file: who finds it must find a listener.
    if case .unix(let path) = address { unlink(path) }
    close(descriptor)
  }

  private static func prepare(
    _ descriptor: Int32, _ address: SocketAddress, family: Int32
  ) throws(SystemError) {
    switch address {
    case .tcp:
      setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
      // One listener, one family: 0.0.0.0 and [::] can then stand side by side.
      if family == AF_INET6 { setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    case .unix(let path):
      try removeStale(path)
      // On Linux the file takes the socket's mode, so it is never open to others, not even briefly.
      if fchmod(descriptor, 0o600) != 0 { throw .last("chmod", path) }
    }
  }

  /// A file left by a process that died goes; one with a listener stays and is an error.
  private static func removeStale(_ path: String) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError("bind", path, number: EEXIST)
    }
    guard let target = try ResolvedAddress.all(.unix(path: path)).first else { return }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if probe < 0 { throw .last("socket", path) }
    defer { close(probe) }
    if target.withPointer({ connect(probe, $0, $1) }) == 0 || errno != ECONNREFUSED {
      throw SystemError("bind", path, number: EADDRINUSE)
    }
    unlink(path)
  }

  private static func bound(_ descriptor: Int32, _ address: SocketAddress) -> SocketAddress {
    guard case .tcp(let host, _) = address else { return address }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let port = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(descriptor, $0, &length)
      }
      // The port stands at the same place in both families.
      return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        Int(UInt16(bigEndian: $0.pointee.sin_port))
      }
    }
    return .tcp(host: host, port: port)
  }
}

func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
  var value = value
  _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
}
