import CLinux
import Glibc
import HTTPCore

/// Who is at the other end of an accepted connection.
struct PeerAddress: Sendable {
  /// For logs: `192.0.2.1`, `2001:db8::1`, or `unix`.
  let text: String
  /// What connections are counted by: an IPv4 address or an IPv6 /64; nil is not counted.
  let countedAs: [UInt8]?

  static let unix = PeerAddress(text: "unix", countedAs: nil)

  init(text: String, countedAs: [UInt8]?) {
    self.text = text
    self.countedAs = countedAs
  }

  /// The network that it belongs to: an IPv4 /24, an IPv6 /48. What is written down names no more.
  var network: String { NetworkName.of(text) }

  /// Who asked: where the connection is from this machine, the address that a proxy here names in
  /// X-Forwarded-For. One address, or it does not count.
  func client(of request: HTTPRequest) -> String {
    guard countedAs == nil else { return text }
    let named = request.fields.values(of: "x-forwarded-for")
    guard named.count == 1, named[0].utf8.count < Int(INET6_ADDRSTRLEN) else { return text }
    var octets = in6_addr()
    let isAddress = [AF_INET, AF_INET6].contains { inet_pton($0, named[0], &octets) == 1 }
    return isAddress ? named[0] : text
  }

  init(_ storage: sockaddr_storage) {
    var storage = storage
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    var octets: [UInt8] = []
    withUnsafePointer(to: &storage) { pointer in
      if Int32(pointer.pointee.ss_family) == AF_INET6 {
        pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          var address = $0.pointee.sin6_addr
          inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN))
          octets = withUnsafeBytes(of: &address) { Array($0) }
        }
      } else if Int32(pointer.pointee.ss_family) == AF_INET {
        pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          var address = $0.pointee.sin_addr
          inet_ntop(AF_INET, &address, &text, socklen_t(INET6_ADDRSTRLEN))
          octets = withUnsafeBytes(of: &address) { Array($0) }
        }
      }
    }
    let isLoopback =
      octets.count == 4
      ? octets[0] == 127 : octets.dropLast().allSatisfy { $0 == 0 } && octets.last == 1
    let name = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    self.text = String(decoding: name, as: UTF8.self)
    let network = octets.prefix(octets.count == 16 ? 8 : 4)
    countedAs = isLoopback || octets.isEmpty ? nil : Array(network)
  }
}

/// Names the network that an address belongs to.
package enum NetworkName {
  /// `192.0.2.0/24`, `2001:db8::/48`; anything but an address as it is, cut short.
  package static func of(_ address: String) -> String {
    var octets = in6_addr()
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    for (family, count, kept) in [(AF_INET, 4, 3), (AF_INET6, 16, 6)] {
      guard inet_pton(family, address, &octets) == 1 else { continue }
      withUnsafeMutableBytes(of: &octets) { raw in
        for place in kept..<count { raw[place] = 0 }
      }
      inet_ntop(family, &octets, &text, socklen_t(INET6_ADDRSTRLEN))
      let name = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      return "\(String(decoding: name, as: UTF8.self))/\(kept * 8)"
    }
    return String(address.prefix(Int(INET6_ADDRSTRLEN)))
  }
}
