import HTTPCore

/// What a handler decides about a request.
package enum HTTPReply: Sendable {
  case respond(HTTPResponse)
  /// The same, after so long: who asks too much is slowed down, at no cost here.
  case respondLater(HTTPResponse, milliseconds: Int)
  /// The connection waits, without a thread, until the topic is woken or the time is over; then
  /// the handler is asked again with the same request.
  case hold(topic: String, milliseconds: Int)
}

/// What a handler knows beside the request.
package struct RequestContext: Sendable {
  /// `192.0.2.1`, `2001:db8::1`, or `unix`; behind a proxy on this machine, what it names.
  package let peerAddress: String
  package let isUnixSocket: Bool
  /// Index into the addresses that the server was given.
  package let listenerIndex: Int
  /// How long this request has been held already.
  package let heldMilliseconds: Int
  /// The hold is over: the handler must respond now.
  package let timedOut: Bool

  package init(
    peerAddress: String, isUnixSocket: Bool, listenerIndex: Int, heldMilliseconds: Int,
    timedOut: Bool
  ) {
    self.peerAddress = peerAddress
    self.isUnixSocket = isUnixSocket
    self.listenerIndex = listenerIndex
    self.heldMilliseconds = heldMilliseconds
    self.timedOut = timedOut
  }
}

/// Told of each request that was refused before a handler saw it: the status of the answer, and the
/// network that it came from. Called on a loop's thread: must not wait.
package typealias HTTPRefusalObserver = @Sendable (_ status: Int, _ network: String) -> Void

package typealias HTTPHandler = @Sendable (HTTPRequest, RequestContext) -> HTTPReply

/// Asked first, on the thread of the connection's loop: the reply to a request that can be answered
/// from memory, without waiting for anything; nil leaves the request to the workers. Loops ask at
/// the same time.
package typealias HTTPReadyHandler = @Sendable (HTTPRequest, RequestContext) -> HTTPReply?
