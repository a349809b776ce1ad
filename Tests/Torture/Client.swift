import FoundationEssentials
import Simulation

/// What a command told whoever called it.
enum Told: Sendable {
  /// It is done; the answer.
  case done([UInt8])
  /// It was not done, by the code of the reason.
  case refused(String)
  /// Nothing that counts: it may have been done or not.
  case unknown
}

/// Calls the program as its users do, and kills some of the calls.
struct Client: Sendable {
  let site: Site
  let bench: Bench
  let name: String
  var dice: Dice

  /// The outcome of one command line. `killsWithin` is how soon at most a kill strikes, in
  /// milliseconds; nil spares the call.
  mutating func call(_ words: [String], killsWithin: Int? = 25) -> Told {
    let begun = Moment.now()
    let isVictim = !bench.isOver && dice.chance(perMille: 110)
    let strike = killsWithin.flatMap { within in
      isVictim ? begun + Double(dice.below(within * 1000)) / 1e6 : nil
    }
    guard
      let process = ChildProcess(
        bench.options.program, ["--dir", bench.directory(of: site), "--json"] + words,
        environment: bench.environment)
    else {
      bench.tally.fail("no process for a command of \(site.code)")
      return .unknown
    }
    let said = process.read(until: strike ?? begun + Client.secondsMax)
    if !said.ended { process.kill() }
    let status = process.reap()
    let kind = words.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
    if !said.ended, strike == nil {
      bench.tally.fail("no answer within \(Int(Client.secondsMax)) s: \(site.code) \(kind)")
    }
    guard let status, said.ended else {
      bench.tally.add("outcomes", "no answer")
      bench.tally.add("kills", "command")
      bench.check(site, copy: name, waiting: 0)
      return .unknown
    }
    return told(status, said.output, said.errors, kind)
  }

  private func told(
    _ status: Int32, _ output: [UInt8], _ errors: [UInt8], _ kind: String
  ) -> Told {
    if status == 0 || (status == 1 && !output.isEmpty) {
      bench.tally.add("outcomes", "done")
      return .done(output)
    }
    let line = errors.split(separator: 10).last.map { Data($0) } ?? Data()
    let code = (try? JSONDecoder().decode(ErrorAnswer.self, from: line))?.error.code ?? ""
    bench.tally.add("refusals", code.isEmpty ? "exit \(status) of \(kind)" : code)
    let isUnclear = Client.unclear.contains(code) || code.isEmpty
    bench.tally.add("outcomes", isUnclear ? "unclear" : "refused")
    if isUnclear { return .unknown }
    if Client.never.contains(code) {
      bench.tally.fail("\(site.code) \(kind): \(String(decoding: line, as: UTF8.self))")
    }
    return .refused(code)
  }

  private static let secondsMax = 180.0
  /// Codes that leave open whether it was done.
  private static let unclear = ["daemon_lost", "unreachable", "retry_later", "io_error"]
  /// Codes that no kill and no line explains.
  private static let never = [
    "internal", "damaged_store", "operator_needed", "incompatible", "bad_value",
    "usage", "unknown_option", "unknown_command", "missing_argument", "unexpected_argument",
    "disk_full", "not_a_node", "read_only",
  ]

  private struct ErrorAnswer: Decodable {
    struct Members: Decodable {
      let code: String
    }
    let error: Members
  }
}
