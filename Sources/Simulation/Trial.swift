import Foundation

/// One script from its first step to its checks.
package struct Trial {
  package let script: Script
  private let directory: String
  private let trace: ((String) -> Void)?
  private let claim: ((Happenings) -> String?)?

  /// `directory` is made, used and removed. `claim`: something more that must hold of what
  /// happened; answers what does not.
  package init(
    _ script: Script, directory: String, claim: ((Happenings) -> String?)? = nil,
    trace: ((String) -> Void)? = nil
  ) {
    (self.script, self.directory, self.claim, self.trace) = (script, directory, claim, trace)
  }

  package func run() throws -> Happenings {
    try? FileManager.default.removeItem(atPath: directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let setting = Setting(seed: script.seed, tiers: script.tiers, faults: script.faults)
    let world = try World(setting, directory: directory, trace: trace)
    for step in script.steps { try world.perform(step) }
    try world.heal()
    try world.check()
    if let broken = claim?(world.happenings) { throw Violation(broken) }
    return world.happenings
  }

  /// The shortest script found that fails as this one did with `failure`.
  package func minimized(_ failure: String) -> Script {
    Minimizer { candidate in
      let trial = Trial(candidate, directory: directory, claim: claim)
      do {
        _ = try trial.run()
        return nil
      } catch {
        return "\(error)"
      }
    }.minimized(script, failing: failure)
  }
}
