import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// What befalls processes, clocks and directories.
extension World {
  /// One of the next statements of the site's store fails, or its process dies there; or it is
  /// killed at rest.
  func harmProcess(_ code: SiteCode) throws {
    let site = site(code)
    switch dice.below(10) {
    case ..<6: site.fault.arm(after: dice.within(1...160), isFatal: true)
    case ..<8: site.fault.arm(after: dice.within(1...160), isFatal: false)
    default:
      happenings[.crashes] += 1
      say("kill \(code)")
      exchanges[code] = nil
      try site.restart()
      try audit(code)
    }
  }

  func harmClock(_ code: SiteCode) throws {
    if let wrong = clock.skewed.first {
      clock.setSkew(nil, at: wrong)
      say("clock of \(wrong) corrected")
    } else {
      let jumps: [Int64] = [
        -86_400_000, -200_000, 120_000, 200_000, 280_000, 3_600_000, 315_000_000_000,
      ]
      let jump = dice.pick(jumps) ?? 0
      clock.setSkew(jump, at: code)
      happenings[.clockFaults] += 1
      say("clock of \(code) off by \(jump)")
    }
  }

  // MARK: copies of directories

  private func path(ofCopy code: SiteCode) -> String { "\(directory)/\(code.text).copy" }

  func copy(_ code: SiteCode) throws {
    guard mayRestore else { return }
    try site(code).copy(to: path(ofCopy: code))
    copies.insert(code)
    say("copied \(code)")
  }

  /// An old copy of the directory replaces the store: by a command that knows it, or unnoticed, or
  /// a neighbour is taken for the one that is old.
  func restore(_ code: SiteCode) throws {
    happenings[.restores] += 1
    say("restored \(code)")
    try drainLedger()
    isHarmed = true
    restored.insert(code)
    exchanges[code] = nil
    try site(code).replace(by: path(ofCopy: code))
    try ledger.forgetLost(present.map { site($0).node.store })
    switch dice.below(10) {
    case ..<4: try rejoin(code)
    case ..<7:
      let neighbours = [shape.parents[code]].compactMap { $0 } + shape.children(of: code)
      if let other = dice.pick(neighbours.filter { sites[$0] != nil }) { try rejoin(other) }
    default: break
    }
  }

  func rejoin(_ code: SiteCode) throws {
    happenings[.newEpochs] += 1
    say("rejoin of \(code)")
    exchanges[code] = nil
    let site = site(code)
    try site.fault.paused { try site.node.rejoin() }
  }

  /// The same directory runs twice. One of the two must be told.
  func clone(_ code: SiteCode) throws {
    happenings[.clones] += 1
    say("cloned \(code)")
    isHarmed = true
    exchanges[code] = nil
    cutOff.remove(code)
    site(code).fault.disarm()
    upstream(of: code).fault.disarm()
    let copy = "\(directory)/\(code.text).clone"
    try site(code).copy(to: copy)
    let twin = try SimulatedSite(cloneOf: site(code), in: copy, seed: dice.next())
    let pair = [site(code).node, twin.node]
    var (accepted, refused) = ([0, 0], false)
    for _ in 0..<60 where (accepted.min() ?? 0) < 3 && !refused {
      for (number, node) in pair.enumerated() where !refused {
        try stir(upstream(of: code).node)
        let ending = try converse(of: node, with: upstream(of: code).node)
        say("  session of \(number == 0 ? "the original" : "the clone"): \(ending)")
        switch ending {
        case .failed(.problem(.operatorNeeded, _)): refused = true
        case .failed: break
        case .inStep, .exchanged: accepted[number] += 1
        }
      }
    }
    try need(refused, "two clones were both accepted: \(code)")
    happenings[.ticketsRefused] += 1
    restored.insert(code)
    try rejoin(code)
  }

  /// Gives the children something to pull.
  private func stir(_ node: Node) throws {
    var edit = RecordEdit(.column(node.site, path: Editor.paths[0]))
    edit.set(ColumnRecord.Cell.position, Int64(fresh()))
    try node.store.write { try $0.write(edit) }
  }

  /// A session of a node that may not be the tree's own, with losses.
  private func converse(of client: Node, with server: Node) throws -> SyncSession.Ending {
    guard let run = try SyncRun(client) else { return .exchanged }
    var action = try run.begin()
    while true {
      switch action {
      case .finished(let report): return report.ending
      case .send(let call):
        let isLost = dice.chance(perMille: 100)
        let reply = isLost ? nil : try server.answer(call, from: client.site)
        action =
          if let reply, !dice.chance(perMille: 100) { try run.receive(reply) } else {
            try run.fail(.unreachable("lost"))
          }
      }
    }
  }

  // MARK: the operator

  /// A child that joined after the copy was made that took its parent's place is enrolled anew.
  private func admitAgain(_ code: SiteCode) throws {
    let upstream = upstream(of: code)
    try upstream.fault.paused {
      let node = upstream.node
      if try node.store.read({ try $0.link(to: code) }) != nil { return }
      say("\(upstream.code) enrols \(code) again")
      let profile = try site(code).fault.paused { try site(code).node.profile() }
      try node.store.write { try node.admit(code, as: profile, in: $0) }
    }
  }

  /// Answers `operator_needed`: rejoin on the store that is old, which people know.
  func operate() throws {
    for code in children { try admitAgain(code) }
    for code in present {
      let site = site(code)
      let needs = try site.fault.paused {
        try site.node.store.read { try $0.allLinks().compactMap(\.operatorNeeded) }
      }
      if needs.isEmpty { continue }
      let neighbours = [shape.parents[code]].compactMap { $0 } + shape.children(of: code)
      let known = ([code] + neighbours).filter { restored.contains($0) && sites[$0] != nil }
      let isLacking = needs.contains("lacks")
      for old in isLacking || known.isEmpty ? [code] : known { try rejoin(old) }
    }
  }
}
