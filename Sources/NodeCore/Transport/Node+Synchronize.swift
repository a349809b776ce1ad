import HTTPCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// A session as its caller sees it: what it came to, and what it cost.
package struct SyncOutcome: Sendable, Equatable {
  package var report: SyncReport
  /// Octets at the socket.
  package var octetsSent: Int
  package var octetsReceived: Int
}

extension Node {
  /// One session with the upstream. Its outcome is kept durably before this returns; a failed one
  /// is thrown as a refusal. `obeysWindow`: while the link's window is closed, orders alone go.
  /// `operatorName`: who asked for it; nil for the schedule.
  package func synchronize(
    _ scope: SyncSession.Scope = .both, over network: (any Network)? = nil,
    obeysWindow: Bool = false, by operatorName: String? = nil
  ) throws -> SyncOutcome {
    try withSession {
      let (channel, run) = try open(
        scope, over: network ?? self.network, obeysWindow: obeysWindow)
      run.operatorName = operatorName
      // Its connection may have served before.
      let (sent, received) = (channel.transport.octetsSent, channel.transport.octetsReceived)
      let report = try Conversation(run, channel, self, over: network ?? self.network).report()
      if case .failed(let failure) = report.ending { throw refusal(for: failure, channel.url) }
      return SyncOutcome(
        report: report, octetsSent: channel.transport.octetsSent - sent,
        octetsReceived: channel.transport.octetsReceived - received)
    }
  }

  /// One session at a time: who comes second waits for the first to end.
  func withSession<T>(_ body: () throws -> T) throws -> T {
    var waits = 0
    while sessionGate.withLock({ isTaken in
      if isTaken { return true }
      isTaken = true
      return false
    }) {
      waits += 1
      if waits > Node.sessionWaitsMax { throw Refusal(.storeBusy, site.text) }
      network.pause(milliseconds: 50)
    }
    defer { sessionGate.withLock { $0 = false } }
    return try body()
  }

  static let sessionWaitsMax = 2400

  private func open(
    _ scope: SyncSession.Scope, over network: any Network, obeysWindow: Bool
  ) throws -> (SyncChannel, SyncRun) {
    let channel = try channel(over: network, bytesPerSecond: settings.bytesPerSecond)
    guard let run = try SyncRun(self, scope, holds: { obeysWindow && !self.isWindowOpen }) else {
      throw Refusal(.notEnrolled, site.text)
    }
    return (channel, run)
  }

  func channel(
    over network: any Network, bytesPerSecond: Int64? = nil
  ) throws -> SyncChannel {
    guard let url = settings.upstream else { throw Refusal(.noUpstream) }
    guard let upstream = keys.upstream else { throw Refusal(.notEnrolled, site.text) }
    do {
      return SyncChannel(
        url: url, site: upstream.site, key: upstream.key,
        algorithm: SignatureAlgorithm(store.identity.algorithm),
        transport: try network.transport(to: url, bytesPerSecond: bytesPerSecond),
        network: network, node: self)
    } catch {
      throw Refusal(.unreachable, url.description, error.words)
    }
  }

  func refusal(for failure: SyncSession.Failure, _ url: BaseURL) -> Refusal {
    switch failure {
    case .unreachable(let what): return Refusal(.unreachable, url.description, what)
    case .malformed(let what): return Refusal(.incompatible, url.description, what)
    case .problem(let problem, let detail):
      switch problem {
      case .reauth:
        return detail.hasPrefix("clock ")
          ? Refusal(.clockSkew, url.description, String(detail.dropFirst(6)))
          : Refusal(.wrongKey, url.description)
      case .retryLater: return Refusal(.retryLater, url.description, detail)
      case .operatorNeeded: return Refusal(.operatorNeeded, url.description, detail)
      case .rebaseRequired, .itemRejected, .incompatible:
        return Refusal(.incompatible, url.description, detail)
      }
    }
  }

  /// Waits at the upstream until something is new there; false where the time went by.
  package func watch(seconds: Int, over network: (any Network)? = nil) throws -> Bool {
    let channel = try channel(
      over: network ?? self.network, bytesPerSecond: settings.bytesPerSecond)
    let etag = try store.read { try $0.upstreamLink()?.etag(holds: !isWindowOpen) }
    guard let etag else { return true }
    switch channel.send(SyncCall(.link, etag: etag, waitSeconds: seconds)) {
    case .success(.notModified): return false
    case .success(.ok(let body, let present)):
      watched.withLock {
        $0 = Watched(etag: etag, reply: .ok(body: body, etag: present), at: ports.now())
      }
      return true
    case .success(.problem(.retryLater, _, .some(let seconds))):
      throw AskedToWait(milliseconds: Int64(min(max(seconds, 0), 3600)) * 1000)
    case .success(.problem(let problem, let detail, _)):
      throw refusal(for: .problem(problem, detail), channel.url)
    case .failure(let failure): throw refusal(for: failure, channel.url)
    }
  }

  /// The answer that the session behind a watch would be given to its first call.
  struct Watched: Sendable {
    let etag: String
    let reply: SyncReply
    /// Milliseconds UTC.
    let at: Int64

    private static let goodMilliseconds: Int64 = 30_000

    /// Nil where it is about something else, or too long ago.
    func reply(to call: SyncCall, now: Int64) -> SyncReply? {
      let isGood = (0..<Watched.goodMilliseconds).contains(now - at)
      return isGood && call == SyncCall(.link, etag: etag) ? reply : nil
    }
  }

  func takeWatched() -> Watched? {
    watched.withLock { watched in
      defer { watched = nil }
      return watched
    }
  }

  /// The upstream does not want to be watched for so long.
  package struct AskedToWait: Error, Equatable {
    package let milliseconds: Int64
  }

  /// What the upstream says of the link now: count and fingerprint on both ends.
  package func compareWithUpstream() throws -> (mine: LinkState, isInStep: Bool) {
    let channel = try channel(over: network)
    switch channel.send(SyncCall(.link)) {
    case .success(.ok(let body, _)):
      let description = try LinkDescription(body)
      return try store.read { snapshot in
        guard let link = try snapshot.upstreamLink() else { throw Refusal(.notEnrolled) }
        let isInStep =
          try snapshot.comparableFingerprint(link) == description.fingerprint
          && !snapshot.hasPendingUpward(link) && link.peerEpoch == description.epoch
        return (link, isInStep)
      }
    case .success(.problem(let problem, let detail, _)):
      throw refusal(for: .problem(problem, detail), channel.url)
    case .success(.notModified): throw Refusal(.incompatible, channel.url.description, "304")
    case .failure(let failure): throw refusal(for: failure, channel.url)
    }
  }

  /// When the next session with the upstream is due, milliseconds UTC; nil without an upstream.
  package func nextWake() throws -> Int64? {
    guard keys.upstream != nil, settings.upstream != nil else { return nil }
    return try store.read { snapshot in
      guard let link = try snapshot.upstreamLink() else { return nil }
      // Later than the schedule can ask: noted by a clock that was ahead, or for another schedule.
      let asked = link.failures > 0 ? SyncPlan.askedMillisecondsMax : 0
      let latest = max(plan.due(after: snapshot.now, chance: 1), snapshot.now + asked)
      return link.dueAt.flatMap { $0 > latest ? nil : $0 } ?? snapshot.now
    }
  }
}
