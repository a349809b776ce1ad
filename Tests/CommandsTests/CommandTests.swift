import Commands
import FoundationEssentials
import NodeCore
import Testing

/// Runs lines as the program would, and keeps what they print.
final class Shell: Sendable {
  struct Result {
    let status: Int32
    let output: String
    let error: String
  }

  let directory: String

  init() throws {
    let path = FileManager.default.temporaryDirectory.path() + "/sitegroup-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    directory = path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  func run(_ words: String...) -> Result {
    run(words)
  }

  func run(_ words: [String]) -> Result {
    let texts = Texts()
    let surroundings = Surroundings(
      environment: [:], workingDirectory: directory,
      output: {
        texts.append($0, isError: false); return true
      }, error: { texts.append($0, isError: true) })
    let status = Command.run(words, surroundings)
    return Result(status: status, output: texts.output, error: texts.error)
  }

  /// `@unchecked Sendable`: a command line runs on the thread that asks for it.
  private final class Texts: @unchecked Sendable {
    var output = ""
    var error = ""

    func append(_ text: String, isError: Bool) {
      if isError { error += text } else { output += text }
    }
  }
}

@Suite struct `The command line` {
  let shell: Shell

  init() throws {
    shell = try Shell()
  }

  @Test(arguments: Language.allCases)
  func `the help has every operation and every parameter, in both languages`(
    _ language: Language
  ) {
    let overview = shell.run("--help", "--lang", language.rawValue)
    #expect(overview.status == 0 && overview.error.isEmpty)
    for operation in CommandTable.operations {
      let spec = operation.spec
      #expect(overview.output.contains(spec.summary[language]))
      let words = spec.verb.isEmpty ? [spec.noun] : [spec.noun, spec.verb]
      let help = shell.run(words + ["--help", "--lang", language.rawValue])
      #expect(help.status == 0)
      for parameter in spec.parameters {
        #expect(help.output.contains(parameter.words[language]), "\(spec.name)")
      }
    }
  }

  @Test func `no operation takes a parameter that is every command's`() {
    let reserved = ["dir", "json", "lang", "operator", "dry_run", "help", "version"]
    var names: [String] = []
    for operation in CommandTable.operations {
      let spec = operation.spec
      names.append(spec.name)
      for parameter in spec.parameters {
        #expect(!reserved.contains(parameter.name), "\(spec.name)")
        #expect(parameter.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
        #expect(!parameter.words.zh.isEmpty && !parameter.words.en.isEmpty)
      }
      let positionals = spec.parameters.filter(\.isPositional)
      #expect(!positionals.dropLast().contains { $0.isList }, "\(spec.name)")
    }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    ([], "incomplete_command", "--help"),
    (["ini"], "unknown_command", "init"),
    (["--dir", "x", "ini"], "unknown_command", "init"),
    (["init"], "missing_argument", ""),
    (["init", "--cod", "1"], "unknown_option", "--code"),
    (["wire"], "missing_argument", ""),
    (["wire", "a", "b"], "unexpected_argument", ""),
    (["wire", "a", "--lang", "de"], "bad_value", "zh | en"),
    (["--nothing"], "unknown_option", ""),
    (["wire", "none.cbor"], "unreadable_file", ""),
  ])
  func `wrong lines exit 2 and say what was meant`(
    _ words: [String], _ code: String, _ hint: String
  ) throws {
    let result = shell.run(words + ["--json"])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    let report = try AnswerJSON.decode(
      ErrorReport.self, from: Array(result.error.utf8))
    #expect(report.error.code == code)
    #expect(report.error.hint.contains(hint))
    let text = shell.run(words + ["--lang", "zh"])
    #expect(text.error.hasPrefix("sitegroup: "))
  }

  @Test func `init makes a node once, and nothing where it is refused`() throws {
    func initialize(_ more: String...) -> Shell.Result {
      shell.run(
        ["init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county"] + more)
    }
    func files() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: shell.directory + "/n")) ?? [])
        .sorted()
    }
    #expect(initialize("--dry-run").status == 0)
    #expect(files() == [])
    #expect(initialize("--upstream", "ftp://x").status == 2)
    #expect(initialize("--upstream", "https://user@x").status == 2)
    #expect(initialize("--digest", "md5").status == 2)
    #expect(files() == [])
    let made = initialize("--json", "--upstream", "http://127.0.0.1:8700/")
    #expect(made.status == 0)
    #expect(made.output.contains(#""code":"360423""#))
    #expect(files().contains("sitegroup.json5"))
    let again = initialize("--json")
    #expect(again.status == 4)
    #expect(again.error.contains(#""code":"node_exists""#))
  }

  @Test func `the file that init writes is a configuration with the upstream`() throws {
    _ = shell.run(
      "init", "--dir", "n", "--code", "1", "--name", "a", "--kind", "central", "--upstream",
      "http://h:1/p")
    let text = try String(contentsOfFile: shell.directory + "/n/sitegroup.json5", encoding: .utf8)
    var expected = Configuration()
    expected.upstream = "http://h:1/p"
    #expect(try Configuration(text, path: "", language: .en) == expected)
  }

  @Test func `wire prints a CBOR sequence, and refuses what is none`() throws {
    let path = shell.directory + "/x.cbor"
    try Data([0x82, 0x01, 0x61, 0x61, 0xA0]).write(to: URL(filePath: path))
    let printed = shell.run("wire", "x.cbor")
    #expect(printed.output == "[1, \"a\"]\n{}\n")
    try Data([0x82, 0x01]).write(to: URL(filePath: path))
    #expect(shell.run("wire", "x.cbor").status == 4)
  }
}
