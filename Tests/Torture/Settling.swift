import FoundationEssentials
import Simulation

/// What comes after the faults: right clocks, whole lines, sessions until nothing moves any more.
struct Settling {
  let bench: Bench
  let keepers: [NodeKeeper]

  /// The seconds it took until all links were in step; nil where they never were.
  func settle() -> Double? {
    let begun = Moment.now()
    for keeper in keepers { keeper.start(.right) }
    // A request that was signed in the second of the start is refused as a possible replay.
    Moment.pause(1.2)
    while Moment.now() - begun < Settling.secondsMax {
      if isRoundQuiet(), keepers.allSatisfy(isInStep) { return Moment.now() - begun }
      Moment.pause(0.3)
    }
    return nil
  }

  private static let secondsMax = 420.0

  /// Sessions from below upward; true where every one ended in step and moved nothing.
  private func isRoundQuiet() -> Bool {
    var isQuiet = true
    for site in Site.all.reversed() where !site.isRoot {
      let session = call(Answers.Session.self, site, ["sync"])
      guard let session, session.inStep, session.blobsPending == 0,
        session.pushed + session.pulled == 0
      else {
        isQuiet = false
        continue
      }
    }
    return isQuiet
  }

  private func isInStep(_ keeper: NodeKeeper) -> Bool {
    let verdict = call(Answers.Verdict.self, keeper.site, ["verify"])
    let status = call(Answers.Status.self, keeper.site, ["status"])
    return verdict?.ok == true && status?.pending == 0 && status?.setAside == 0
  }

  private func call<Value: Decodable>(
    _ type: Value.Type, _ site: Site, _ words: [String]
  ) -> Value? {
    var client = Client(site: site, bench: bench, name: "settling", dice: Dice(seed: 0))
    guard case .done(let octets) = client.call(words, killsWithin: nil) else { return nil }
    return try? Answers.decoder.decode(type, from: Data(octets))
  }
}
