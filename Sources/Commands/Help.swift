import NodeCore

/// The help, made from the table: what is not in the table cannot be run, what is in it is here.
enum Help {
  static let version = "0.1.0"

  /// Every operation, a noun's, or one.
  static func text(noun: String?, verb: String?, _ language: Language) -> String {
    let specs = CommandTable.all.map(\.spec)
    guard let noun else { return overview(specs, language) }
    guard let verb, let spec = specs.first(where: { $0.noun == noun && $0.verb == verb }) else {
      return list(specs.filter { $0.noun == noun }, language)
    }
    return operation(spec, language)
  }

  private static func overview(_ specs: [OperationSpec], _ language: Language) -> String {
    var parts = [
      Words(
        zh: "sitegroup：政府网站群的节点程序，站点之间同步信息，断网时照常工作。",
        en: "sitegroup: a node of a group of government web sites; it works offline and syncs."
      )[language],
      usageLine("NOUN [VERB] …", language),
    ]
    parts.append(list(specs, language))
    parts.append(globals(language))
    parts.append(
      Words(
        zh: "每条命令的用法：sitegroup NOUN [VERB] --help",
        en: "More about a command: sitegroup NOUN [VERB] --help"
      )[language])
    return parts.joined(separator: "\n\n")
  }

  private static func list(_ specs: [OperationSpec], _ language: Language) -> String {
    CommandTable.nouns(specs).map { noun in
      lines(
        specs.filter { $0.noun == noun }.map { spec in
          let required = spec.parameters.filter { $0.isPositional || $0.isRequired }
          let usage = ([spec.name] + required.map(\.usage)).joined(separator: " ")
          return (usage, spec.summary[language])
        })
    }.joined(separator: "\n")
  }

  private static func operation(_ spec: OperationSpec, _ language: Language) -> String {
    let usage = ([spec.name] + spec.parameters.map(\.usage)).joined(separator: " ")
    var parts = [spec.summary[language], usageLine(usage, language)]
    if !spec.parameters.isEmpty {
      let rows = spec.parameters.map { parameter in
        let form =
          parameter.isRequired ? parameter.usage : String(parameter.usage.dropFirst().dropLast())
        return (form, parameter.words[language])
      }
      parts.append(Words(zh: "参数：", en: "Arguments:")[language] + "\n" + lines(rows))
    }
    parts.append(globals(language))
    return parts.joined(separator: "\n\n")
  }

  private static func usageLine(_ usage: String, _ language: Language) -> String {
    Words(zh: "用法：", en: "Usage: ")[language] + "sitegroup \(usage)"
  }

  private static func globals(_ language: Language) -> String {
    let rows = GlobalOptions.parameters.map { parameter in
      (String(parameter.usage.dropFirst().dropLast()), parameter.words[language])
    }
    return Words(zh: "通用选项：", en: "Options of every command:")[language] + "\n" + lines(rows)
  }

  /// Terms and what they mean, aligned; a long term has the line to itself.
  private static func lines(_ rows: [(String, String)]) -> String {
    let column = 34
    return rows.map { term, meaning in
      let width = TextTable.width(term)
      let gap =
        width + 2 > column
        ? "\n" + String(repeating: " ", count: column + 2)
        : String(repeating: " ", count: column - width)
      return "  " + term + gap + meaning
    }.joined(separator: "\n")
  }
}
