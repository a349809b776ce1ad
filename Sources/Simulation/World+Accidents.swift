import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// Directories that are copied, put back, run twice, or lost.
extension World {
  func copy(_ code: SiteCode) {
    guard setting.mayHarm else { return }
    copies[code] = site(code).image
    say("copied \(code)")
  }

  /// An old copy of the directory replaces the store: by a command that knows it, or unnoticed, or
  /// a neighbour is taken for the one that is old.
  func restore(_ code: SiteCode) throws {
    guard let image = copies[code] else { return }
    happenings[.restores] += 1
    say("restored \(code)")
    try drainLedger()
    isHarmed = true
    restored.insert(code)
    exchanges[code] = nil
    try site(code).replace(by: image)
    try ledger.forgetLost(present.map { site($0).node.store })
    switch dice.below(10) {
    case ..<4: try rejoin(code)
    case ..<7:
      if let other = dice.pick(neighbours(of: code)) {
        happenings[.wrongRejoins] += 1
        try rejoin(other)
      }
    default: break
    }
  }

  func rejoin(_ code: SiteCode) throws {
    happenings[.newEpochs] += 1
    say("rejoin of \(code)")
    exchanges[code] = nil
    let site = site(code)
    try site.undisturbed { try site.node.rejoin() }
  }

  /// The same directory runs twice. One of the two must be told.
  func clone(_ code: SiteCode) throws {
    happenings[.clones] += 1
    say("cloned \(code)")
    isHarmed = true
    exchanges[code] = nil
    cutOff.remove(code)
    site(code).calm()
    upstream(of: code).calm()
    let copy = "\(directory)/\(code.text).clone\(fresh())"
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
        case .inStep, .exchanged, .held: accepted[number] += 1
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
        let isLost = strikes(.loss, perMille: 100)
        let reply = isLost ? nil : try server.answer(call, from: client.site)
        action =
          if let reply, !strikes(.loss, perMille: 100) { try run.receive(reply) } else {
            try run.fail(.unreachable("lost"))
          }
      }
    }
  }

  /// A server is lost with all that it held; another gets its site. The old one, should it come
  /// back, is fenced.
  func replace(_ code: SiteCode) throws {
    happenings[.replaced] += 1
    say("the server of \(code) is replaced")
    try drainLedger()
    isHarmed = true
    restored.insert(code)
    exchanges[code] = nil
    tokens[code] = nil
    let old = site(code)
    old.calm()
    spoilt.formUnion(try old.node.blobs.all())
    let parent = upstream(of: code)
    parent.calm()
    let token = try parent.node.rekey(code, isNow: dice.chance(perMille: 500)).token
    let new = try found(code, in: "\(code.text).\(fresh())")
    sites[code] = new
    copies[code] = nil
    _ = try new.node.enrol(token: token)
    try checkFenced(old)
    try ledger.forgetLost(present.map { site($0).node.store })
    for child in shape.children(of: code) where sites[child] != nil { exchanges[child] = nil }
  }

  private func checkFenced(_ old: SimulatedSite) throws {
    do {
      _ = try old.node.synchronize()
    } catch let refusal as Refusal {
      let isKey = refusal.reason == .wrongKey || refusal.reason == .clockSkew
      try need(isKey, "a replaced server is refused for another reason: \(refusal.message(.en))")
      happenings[.fenced] += 1
      return
    }
    throw Violation("a replaced server is still heard: \(old.code)")
  }
}
