/// Reads argv: `--name VALUE`, `--name=VALUE`, `--flag`, `--` before words that are no options.
extension Arguments {
  /// The words after noun and verb, in any order of options and positionals.
  package init(words: [String], parameters: [Parameter]) throws(Refusal) {
    var reading = WordReading(parameters: parameters)
    try reading.read(words)
    try self.init(reading.values, for: parameters)
  }
}

/// The state of reading one argv. Ends as values by parameter name.
private struct WordReading {
  let parameters: [Parameter]
  var values: [String: [String]] = [:]
  var positionals: ArraySlice<Parameter>

  init(parameters: [Parameter]) {
    self.parameters = parameters
    self.positionals = parameters.filter(\.isPositional)[...]
  }

  mutating func read(_ words: [String]) throws(Refusal) {
    var rest = words[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      if optionsEnded || !word.utf8.starts(with: "-".utf8) || word == "-" {
        try place(word)
      } else if word == "--" {
        optionsEnded = true
      } else {
        try option(word, &rest)
      }
    }
  }

  private mutating func place(_ word: String) throws(Refusal) {
    guard let parameter = positionals.first else { throw Refusal(.unexpectedArgument, word) }
    values[parameter.name, default: []].append(word)
    if !parameter.isList { positionals.removeFirst() }
  }

  private mutating func option(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(Refusal) {
    let equals = word.firstIndex(of: "=")
    let name = equals.map { String(word[..<$0]) } ?? word
    guard let parameter = parameters.first(where: { !$0.isPositional && $0.optionName == name })
    else {
      let known = parameters.filter { !$0.isPositional }.map(\.optionName)
      throw Refusal(.unknownOption, name, NearestName.of(name, among: known) ?? "")
    }
    let attached = equals.map { String(word[word.index(after: $0)...]) }
    if case .flag = parameter.kind {
      guard attached == nil else { throw Refusal(.flagTakesNoValue, name) }
      values[parameter.name] = ["true"]
      return
    }
    guard let value = attached ?? next(&rest) else { throw Refusal(.missingValue, name) }
    if !parameter.isList, values[parameter.name] != nil { throw Refusal(.repeatedOption, name) }
    values[parameter.name, default: []].append(value)
  }

  /// The next word as a value; an option is none: that needs `--name=--value`.
  private func next(_ rest: inout ArraySlice<String>) -> String? {
    guard let word = rest.first, !word.utf8.starts(with: "--".utf8) else { return nil }
    rest.removeFirst()
    return word
  }
}
