import HTTPCore

/// Why an exchange brought no response.
package enum ClientFault: Error, Equatable, Sendable {
  /// The name has no address.
  case unresolvable(String)
  /// No address of the server took the connection; the last reason.
  case unreachable(SystemError)
  case connectTimedOut
  /// No answer came over TLS: why, in the helper's words.
  case secure(String)
  case writeTimedOut
  case readTimedOut
  /// The connection went away. `responseBegun` tells whether a part of the response had come;
  /// either way the server may have done what was asked.
  case connectionLost(responseBegun: Bool)
  case malformedResponse(HTTPFault)
  /// More content than the client's limit.
  case responseTooLarge
  /// What was to be sent could not be read to its end.
  case contentUnreadable
  /// `Interrupt.fire()` was called.
  case interrupted

  /// Whether the server could not be reached at all: nothing has happened there.
  package var isUnreachable: Bool {
    switch self {
    case .unresolvable, .unreachable, .connectTimedOut: true
    case .secure, .writeTimedOut, .readTimedOut, .connectionLost, .malformedResponse,
      .responseTooLarge, .contentUnreadable, .interrupted:
      false
    }
  }
}

extension ClientFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unresolvable(let name): "no address for \(name)"
    case .unreachable(let error): error.description
    case .connectTimedOut: "no connection in time"
    case .secure(let what): what
    case .writeTimedOut: "the server took no more"
    case .readTimedOut: "no answer in time"
    case .connectionLost: "the connection was lost"
    case .malformedResponse(let fault): "the answer is malformed: \(fault.what)"
    case .responseTooLarge: "the answer is too large"
    case .contentUnreadable: "the content cannot be read"
    case .interrupted: "interrupted"
    }
  }
}
