import Foundation

/// Runs seeds one after another and says what they met.
package struct Simulator {
  /// Runs below this number may be too short to meet everything.
  static let seedsForAll = 200

  package var first: UInt64 = 0
  package var seeds = 2000
  package var tiers: Int?
  package var trace = false
  package var goesOn = false
  /// Where the directories of the nodes lie while they run.
  package let directory: String

  package static let usage = """
    sitegroup-simulate [--seeds N] [--first S] [--tiers 2|3] [--all]    N seeds from S on
    sitegroup-simulate --seed S [--tiers 2|3] [--trace]                 one seed
    """

  package struct WrongUse: Error, CustomStringConvertible {
    package let description: String
  }

  package init(_ arguments: [String] = [], directory: String) throws {
    self.directory = directory
    var rest = arguments[...]
    func number(_ option: String) throws -> UInt64 {
      guard let text = rest.popFirst(), let value = UInt64(text), value <= UInt64(Int.max) / 2
      else { throw WrongUse(description: "\(option) takes a number\n\(Simulator.usage)") }
      return value
    }
    while let option = rest.popFirst() {
      switch option {
      case "--seeds": seeds = Int(clamping: try number(option))
      case "--first": first = try number(option)
      case "--seed": (first, seeds) = (try number(option), 1)
      case "--tiers": tiers = Int(clamping: try number(option))
      case "--trace": trace = true
      case "--all": goesOn = true
      default: throw WrongUse(description: "unknown: \(option)\n\(Simulator.usage)")
      }
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

    package var isFine: Bool {
      failures.isEmpty && (seeds < seedsForAll || happenings.missing.isEmpty)
    }
  }

  package func run(_ tell: @escaping (String) -> Void) -> Outcome {
    var outcome = Outcome()
    for seed in first..<(first + UInt64(seeds)) {
      outcome.seeds += 1
      do {
        let trial = Trial(
          seed: seed, tiers: tiers, directory: "\(directory)/\(seed)",
          trace: trace ? tell : nil)
        outcome.happenings.add(try trial.run())
      } catch {
        outcome.failures.append((seed, "\(error)"))
        tell("seed \(seed) (number \(outcome.seeds)): \(error)")
        if !goesOn { break }
      }
    }
    return outcome
  }

  package func summary(_ outcome: Outcome) -> String {
    var lines = Happening.allCases.map { happening in
      let count = String(outcome.happenings[happening])
      return String(repeating: " ", count: max(0, 9 - count.count)) + count + "  "
        + happening.rawValue
    }
    lines.append("\(outcome.seeds) seeds, \(outcome.failures.count) failures")
    if outcome.seeds >= Simulator.seedsForAll {
      for missing in outcome.happenings.missing { lines.append("never: \(missing.rawValue)") }
    }
    return lines.joined(separator: "\n")
  }
}
