import Foundation

/// One seed from its first step to its checks.
package struct Trial {
  package let seed: UInt64
  private let tiers: Int?
  private let directory: String
  private let trace: ((String) -> Void)?

  /// `directory` is made, used and removed.
  package init(
    seed: UInt64, tiers: Int? = nil, directory: String, trace: ((String) -> Void)? = nil
  ) {
    (self.seed, self.tiers, self.directory, self.trace) = (seed, tiers, directory, trace)
  }

  package func run() throws -> Happenings {
    try? FileManager.default.removeItem(atPath: directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let world = try World(seed: seed, tiers: tiers, directory: directory, trace: trace)
    for _ in 0..<world.dice.within(20...160) { try world.step() }
    try world.heal()
    try world.check()
    return world.happenings
  }
}
