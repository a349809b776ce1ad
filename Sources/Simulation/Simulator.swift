import Foundation

/// Runs seeds, or one script, and says what they met.
package struct Simulator: Sendable {
  /// Runs below this number may be too short to meet everything.
  static let seedsForAll = 200

  package var first: UInt64 = 0
  package var seeds = 2000
  package var tiers: Int?
  package var faults = FaultKinds.all
  package var jobs = 1
  package var trace = false
  package var goesOn = false
  package var script: Script?
  /// Where the directories of the nodes lie while they run.
  package let directory: String

  package static let usage = """
    sitegroup-simulate [--seeds N] [--first S] [--jobs N] [--all]    N seeds from S on
    sitegroup-simulate --seed S [--trace]                            one seed
    sitegroup-simulate --script FILE [--trace]                       one script

      --tiers 2|3         trees of so many levels alone: 2 city and county, 3 province, city, county
      --faults LIST       all (the default), none, or names separated by commas:
                          \(FaultKind.allCases.map(\.rawValue).joined(separator: ","))
      --jobs N            so many at a time
      --all               goes on after a failure
      --trace             says what happens

    A seed that fails is made shorter and printed as a script. Ends 0 where nothing failed and, from
    \(seedsForAll) seeds on, everything happened that the faults could bring about; 1 otherwise;
    2 for wrong use.
    """

  package struct WrongUse: Error, CustomStringConvertible {
    package let description: String

    init(_ what: String) { description = "\(what)\n\n\(Simulator.usage)" }
  }

  package init(_ arguments: [String] = [], directory: String) throws {
    self.directory = directory
    var rest = arguments[...]
    while let option = rest.popFirst() {
      switch option {
      case "--trace": trace = true
      case "--all": goesOn = true
      default:
        guard let value = rest.popFirst() else {
          throw WrongUse(
            Simulator.options.contains(option) ? "\(option) lacks its value" : "unknown: \(option)")
        }
        try set(option, value)
      }
    }
  }

  private static let options = [
    "--seeds", "--seed", "--first", "--tiers", "--faults", "--jobs", "--script",
  ]

  private mutating func set(_ option: String, _ value: String) throws {
    func number(_ range: ClosedRange<UInt64>) throws -> UInt64 {
      let isPlain = !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
      guard isPlain, let number = UInt64(value), range.contains(number) else {
        throw WrongUse("\(option) takes a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    switch option {
    case "--seeds": seeds = Int(try number(1...1_000_000_000))
    case "--first": first = try number(0...1_000_000_000_000)
    case "--seed": (first, seeds) = (try number(0...1_000_000_000_000), 1)
    case "--tiers": tiers = Int(try number(2...3))
    case "--jobs": jobs = Int(try number(1...64))
    case "--faults":
      guard let kinds = FaultKinds(text: value) else {
        throw WrongUse("--faults does not know: \(value)")
      }
      faults = kinds
    case "--script":
      guard let data = FileManager.default.contents(atPath: value) else {
        throw WrongUse("--script cannot be read: \(value)")
      }
      let script = try Script(text: String(decoding: data, as: UTF8.self))
      (self.script, first, seeds, faults) = (script, script.seed, 1, script.faults)
    default: throw WrongUse("unknown: \(option)")
    }
  }

  package struct Outcome: Sendable {
    package var happenings = Happenings()
    /// Seed and what was violated.
    package var failures: [(seed: UInt64, what: String)] = []
    package var seeds = 0
    package init() {}

    package mutating func add(_ other: Outcome) {
      happenings.add(other.happenings)
      failures += other.failures
      seeds += other.seeds
    }
  }

  /// Runs every `parts`-th seed from `part` on. `mayGoOn`: whether another part has failed.
  package func run(
    part: Int = 0, of parts: Int = 1, mayGoOn: () -> Bool = { true },
    _ tell: @escaping (String) -> Void
  ) -> Outcome {
    var outcome = Outcome()
    // Empty by then, unless another part still works there.
    defer { _ = rmdir(directory) }
    for number in stride(from: part, to: seeds, by: parts) where mayGoOn() {
      let seed = first + UInt64(number)
      outcome.seeds += 1
      let trial = Trial(
        script ?? Script(seed: seed, tiers: tiers, faults: faults),
        directory: "\(directory)/\(seed)", trace: trace ? tell : nil)
      do {
        outcome.happenings.add(try trial.run())
      } catch {
        outcome.failures.append((seed, "\(error)"))
        tell("seed \(seed): \(error)")
        if script == nil, !trace {
          tell("# \(error)\n\(trial.minimized("\(error)"))\n# end of script")
        }
        if !goesOn { break }
      }
    }
    return outcome
  }

  package func isFine(_ outcome: Outcome) -> Bool {
    outcome.failures.isEmpty && missing(outcome).isEmpty
  }

  private func missing(_ outcome: Outcome) -> [Happening] {
    outcome.seeds < Simulator.seedsForAll ? [] : outcome.happenings.missing(faults)
  }

  package func summary(_ outcome: Outcome) -> String {
    var lines = Happening.allCases.map { happening in
      let count = String(outcome.happenings[happening])
      return String(repeating: " ", count: max(0, 9 - count.count)) + count + "  "
        + happening.rawValue
    }
    let hours = Double(outcome.happenings.healing) / 3_600_000
    lines.append(
      "the slowest tree was at rest after \(String(format: "%.1f", hours)) hours of "
        + "\(World.healingHoursMax)")
    lines.append("\(outcome.seeds) seeds, \(outcome.failures.count) failures")
    for missing in missing(outcome) { lines.append("never: \(missing.rawValue)") }
    return lines.joined(separator: "\n")
  }
}
