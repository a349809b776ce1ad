import Dispatch
import Glibc
import HTTPCore
import Networking
import NodeCore
import Storage

/// Reaches other nodes by sockets, through a helper where TLS is needed. An interrupt, where one is
/// given, ends every wait.
struct SocketNetwork: Network {
  var interrupt: Interrupt?
  /// Replaces the system's certificate authorities.
  var certificatesFile: String?

  func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    try transport(to: url, bytesPerSecond: nil)
  }

  func transport(
    to url: BaseURL, bytesPerSecond: Int64?
  ) throws(TransportFault) -> any Transport {
    let helper = SecureHelper(
      path: SecureHelper.installedPath, certificatesFile: certificatesFile)
    if url.needsTLS, !helper.isInstalled { throw .unreachable("sitegroup-https is missing") }
    var limits = ClientLimits()
    limits.bytesPerSecond = bytesPerSecond
    return SocketTransport(
      SocketClient(url, secure: helper, limits: limits, interrupt: interrupt))
  }

  func pause(milliseconds: Int) {
    if let interrupt {
      interrupt.wait(milliseconds: milliseconds)
    } else {
      usleep(UInt32(min(max(milliseconds, 0), 60_000)) * 1000)
    }
  }
}

extension SocketNetwork {
  func begin(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      work()
      done.signal()
    }
    return { done.wait() }
  }
}

/// One connection for all that is done one after the other.
final class KeptNetwork: Network {
  private let network: SocketNetwork
  private let kept = Lock<Kept?>(nil)

  private struct Kept {
    let url: BaseURL
    let bytesPerSecond: Int64?
    let transport: any Transport
  }

  init(_ network: SocketNetwork) { self.network = network }

  func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    try transport(to: url, bytesPerSecond: nil)
  }

  func transport(
    to url: BaseURL, bytesPerSecond: Int64?
  ) throws(TransportFault) -> any Transport {
    let present = kept.withLock { $0 }
    if let present, present.url == url, present.bytesPerSecond == bytesPerSecond {
      return present.transport
    }
    let new = try network.transport(to: url, bytesPerSecond: bytesPerSecond)
    kept.withLock { $0 = Kept(url: url, bytesPerSecond: bytesPerSecond, transport: new) }
    return new
  }

  func pause(milliseconds: Int) { network.pause(milliseconds: milliseconds) }

  func begin(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    network.begin(work)
  }
}

/// One kept connection to one node.
private final class SocketTransport: Transport {
  private let client: SocketClient

  init(_ client: SocketClient) {
    self.client = client
  }

  func exchange(
    _ request: HTTPRequest, readMilliseconds: Int64?
  ) throws(TransportFault) -> HTTPResponse {
    try exchange(request, nil, readMilliseconds)
  }

  func exchange(
    _ request: HTTPRequest, foreseeing next: @escaping Foresight
  ) throws(TransportFault) -> HTTPResponse {
    try exchange(request, nil, nil, next)
  }

  func exchange(
    _ request: HTTPRequest, content: HTTPContent
  ) throws(TransportFault) -> HTTPResponse {
    try exchange(request, content, nil)
  }

  private func exchange(
    _ request: HTTPRequest, _ content: HTTPContent?, _ readMilliseconds: Int64?,
    _ next: Foresight? = nil
  ) throws(TransportFault) -> HTTPResponse {
    do {
      return try client.exchange(
        request, content: content, readMilliseconds: readMilliseconds, foreseeing: next)
    } catch .interrupted {
      throw .interrupted
    } catch {
      throw .unreachable(error.description)
    }
  }

  var octetsSent: Int { client.octetsSent }
  var octetsReceived: Int { client.octetsReceived }
}
