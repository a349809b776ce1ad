import HTTPCore

/// Why a request brought no response.
package enum TransportFault: Error, Equatable, Sendable {
  /// Refused, timed out, cut: nothing is known but that no answer came.
  case unreachable(String)
  /// The caller gave up waiting.
  case interrupted
}

/// A connection to one other node. Not for two threads at once.
package protocol Transport: AnyObject {
  func exchange(
    _ request: HTTPRequest, readMilliseconds: Int64?
  ) throws(TransportFault) -> HTTPResponse
  /// Octets at the socket so far.
  var octetsSent: Int { get }
  var octetsReceived: Int { get }
}

/// Where transports come from.
package protocol Network: Sendable {
  func transport(to url: BaseURL) throws(TransportFault) -> any Transport
  /// Waits; the node itself never does.
  func pause(milliseconds: Int)
}

/// No other node can be reached.
package struct NoNetwork: Network {
  package init() {}

  package func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    throw .unreachable("no network")
  }

  package func pause(milliseconds: Int) {}
}
