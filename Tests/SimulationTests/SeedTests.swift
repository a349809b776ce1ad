import Foundation
import Simulation
import Testing

@Suite struct SeedTests {
  private static let memory =
    FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()

  private static func directory() -> String {
    "\(memory)/sitegroup-simulation-\(UUID().uuidString.prefix(8))"
  }

  private static func simulator(_ arguments: [String]) throws -> Simulator {
    try Simulator(arguments, directory: directory())
  }

  @Test func `trees of every shape converge under all faults`() async throws {
    let (seeds, parts) = (40, 2)
    let outcome = try await withThrowingTaskGroup(of: Simulator.Outcome.self) { group in
      for part in 0..<parts {
        group.addTask {
          try Self.simulator(["--seeds", "\(seeds)"]).run(part: part, of: parts) { print($0) }
        }
      }
      var whole = Simulator.Outcome()
      for try await part in group { whole.add(part) }
      return whole
    }
    #expect(outcome.failures.map { "seed \($0.seed): \($0.what)" } == [])
    #expect(outcome.seeds == seeds)
  }

  @Test func `the same seed gives the same run`() throws {
    func lines() throws -> [String] {
      let said = Said()
      _ = try Self.simulator(["--seed", "7", "--trace"]).run { said.lines.append($0) }
      return said.lines
    }
    let first = try lines()
    #expect(first.count > 20)
    #expect(try lines() == first)
  }

  @Test func `without faults none of them strikes`() throws {
    let simulator = try Self.simulator(["--seeds", "4", "--faults", "none"])
    let outcome = simulator.run { print($0) }
    #expect(outcome.failures.isEmpty)
    for happening in [Happening.lostRequests, .crashes, .clockFaults, .restores, .blobsLost] {
      #expect(outcome.happenings[happening] == 0, "\(happening)")
    }
    #expect(outcome.happenings[.sessions] > 0)
  }

  @Test func `a kind of fault that never struck fails a long run`() throws {
    let simulator = try Self.simulator(["--faults", "kill,loss"])
    var outcome = Simulator.Outcome()
    outcome.seeds = 200
    for happening in Happening.allCases where happening != .crashes {
      outcome.happenings[happening] = 1
    }
    #expect(!simulator.isFine(outcome))
    #expect(simulator.summary(outcome).hasSuffix("never: crashes"))
    outcome.happenings[.crashes] = 1
    #expect(simulator.isFine(outcome))
  }

  @Test(arguments: [
    ["--tiers", "4"], ["--faults", "fire"], ["--faults"], ["--seeds", "0"], ["--seeds", "+5"],
    ["--jobs", "none"], ["--what", "1"], ["--script", "/nowhere/at/all"],
  ])
  func `wrong use is refused with the usage`(arguments: [String]) throws {
    #expect {
      try Simulator(arguments, directory: "")
    } throws: { error in
      "\(error)".contains("sitegroup-simulate [--seeds N]")
    }
  }

  @Test func `a failing script becomes short, and fails the same way when it is replayed`() throws {
    // What happens here is no fault: it only serves to be found again.
    let claim = { (happenings: Happenings) -> String? in
      happenings[.crashes] > 0 ? "a process died: \(happenings[.edits])" : nil
    }
    for seed in UInt64(0)..<20 {
      let directory = Self.directory()
      let trial = Trial(
        Script(seed: seed, tiers: 2, faults: .all), directory: directory, claim: claim)
      guard let failure = Self.failure(of: trial) else { continue }
      let short = trial.minimized(failure)
      #expect(short.count <= 3, "\(short)")
      #expect(trial.script.count > 3)
      #expect(short.faults.contains(.kill))
      #expect(!short.faults.contains(.blobs))
      let replayed = try Script(text: "# as it was printed\n\(short)\n")
      #expect(replayed == short)
      let again = Trial(replayed, directory: directory, claim: claim)
      #expect(Self.failure(of: again)?.hasPrefix("a process died") == true)
      return
    }
    Issue.record("no seed kills a process")
  }

  private static func failure(of trial: Trial) -> String? {
    do {
      _ = try trial.run()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private final class Said { var lines: [String] = [] }
}
