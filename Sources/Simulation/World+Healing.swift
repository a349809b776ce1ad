import NodeCore
import Replication
import Storage
import SyncProtocol

/// What was broken is mended, and the tree left to itself until nothing moves any more.
extension World {
  /// The time that it may take: what is set aside is tried again daily.
  static let healingHoursMax: Int64 = 30
  private static let quarter: Int64 = 900_000
  /// Milliseconds from one round of sessions to the next: a schedule, longer where all is quiet.
  private static let waits: [Int64] =
    Array(repeating: quarter, count: 4) + Array(repeating: 6 * 4 * quarter, count: 4)

  func heal() throws {
    isHealing = true
    try mendDecays(before: nil)
    delayed = []
    cutOff = []
    exchanges = [:]
    for code in present { site(code).calm() }
    for code in clock.skewed { clock.setSkew(nil, at: code) }
    if let late = setting.late, sites[late] == nil {
      happenings[.lateJoiners] += 1
      try enrol(late)
    }
    for code in present { _ = try site(code).node.checkBlobs() }
    let start = clock.now
    var round = 0
    while clock.now - start <= World.healingHoursMax * 4 * World.quarter {
      clock.advance(round < World.waits.count ? World.waits[round] : World.quarter)
      round += 1
      say("round \(round)")
      // As every day.
      if round == World.waits.count / 2 {
        for code in present { try site(code).node.collectBlobs() }
      }
      try operate()
      var isQuiet = true
      for code in children.reversed() { if try !settle(code) { isQuiet = false } }
      if !isQuiet {
        happenings.healing = max(happenings.healing, clock.now - start)
      } else if round > World.waits.count {
        return try checkCredentials()
      }
    }
    throw Violation("not quiet after \(World.healingHoursMax) hours: \(round) rounds")
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
    if try site(child).node.hasBlobsToExchange() {
      let before = happenings
      try exchangeBlobs(child)
      if before[.blobsFetched] + before[.blobsPushed]
        != happenings[.blobsFetched] + happenings[.blobsPushed]
      {
        moved = true
      }
    }
    return lastEnding[child] == .inStep && !moved
  }

  /// Every child is heard by its key, too.
  private func checkCredentials() throws {
    for child in children where isPresent(linkOf: child) {
      let before = happenings[.signedSessions]
      try synchronize(child)
      try need(happenings[.signedSessions] > before, "\(child) is not heard by its key")
    }
  }
}
