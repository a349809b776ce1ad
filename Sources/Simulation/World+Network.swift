import NodeCore
import Replication
import Storage
import SyncProtocol

/// A session under way: what its client waits for.
struct Exchange {
  let run: SyncRun
  /// The request that is on its way or has been answered.
  var call: SyncCall
  /// The answer on its way.
  var reply: SyncReply?
  /// What went out while the answer had not been applied; no reply where that was lost.
  var ahead: (call: SyncCall, reply: SyncReply?)?
}

extension World {
  /// Lets a child's session go a few messages further; others may go on before it ends.
  func converse(_ child: SiteCode) throws {
    guard child != shape.root else { return }
    try goOn(child, messages: dice.within(1...14))
  }

  /// At most so many messages further; begins a session where there is none.
  func goOn(_ child: SiteCode, messages: Int) throws {
    for _ in 0..<messages {
      if exchanges[child] == nil {
        try beginSession(child)
        if exchanges[child] == nil { return }
      } else if try !advance(child) {
        return
      }
    }
  }

  func beginSession(_ child: SiteCode) throws {
    let node = site(child).node
    happenings[.sessions] += 1
    try surviving(child) {
      let before = try self.asidesCount(node)
      // The window of a link may be closed, but not while everything is to come together.
      let holds = !self.isHealing && self.dice.chance(perMille: 120)
      guard let run = try SyncRun(node, holds: { holds }) else { return }
      run.pageBytes = self.setting.pageBytes
      let action = try run.begin()
      if before > (try self.asidesCount(node)) { self.happenings[.retried] += 1 }
      try self.take(action, run, child)
    }
  }

  private func asidesCount(_ node: Node) throws -> Int {
    try node.store.read { snapshot in
      guard let link = try snapshot.upstreamLink() else { return 0 }
      return try snapshot.asides(link.id, side: .mine).count
    }
  }

  private func take(_ action: SyncRun.Action, _ run: SyncRun, _ child: SiteCode) throws {
    switch action {
    case .send(let call):
      let ahead = exchanges[child]?.ahead
      var exchange = Exchange(run: run, call: try spoken(call, by: child))
      if let ahead, ahead.call == call {
        happenings[.ahead] += 1
        guard let reply = ahead.reply else { return try giveUp(exchange, child) }
        exchange.reply = reply
      }
      exchanges[child] = exchange
    case .finished(let report):
      exchanges[child] = nil
      lastEnding[child] = report.ending
      happenings[.setAside] += report.setAside + report.refused
      say("session of \(child): \(report)")
    }
  }

  /// One message further. False where the session has ended.
  private func advance(_ child: SiteCode) throws -> Bool {
    guard let exchange = exchanges[child] else { return false }
    if exchange.reply == nil {
      try request(exchange, child)
    } else if try !goAhead(exchange, child) {
      try answer(exchange, child)
    }
    return exchanges[child] != nil
  }

  private func request(_ exchange: Exchange, _ child: SiteCode) throws {
    if exchange.call.endpoint == .push, dice.chance(perMille: 500) { exchange.run.makeReady() }
    if cutOff.contains(child) || strikes(.loss, perMille: 60) {
      happenings[.lostRequests] += 1
      if strikes(.loss, perMille: 300) { delayed.append((exchange.call, child)) }
      return try giveUp(exchange, child)
    }
    let reply = try serve(exchange.call, from: child)
    if strikes(.loss, perMille: 60) {
      happenings[.duplicates] += 1
      _ = try serve(exchange.call, from: child)
    }
    if exchange.call.endpoint == .push, strikes(.loss, perMille: 150) {
      delayed.append((exchange.call, child))
    }
    guard let reply else { return try giveUp(exchange, child) }
    exchanges[child]?.reply = reply
  }

  /// The next page is asked for before this one is applied, or all of it read. False where it is
  /// not.
  private func goAhead(_ exchange: Exchange, _ child: SiteCode) throws -> Bool {
    let endpoint = exchange.call.endpoint
    guard exchange.ahead == nil, endpoint == .pull || endpoint == .push,
      isPresent(linkOf: child), let reply = exchange.reply, dice.chance(perMille: 800)
    else { return false }
    let node = site(child).node
    let read = ReadReply(
      reply, isPull: endpoint == .pull, node.store.identity.algorithm, node.ports)
    var foreseen: SyncCall?
    if endpoint == .pull, case .ok(let body, _) = reply, dice.chance(perMille: 500) {
      let beginning = body.prefix(PullResponse.beginningOctetsMax)
      foreseen = exchange.run.callAhead(ofBeginning: beginning, to: exchange.call)
    }
    guard let call = foreseen ?? exchange.run.callAhead(of: read) else { return false }
    let isLost = cutOff.contains(child) || strikes(.loss, perMille: 60)
    let answer = isLost ? nil : try serve(call, from: child)
    exchanges[child]?.ahead = (call, strikes(.loss, perMille: 60) ? nil : answer)
    return true
  }

  private func answer(_ exchange: Exchange, _ child: SiteCode) throws {
    guard let reply = exchange.reply else { return }
    if cutOff.contains(child) || strikes(.loss, perMille: 60) {
      happenings[.lostReplies] += 1
      return try giveUp(exchange, child)
    }
    try receive(reply, exchange, child)
  }

  /// Hands the client an answer.
  func receive(_ reply: SyncReply, _ exchange: Exchange, _ child: SiteCode) throws {
    try inspect(reply, to: exchange.call, child)
    let wasReconciling = exchange.call.endpoint == .reconcile
    if case .problem(.operatorNeeded, let detail, _) = reply {
      try need(isHarmed, "refused without a restore or a clone: \(child): \(detail)")
    }
    try surviving(child) {
      let action = try exchange.run.receive(reply)
      if case .ok = reply, exchange.call.endpoint == .pull, case .send(let next) = action,
        next.endpoint == .reconcile, !wasReconciling
      {
        self.mismatches += 1
        let difference = try self.disagreement(child)
        self.say("fingerprints of \(child) and its upstream differ: \(difference)")
        try need(
          self.isHarmed, "fingerprints differed without a restore: \(child): \(difference)")
      }
      try self.take(action, exchange.run, child)
    }
  }

  private func giveUp(_ exchange: Exchange, _ child: SiteCode) throws {
    try surviving(child) {
      try self.take(
        try exchange.run.fail(.unreachable("no answer")), exchange.run, child)
    }
  }

  /// The upstream's answer; nil where its process died over it.
  func serve(_ call: SyncCall, from child: SiteCode) throws -> SyncReply? {
    let upstream = upstream(of: child)
    try inspect(call, from: child)
    var reply: SyncReply?
    try surviving(upstream.code) {
      reply = try self.spoken(
        try upstream.node.answer(call, from: child), to: call, by: upstream.code, child)
    }
    say(
      "\(child) to \(upstream.code): \(describe(call)) → "
        + (reply.map { describe($0, to: call) } ?? "dead"))
    if case .problem(.operatorNeeded, let detail, _)? = reply {
      happenings[.ticketsRefused] += 1
      say("\(upstream.code) refuses \(child): \(detail)")
    }
    return reply
  }

  func deliverDelayed() throws {
    guard !delayed.isEmpty else { return }
    let late = delayed.remove(at: dice.below(delayed.count))
    guard sites[late.from] != nil else { return }
    happenings[.reordered] += 1
    say("a late \(late.call.endpoint.rawValue) of \(late.from) arrives")
    _ = try serve(late.call, from: late.from)
  }
}
