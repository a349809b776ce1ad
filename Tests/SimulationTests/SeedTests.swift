import Foundation
import Simulation
import Testing

@Suite struct SeedTests {
  private static let memory =
    FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()

  private static func simulator(_ arguments: [String]) throws -> Simulator {
    try Simulator(
      arguments, directory: "\(memory)/sitegroup-simulation-\(UUID().uuidString.prefix(8))")
  }

  @Test func `two hundred trees converge, and every accident has happened`() async throws {
    let chunks = 4
    let outcome = try await withThrowingTaskGroup(of: Simulator.Outcome.self) { group in
      for chunk in 0..<chunks {
        group.addTask {
          let simulator = try Self.simulator(
            ["--seeds", "\(200 / chunks)", "--first", "\(chunk * 200 / chunks)"])
          return simulator.run { print($0) }
        }
      }
      var whole = Simulator.Outcome()
      for try await part in group { whole.add(part) }
      return whole
    }
    #expect(outcome.failures.map { "seed \($0.seed): \($0.what)" } == [])
    #expect(outcome.happenings.missing == [])
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

  private final class Said { var lines: [String] = [] }
}
