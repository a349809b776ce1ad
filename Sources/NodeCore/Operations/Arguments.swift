/// The arguments of one call by parameter name, with readers that check. Every value is text, as
/// it stands in argv; a set flag is `true`.
package struct Arguments: Sendable, Equatable {
  package private(set) var values: [String: [String]]
  /// What people call each parameter: `ITEM` for a positional; options need no entry.
  private let labels: [String: String]

  /// Arguments for the parameters; required ones must be there, single ones once.
  package init(_ values: [String: [String]], for parameters: [Parameter]) throws(Refusal) {
    var labels: [String: String] = [:]
    for parameter in parameters where parameter.isPositional {
      labels[parameter.name] = parameter.placeholder
    }
    self.values = values.filter { !$0.value.isEmpty }
    self.labels = labels
    for parameter in parameters {
      let count = values[parameter.name]?.count ?? 0
      if parameter.isRequired, count == 0 {
        throw Refusal(.missingArgument, label(parameter.name))
      }
      if !parameter.isList, count > 1 {
        throw Refusal(.repeatedOption, label(parameter.name))
      }
    }
  }

  package init(_ values: [String: [String]], for spec: OperationSpec) throws(Refusal) {
    let known = spec.parameters.map(\.name)
    for name in values.keys.sorted(by: utf8Less) where spec.parameter(name) == nil {
      throw Refusal(.unknownOption, name, NearestName.of(name, among: known) ?? "")
    }
    try self.init(values, for: spec.parameters)
  }

  /// `--to`, `ITEM`: the name for messages.
  package func label(_ name: String) -> String {
    labels[name] ?? "--" + String(name.map { $0 == "_" ? "-" : $0 })
  }

  package func text(_ name: String) throws(Refusal) -> String {
    guard let value = optionalText(name) else {
      throw Refusal(.missingArgument, label(name))
    }
    return value
  }

  package func optionalText(_ name: String) -> String? {
    values[name]?.first
  }

  package func texts(_ name: String) -> [String] {
    values[name] ?? []
  }

  package func flag(_ name: String) -> Bool {
    values[name]?.first == "true"
  }

  /// A whole number within the range, in ASCII digits; nil where it was not given.
  package func integer(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
    guard let value = optionalText(name) else { return nil }
    let isNumber = value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
    guard isNumber, let number = Int(value), range.contains(number) else {
      throw bad(name, expected: "\(range.lowerBound)–\(range.upperBound)")
    }
    return number
  }

  /// One of a few words; nil where it was not given.
  package func choice(_ name: String, of words: [String]) throws(Refusal) -> String? {
    guard let value = optionalText(name) else { return nil }
    guard let word = words.first(where: { $0.utf8.elementsEqual(value.utf8) }) else {
      throw bad(name, expected: words.joined(separator: " | "))
    }
    return word
  }

  /// The refusal of a value, for readers that live elsewhere.
  package func bad(_ name: String, expected: String) -> Refusal {
    Refusal(.badValue, label(name), optionalText(name) ?? "", expected)
  }

  /// Replaces the values of a parameter, as the shell does with paths.
  package mutating func replace(_ name: String, with values: [String]) {
    self.values[name] = values
  }

  /// Takes a parameter out, as the shell does with the options that are its own.
  package mutating func remove(_ name: String) -> [String] {
    values.removeValue(forKey: name) ?? []
  }
}

func utf8Less(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
