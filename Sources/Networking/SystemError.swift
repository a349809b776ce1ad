import Glibc

/// A system call that failed: which, on what, and the error number.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  package let operation: String
  package let subject: String
  package let number: Int32

  package init(_ operation: String, _ subject: String, number: Int32) {
    self.operation = operation
    self.subject = subject
    self.number = number
  }

  /// With the error number that the last call left.
  static func last(_ operation: String, _ subject: String) -> SystemError {
    SystemError(operation, subject, number: errno)
  }

  package var description: String {
    "\(operation) \(subject): \(String(cString: strerror(number)))"
  }
}
