import FoundationEssentials
import Glibc
import Networking
import NodeCore

/// The program `sitegroup`: reads a line, runs what it says, renders the answer.
package enum Command {
  /// Runs the process's command line and ends the process.
  package static func main() -> Never {
    // A reader that went away shows as a failed write, where it is dealt with.
    signal(SIGPIPE, SIG_IGN)
    // Whoever began this process may have blocked what should end it.
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    // What a node writes holds keys: it is its owner's alone.
    umask(0o077)
    CoreDump.holdNothing()
    exit(run(words(), Surroundings.ofProcess()))
  }

  /// The words after the program's name. Swift finds them beside the environment, and misses them
  /// where a preloaded library has moved that by setting a variable: the kernel knows them still.
  private static func words() -> [String] {
    guard CommandLine.arguments.isEmpty else { return Array(CommandLine.arguments.dropFirst()) }
    let line = FileManager.default.contents(atPath: "/proc/self/cmdline") ?? Data()
    return line.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Runs the words after the program's name; gives the exit status.
  package static func run(_ words: [String], _ surroundings: Surroundings) -> Int32 {
    let invocation: Invocation
    do {
      invocation = try Invocation(words, surroundings)
    } catch {
      let (json, language) = GlobalOptions.guess(words, surroundings)
      return report(error, json: json, language, surroundings)
    }
    switch invocation {
    case .version:
      _ = surroundings.output("sitegroup \(Help.version)\n")
      return 0
    case .help(let noun, let verb, let globals):
      _ = surroundings.output(Help.text(noun: noun, verb: verb, globals.language) + "\n")
      return 0
    case .run(let entry, let arguments, let globals):
      return run(entry, arguments, globals, surroundings)
    }
  }

  private static func run(
    _ entry: CommandTable.Entry, _ arguments: Arguments, _ globals: GlobalOptions,
    _ surroundings: Surroundings
  ) -> Int32 {
    let paths = PathArguments(arguments)
    do {
      try paths.resolve(entry.spec, surroundings)
      switch entry {
      case .shell(let type):
        return try runShell(type, paths.arguments, globals, surroundings)
      case .node(let type):
        return try runNode(type, paths.arguments, globals, surroundings)
      }
    } catch let failed as RemoteFailure {
      return show(paths.named(failed.report), json: globals.json, surroundings)
    } catch {
      let refusal = paths.named(Refusal.of(error, directory: globals.directory))
      return report(refusal, json: globals.json, globals.language, surroundings)
    }
  }

  private static func runShell<O: ShellOperation>(
    _ type: O.Type, _ arguments: Arguments, _ globals: GlobalOptions, _ surroundings: Surroundings
  ) throws -> Int32 {
    let context = ShellContext(globals: globals, surroundings: surroundings)
    let answer = try type.init(arguments).run(in: context)
    _ = render(answer, type.spec, globals, surroundings)
    return answer.exitStatus
  }

  private static func runNode<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ globals: GlobalOptions, _ surroundings: Surroundings
  ) throws -> Int32 {
    // Wrong arguments are told before anything is opened.
    _ = try type.init(arguments)
    var arguments = arguments
    while true {
      let answer = try perform(type, arguments, globals, surroundings)
      let isRead = render(answer, type.spec, globals, surroundings)
      if !answer.goesOn || !isRead { return answer.exitStatus }
      arguments.replace("wait", with: ["true"])
    }
  }

  /// In the daemon, if one runs, else here.
  private static func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ globals: GlobalOptions, _ surroundings: Surroundings
  ) throws -> O.Output {
    let directory = NodeDirectory(path: globals.directory)
    try directory.requireNode()
    let progress = try ProgressLine(surroundings)
    defer { progress.end() }
    let caller = Caller(
      operatorName: globals.operatorName, dryRun: globals.dryRun,
      progress: { progress.show($0) })
    let claim = try DirectoryLock.wait(for: directory, milliseconds: lockMillisecondsMax) {
      try DaemonClient(directory, globals.language).ask(type, arguments, caller)
    }
    switch claim {
    case .other(let answer): return answer
    case .lock(let lock):
      SystemMemory.keepFreed()
      let node = try OpenNode(
        directory, lock: lock, language: globals.language, loadsAtOnce: false)
      return try node.perform(type, arguments, caller)
    }
  }

  /// How long a command waits for a directory that another command uses.
  private static let lockMillisecondsMax: Int64 = 10_000

  /// False where nobody reads any more.
  private static func render(
    _ answer: some Answer, _ spec: OperationSpec, _ globals: GlobalOptions,
    _ surroundings: Surroundings
  ) -> Bool {
    if answer.isQuiet { return true }
    var lines = [
      globals.json
        ? String(decoding: AnswerJSON.encode(answer), as: UTF8.self)
        : answer.text(globals.language)
    ]
    if globals.dryRun, spec.changes, !globals.json {
      lines.append(nothingChanged[globals.language])
    }
    let text = lines.filter { !$0.isEmpty }.joined(separator: "\n")
    let isRead = text.isEmpty || surroundings.output(text + "\n")
    if let complaint = answer.complaint(globals.language) {
      _ = report(complaint, json: globals.json, globals.language, surroundings)
    }
    return isRead
  }

  private static let nothingChanged = Words(
    zh: "（试运行：未做任何更改）", en: "(dry run: nothing was changed)")

  private static func report(
    _ refusal: Refusal, json: Bool, _ language: Language, _ surroundings: Surroundings
  ) -> Int32 {
    show(ErrorReport(refusal, language), json: json, surroundings)
  }

  private static func show(
    _ report: ErrorReport, json: Bool, _ surroundings: Surroundings
  ) -> Int32 {
    if json {
      surroundings.error(String(decoding: AnswerJSON.encode(report), as: UTF8.self) + "\n")
    } else {
      let hint = report.error.hint
      let lines = report.error.message.split(separator: "\n").map { TextTable.line(String($0)) }
      surroundings.error(
        "sitegroup: \(lines.joined(separator: "\n"))\n"
          + (hint.isEmpty ? "" : "  \(TextTable.line(hint))\n"))
    }
    return report.exitStatus
  }
}

/// An error that the daemon has put into words already.
struct RemoteFailure: Error {
  let report: ErrorReport
}
