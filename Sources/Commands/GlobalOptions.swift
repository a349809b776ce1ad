import NodeCore

/// The options that every command takes, anywhere on its line.
package struct GlobalOptions: Sendable, Equatable {
  /// The node's directory, absolute.
  package var directory: String
  package var json: Bool
  package var language: Language
  package var operatorName: String
  package var dryRun: Bool

  static let parameters: [Parameter] = [
    .option(
      "dir", "DIR", zh: "节点目录（或环境变量 SITEGROUP_DIR；默认为当前目录）",
      en: "the node's directory (or SITEGROUP_DIR; else the current one)"),
    .flag("json", zh: "以 JSON 输出", en: "answers in JSON"),
    .option("lang", "zh|en", zh: "输出语言（默认按系统区域设置）", en: "the language (else the locale's)"),
    .option(
      "operator", "NAME", zh: "操作员，记入审计日志（或 SITEGROUP_OPERATOR）",
      en: "who does it, for the audit log (or SITEGROUP_OPERATOR)"),
    .flag("dry_run", zh: "只说明会做什么，不做更改", en: "says what would be done, and changes nothing"),
    .flag("help", zh: "显示帮助", en: "shows help"),
    .flag("version", zh: "显示版本", en: "shows the version"),
  ]

  /// Takes its options out of the arguments.
  init(taking arguments: inout Arguments, _ surroundings: Surroundings) throws(Refusal) {
    let environment = surroundings.environment
    func nonEmpty(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    if let lang = arguments.optionalText("lang"), Language(rawValue: lang) == nil {
      throw arguments.bad("lang", expected: "zh | en")
    }
    language = Language(option: arguments.remove("lang").first, environment: environment)
    let named = arguments.remove("dir").first ?? nonEmpty("SITEGROUP_DIR")
    directory = surroundings.absolute(named ?? surroundings.workingDirectory)
    json = !arguments.remove("json").isEmpty
    operatorName =
      arguments.remove("operator").first ?? nonEmpty("SITEGROUP_OPERATOR")
      ?? nonEmpty("USER") ?? "operator"
    dryRun = !arguments.remove("dry_run").isEmpty
    _ = arguments.remove("help")
    _ = arguments.remove("version")
  }

  /// How to speak about a line that cannot be read: JSON or not, and the language.
  static func guess(_ words: [String], _ surroundings: Surroundings) -> (Bool, Language) {
    let options = words.prefix { $0 != "--" }
    let named = options.firstIndex(of: "--lang").flatMap {
      $0 + 1 < options.endIndex ? options[$0 + 1] : nil
    }
    let attached = options.last { $0.utf8.starts(with: "--lang=".utf8) }?.dropFirst(7)
    let language = Language(
      option: named ?? attached.map(String.init), environment: surroundings.environment)
    return (options.contains("--json"), language)
  }
}
