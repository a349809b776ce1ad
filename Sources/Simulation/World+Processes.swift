import NodeCore
import Replication
import SQLite
import Storage

/// Processes that die, and what is done over the network while they may.
extension World {
  /// One of the next statements of the site's store is the death of its process; or it is killed at
  /// rest.
  func kill(_ code: SiteCode) throws {
    let site = site(code)
    if dice.chance(perMille: 750) {
      return site.fault.arm(after: dice.within(1...160), isFatal: true)
    }
    happenings[.crashes] += 1
    say("kill \(code)")
    try begin(anew: code)
  }

  func begin(anew code: SiteCode) throws {
    exchanges[code] = nil
    try site(code).restart()
    try audit(code)
  }

  /// Runs what a fault may kill. A dead process starts again from its directory.
  func surviving(_ code: SiteCode, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let violation as Violation {
      throw violation
    } catch {
      let site = site(code)
      if try mendDecay(at: code) { return say("\(code): \(error)") }
      guard site.isStruck || site.trouble == .full else {
        throw Violation("\(code) failed by itself: \(error)")
      }
      say("\(code): \(error)")
      exchanges[code] = nil
      try recover(code)
    }
  }

  /// Starts a process again that died, and ends a fault that has struck.
  func recover(_ code: SiteCode) throws {
    let site = site(code)
    if site.fault.isDead {
      happenings[.crashes] += 1
      say("crash of \(code)")
      try begin(anew: code)
    } else if site.fault.hasFired {
      happenings[.failedWrites] += 1
      say("a failed write at \(code)")
      site.fault.disarm()
    }
    if site.disk.strikes > 0 || site.trouble == .full { try recoverDisk(code) }
  }

  /// What a child's process does over the signed network, lossy where losses can strike; either
  /// end may die over it. Refusals are no failures; false where there was one.
  @discardableResult
  func calling(
    _ child: SiteCode, lostPerMille: Int = 60, _ body: (Node) throws -> Void
  ) throws -> Bool {
    exchanges[child] = nil
    let isBad = strikes(.loss, perMille: 500)
    let spoils = strikes(.blobs, perMille: 500)
    network.set(
      SimulatedNetwork.Badness(
        lostPerMille: isBad ? lostPerMille : 0, spoiltPerMille: spoils ? 700 : 0,
        dice: Dice(seed: dice.next())))
    defer { network.set(SimulatedNetwork.Badness()) }
    var isDone = false
    try surviving(child) {
      do {
        try body(self.site(child).node)
        isDone = true
      } catch let refusal as Refusal {
        self.note(refusal, of: child)
      }
    }
    for code in [child, upstream(of: child).code] where site(code).isStruck { try recover(code) }
    let counts = network.takeCounts()
    happenings[.blobsCut] += counts.cutBlobs
    happenings[.blobsSpoilt] += counts.spoiltBlobs
    return isDone
  }

  private func note(_ refusal: Refusal, of child: SiteCode) {
    say("\(child) is refused: \(refusal.message(.en))")
    if refusal.reason == .clockSkew || refusal.reason == .wrongKey {
      happenings[.signaturesRefused] += 1
    }
  }

  /// One whole session over the signed protocol.
  func synchronize(_ child: SiteCode) throws {
    guard !cutOff.contains(child), isPresent(linkOf: child) else { return }
    try calling(child) { node in
      let report = try node.synchronize().report
      self.happenings[.signedSessions] += 1
      self.happenings[.setAside] += report.setAside + report.refused
      self.say("signed session of \(child): \(report)")
    }
  }
}
