/// What must hold does not.
package struct Violation: Error, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

func need(_ condition: Bool, _ what: @autoclosure () throws -> String) throws {
  if !condition { throw Violation(try what()) }
}
