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
  /// The same; from the beginning of the answer's content the caller may foresee what it asks for
  /// next, which goes out at once. It is then the next exchange; anything else gives it up.
  func exchange(
    _ request: HTTPRequest, foreseeing next: @escaping Foresight
  ) throws(TransportFault) -> HTTPResponse
  /// The same with content that is read while it is sent, in place of the request's body.
  func exchange(
    _ request: HTTPRequest, content: HTTPContent
  ) throws(TransportFault) -> HTTPResponse
  /// Octets at the socket so far.
  var octetsSent: Int { get }
  var octetsReceived: Int { get }
}

/// Asked again and again while an answer comes in, until it says what comes next.
package typealias Foresight = (_ beginning: ArraySlice<UInt8>) -> HTTPRequest?

extension Transport {
  /// For a transport that sends one request at a time.
  package func exchange(
    _ request: HTTPRequest, foreseeing next: @escaping Foresight
  ) throws(TransportFault) -> HTTPResponse { try exchange(request, readMilliseconds: nil) }

  /// For a transport that has no other way: all of it at once.
  package func exchange(
    _ request: HTTPRequest, content: HTTPContent
  ) throws(TransportFault) -> HTTPResponse {
    var request = request
    do {
      while request.body.count < content.count {
        let piece = try content.read(Int64(request.body.count))
        if piece.isEmpty { break }
        request.body += piece
      }
    } catch {
      throw .unreachable("the content cannot be read")
    }
    return try exchange(request, readMilliseconds: nil)
  }
}

/// Where transports come from.
package protocol Network: Sendable {
  func transport(to url: BaseURL) throws(TransportFault) -> any Transport
  /// One that sends and receives at most so many octets a second, each; nil for as fast as it goes.
  func transport(
    to url: BaseURL, bytesPerSecond: Int64?
  ) throws(TransportFault) -> any Transport
  /// Waits; the node itself never does.
  func pause(milliseconds: Int)
  /// Does something beside what the caller does next; the answer waits until it is done.
  func begin(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void
}

extension Network {
  /// For a network that has no pace of its own.
  package func transport(
    to url: BaseURL, bytesPerSecond: Int64?
  ) throws(TransportFault) -> any Transport { try transport(to: url) }

  /// For a network that does one thing at a time: at once.
  package func begin(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    work()
    return {}
  }
}

/// No other node can be reached.
package struct NoNetwork: Network {
  package init() {}

  package func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    throw .unreachable("no network")
  }

  package func pause(milliseconds: Int) {}
}
