/// One named argument of an operation, the same on the command line, in JSON and in forms.
package struct Parameter: Sendable {
  package enum Kind: Sendable {
    /// One word in its place.
    case positional
    /// One word that may be left out.
    case optionalPositional
    /// One or more words, the last in the row.
    case positionals
    /// `--name VALUE`, at most once.
    case option
    /// `--name VALUE`, any number of times.
    case options
    /// `--name`.
    case flag
  }

  /// What a value is to the shell that passes it on.
  package enum Content: Sendable {
    case text
    /// A path: made absolute before it leaves the caller's process; `-` is standard input.
    case inputFile
    /// A path to be written: made absolute before it leaves the caller's process.
    case outputFile
  }

  /// snake_case; the option's name is the same in kebab-case.
  package let name: String
  package let kind: Kind
  package let placeholder: String
  package let words: Words
  package let isRequired: Bool
  package let content: Content

  init(
    _ name: String, _ kind: Kind, _ placeholder: String, _ words: Words, isRequired: Bool,
    content: Content
  ) {
    self.name = name
    self.kind = kind
    self.placeholder = placeholder
    self.words = words
    self.isRequired = isRequired
    self.content = content
  }

  package static func positional(
    _ name: String, _ placeholder: String, zh: String, en: String, content: Content = .text
  ) -> Parameter {
    Parameter(
      name, .positional, placeholder, Words(zh: zh, en: en), isRequired: true, content: content)
  }

  package static func optionalPositional(
    _ name: String, _ placeholder: String, zh: String, en: String, content: Content = .text
  ) -> Parameter {
    Parameter(
      name, .optionalPositional, placeholder, Words(zh: zh, en: en), isRequired: false,
      content: content)
  }

  package static func positionals(
    _ name: String, _ placeholder: String, zh: String, en: String
  ) -> Parameter {
    Parameter(
      name, .positionals, placeholder, Words(zh: zh, en: en), isRequired: true, content: .text)
  }

  package static func option(
    _ name: String, _ placeholder: String, zh: String, en: String, isRequired: Bool = false,
    content: Content = .text
  ) -> Parameter {
    Parameter(
      name, .option, placeholder, Words(zh: zh, en: en), isRequired: isRequired, content: content)
  }

  package static func options(
    _ name: String, _ placeholder: String, zh: String, en: String, isRequired: Bool = false,
    content: Content = .text
  ) -> Parameter {
    Parameter(
      name, .options, placeholder, Words(zh: zh, en: en), isRequired: isRequired, content: content)
  }

  package static func flag(_ name: String, zh: String, en: String) -> Parameter {
    Parameter(name, .flag, "", Words(zh: zh, en: en), isRequired: false, content: .text)
  }

  /// `--title-prefix` for `title_prefix`.
  package var optionName: String {
    "--" + String(name.map { $0 == "_" ? "-" : $0 })
  }

  package var isPositional: Bool {
    switch kind {
    case .positional, .optionalPositional, .positionals: true
    case .option, .options, .flag: false
    }
  }

  /// Whether several values may stand under the name.
  package var isList: Bool {
    switch kind {
    case .positionals, .options: true
    case .positional, .optionalPositional, .option, .flag: false
    }
  }

  /// How people write it: `ITEM`, `[FILE]`, `SITE…`, `--to COLUMN`.
  package var usage: String {
    let form =
      switch kind {
      case .positional, .optionalPositional: placeholder
      case .positionals: placeholder + "…"
      case .option: "\(optionName) \(placeholder)"
      case .options: "\(optionName) \(placeholder)…"
      case .flag: optionName
      }
    return isRequired ? form : "[\(form)]"
  }
}

/// What an operation is called and takes: the one source of parsing, help, API and forms.
package struct OperationSpec: Sendable {
  package enum Place: Sendable {
    /// Runs where the store is open: in the daemon if one runs, else in the caller's process.
    case node
    /// Runs in the caller's process, without a node of its own.
    case shell
  }

  package let noun: String
  /// Empty for nouns that stand alone: `status`.
  package let verb: String
  package let summary: Words
  package let parameters: [Parameter]
  /// Whether it may change something: then `--dry-run` and `--operator` mean something to it.
  package let changes: Bool
  package let place: Place

  package init(
    _ noun: String, _ verb: String = "", zh: String, en: String, changes: Bool,
    place: Place = .node, _ parameters: [Parameter] = []
  ) {
    self.noun = noun
    self.verb = verb
    self.summary = Words(zh: zh, en: en)
    self.parameters = parameters
    self.changes = changes
    self.place = place
  }

  /// `item add`, `status`.
  package var name: String { verb.isEmpty ? noun : "\(noun) \(verb)" }

  /// The path of the operation in the local API.
  package var path: String {
    verb.isEmpty ? "/api/v1/\(noun)" : "/api/v1/\(noun)/\(verb)"
  }

  package func parameter(_ name: String) -> Parameter? {
    parameters.first { $0.name.utf8.elementsEqual(name.utf8) }
  }
}
