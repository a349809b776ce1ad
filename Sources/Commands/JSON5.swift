import NodeCore

/// A value of a configuration file, and where it stands.
package struct JSON5: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case array([JSON5])
    case object([Member])
  }

  package struct Member: Sendable, Equatable {
    package let key: String
    package let place: Place
    package let value: JSON5
  }

  /// Both from 1; the column counts Unicode scalars.
  package struct Place: Sendable, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package var description: String { "\(line):\(column)" }
  }

  package let place: Place
  package let value: Value

  package init(_ text: String) throws(JSON5Fault) {
    var parser = JSON5Parser(text)
    self = try parser.document()
  }

  init(_ value: Value, at place: Place) {
    self.value = value
    self.place = place
  }
}

/// What is wrong with a text that should be JSON5, and where.
package struct JSON5Fault: Error, Equatable, Sendable {
  package let place: JSON5.Place
  package let words: Words

  init(_ place: JSON5.Place, zh: String, en: String) {
    self.place = place
    self.words = Words(zh: zh, en: en)
  }
}
