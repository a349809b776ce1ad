import NodeCore

/// One command line, read: what to do, with what.
enum Invocation {
  case run(CommandTable.Entry, Arguments, GlobalOptions)
  /// Help about everything, a noun, or one operation.
  case help(noun: String?, verb: String?, GlobalOptions)
  case version

  /// Reads the words after the program's name.
  init(_ words: [String], _ surroundings: Surroundings) throws(Refusal) {
    let specs = CommandTable.all.map(\.spec)
    var line = CommandWords(words)
    let noun = line.takeName()
    guard let noun else {
      self = try Invocation.bare(line.rest, surroundings)
      return
    }
    guard specs.contains(where: { $0.noun == noun }) else {
      throw Refusal(
        .unknownCommand, noun, NearestName.of(noun, among: CommandTable.nouns(specs)) ?? "")
    }
    let verbs = specs.filter { $0.noun == noun }.map(\.verb)
    let verb = verbs.contains("") ? "" : line.takeName()
    let wantsHelp = line.rest.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    guard let verb else {
      guard wantsHelp else {
        throw Refusal(.incompleteCommand, noun, verbs.joined(separator: ", "))
      }
      self = .help(noun: noun, verb: nil, try Invocation.globals(line.rest, surroundings))
      return
    }
    guard let entry = CommandTable.find(noun: noun, verb: verb) else {
      let nearest = NearestName.of(verb, among: verbs).map { "\(noun) \($0)" }
      throw Refusal(.unknownCommand, "\(noun) \(verb)", nearest ?? "")
    }
    if wantsHelp {
      self = .help(noun: noun, verb: verb, Invocation.lenientGlobals(line.rest, surroundings))
      return
    }
    let parameters = entry.spec.parameters + GlobalOptions.parameters
    var arguments = try Arguments(words: line.rest, parameters: parameters)
    let globals = try GlobalOptions(taking: &arguments, surroundings)
    self = .run(entry, arguments, globals)
  }

  /// A line without a noun: only `--help` and `--version` mean something.
  private static func bare(
    _ words: [String], _ surroundings: Surroundings
  ) throws(Refusal) -> Invocation {
    let words = words.map { $0 == "-h" ? "--help" : $0 }
    if words.contains("--help") {
      return .help(noun: nil, verb: nil, try globals(words, surroundings))
    }
    _ = try globals(words, surroundings)
    if words.contains("--version") { return .version }
    throw Refusal(.incompleteCommand, "sitegroup", "--help")
  }

  private static func globals(
    _ words: [String], _ surroundings: Surroundings
  ) throws(Refusal) -> GlobalOptions {
    let words = words.map { $0 == "-h" ? "--help" : $0 }
    var arguments = try Arguments(words: words, parameters: GlobalOptions.parameters)
    return try GlobalOptions(taking: &arguments, surroundings)
  }

  /// Somebody who asks for help is not told first what else is wrong.
  private static func lenientGlobals(
    _ words: [String], _ surroundings: Surroundings
  ) -> GlobalOptions {
    let (json, language) = GlobalOptions.guess(words, surroundings)
    return GlobalOptions(
      directory: surroundings.workingDirectory, json: json, language: language, operatorName: "",
      dryRun: false)
  }
}

extension GlobalOptions {
  init(directory: String, json: Bool, language: Language, operatorName: String, dryRun: Bool) {
    self.directory = directory
    self.json = json
    self.language = language
    self.operatorName = operatorName
    self.dryRun = dryRun
  }
}

/// The words of a line, from which noun and verb are taken: global options may stand before them.
private struct CommandWords {
  private(set) var rest: [String]

  init(_ words: [String]) {
    rest = words
  }

  /// The first word that is neither an option nor the value of a global one.
  mutating func takeName() -> String? {
    var index = 0
    while index < rest.count, rest[index].utf8.first == 0x2D {
      if rest[index] == "--" { return nil }
      let takesValue = GlobalOptions.parameters.contains {
        if case .option = $0.kind { $0.optionName == rest[index] } else { false }
      }
      index += takesValue ? 2 : 1
    }
    return index < rest.count ? rest.remove(at: index) : nil
  }
}
