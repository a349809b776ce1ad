import CLinux
import Glibc

/// An address as the kernel takes it.
struct ResolvedAddress: Sendable {
  private var storage: sockaddr_storage
  private let length: socklen_t
  /// Holds a directory open while a long socket path leads through it.
  private let directory: OpenDirectory?

  var family: Int32 { Int32(storage.ss_family) }

  init(storage: sockaddr_storage, length: socklen_t, directory: OpenDirectory? = nil) {
    self.storage = storage
    self.length = length
    self.directory = directory
  }

  func withPointer<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// Every address that `address` stands for, in the resolver's order. Names may take as long as
  /// the resolver does.
  static func all(
    _ address: SocketAddress, passive: Bool = false
  ) throws(SystemError) -> [ResolvedAddress] {
    switch address {
    case .unix(let path): return [try unix(path)]
    case .tcp(let host, let port): return try internet(host, port, passive: passive)
    }
  }

  private static func internet(
    _ host: String, _ port: Int, passive: Bool
  ) throws(SystemError) -> [ResolvedAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0, let list else {
      throw SystemError("resolve", host, number: status == EAI_SYSTEM ? errno : EHOSTUNREACH)
    }
    defer { freeaddrinfo(list) }
    var found: [ResolvedAddress] = []
    var next: UnsafeMutablePointer<addrinfo>? = list
    while let info = next?.pointee {
      if let address = info.ai_addr {
        var storage = sockaddr_storage()
        let count = min(Int(info.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
          $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
        found.append(ResolvedAddress(storage: storage, length: socklen_t(count)))
      }
      next = info.ai_next
    }
    return found
  }

  private static func unix(_ path: String) throws(SystemError) -> ResolvedAddress {
    var octets = Array(path.utf8)
    var directory: OpenDirectory?
    if octets.count > 107 {
      // sun_path holds 108 octets: go through the open directory instead.
      let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
      let opened = try OpenDirectory(String(path[..<slash]))
      let name = path.utf8[slash...].dropFirst()
      octets = Array("/proc/self/fd/\(opened.descriptor)/".utf8) + name
      directory = opened
      if octets.count > 107 { throw SystemError("name", path, number: ENAMETOOLONG) }
    }
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &storage) { raw in
      raw[MemoryLayout<sa_family_t>.size...].copyBytes(from: octets)
    }
    let length = MemoryLayout<sa_family_t>.size + octets.count + 1
    return ResolvedAddress(
      storage: storage, length: socklen_t(length), directory: directory)
  }
}

/// A directory held open; closed with the last reference.
final class OpenDirectory: Sendable {
  let descriptor: Int32

  init(_ path: String) throws(SystemError) {
    descriptor = open(path.isEmpty ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw .last("open", path) }
  }

  deinit { close(descriptor) }
}
