import NodeCore
import Replication
import Storage
import SyncProtocol

/// What was broken is mended, and the tree left to itself until nothing moves any more.
extension World {
  private static let roundsMax = 40
  private static let daysMax = 6

  func heal() throws {
    delayed = []
    cutOff = []
    exchanges = [:]
    for code in present { site(code).fault.disarm() }
    for code in clock.skewed { clock.setSkew(nil, at: code) }
    if let late, sites[late] == nil {
      happenings[.lateJoiners] += 1
      try enrol(late)
    }
    for round in 0..<World.roundsMax {
      clock.advance(round < World.daysMax ? 86_400_000 : 1000)
      say("round \(round)")
      try operate()
      var isQuiet = true
      for code in children.reversed() { if try !settle(code) { isQuiet = false } }
      if isQuiet, round >= World.daysMax { return }
    }
    throw Violation("not quiet after \(World.roundsMax) rounds")
  }

  /// A session without losses; true where it moved nothing and ended in step.
  private func settle(_ child: SiteCode) throws -> Bool {
    try beginSession(child)
    var moved = false
    var messages = 0
    while let exchange = exchanges[child] {
      messages += 1
      try need(messages < 500, "a session on a quiet link does not end: \(child)")
      guard let reply = try serve(exchange.call, from: child) else { return false }
      if case .ok(let body, _) = reply {
        if exchange.call.endpoint == .push { moved = true }
        if exchange.call.endpoint == .pull, try !PullResponse(body).items.isEmpty { moved = true }
      }
      try receive(reply, exchange, child)
    }
    return lastEnding[child] == .inStep && !moved
  }
}
