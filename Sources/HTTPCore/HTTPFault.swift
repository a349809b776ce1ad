/// What is wrong with a message from outside. `status` is what a server answers before it closes
/// the connection; a client that reads a faulty response only looks at `what`.
package struct HTTPFault: Error, Equatable, Sendable, CustomStringConvertible {
  package let status: Int
  package let what: String

  package init(_ status: Int, _ what: String) {
    self.status = status
    self.what = what
  }

  package var description: String { "\(what) (\(status))" }

  static func badRequest(_ what: String) -> HTTPFault { HTTPFault(400, what) }
}
