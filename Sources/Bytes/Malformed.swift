/// What is wrong with bytes from outside, and where.
package struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
  package let what: String
  package let offset: Int

  package init(_ what: String, at offset: Int) {
    self.what = what
    self.offset = offset
  }

  package var description: String { "\(what) at offset \(offset)" }
}
