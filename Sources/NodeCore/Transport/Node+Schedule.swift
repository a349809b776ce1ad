import SiteGroup
import Storage

/// When the link to the upstream is due, and what may go over it.
extension Node {
  var plan: SyncPlan {
    SyncPlan(
      schedule: settings.schedule, jitterMilliseconds: settings.jitterMilliseconds,
      offsetMinutes: settings.timeZoneOffsetMinutes)
  }

  /// The time of the next session after one that ended now, with jitter, so that sites do not come
  /// all at once. What waits for the window goes as soon as it opens.
  func nextDue(failures: Int64, now: Int64, askedMilliseconds: Int64 = 0) -> Int64 {
    let plan = plan
    let chance = Double(ports.random(1).first ?? 0) / 256
    let due =
      failures == 0
      ? plan.due(after: now, chance: chance)
      : plan.retry(
        after: now, failures: failures, askedMilliseconds: askedMilliseconds, chance: chance)
    guard askedMilliseconds == 0, let opening = windowOpensAt else { return due }
    return min(due, opening + Int64(Double(settings.jitterMilliseconds) * chance))
  }

  /// Whether what is no order may go now.
  package var isWindowOpen: Bool {
    settings.window?.isOpen(
      at: ports.now(), offsetMinutes: settings.timeZoneOffsetMinutes) ?? true
  }

  /// When it may go again; nil while it may.
  package var windowOpensAt: Int64? {
    isWindowOpen
      ? nil
      : settings.window?.nextOpening(
        after: ports.now(), offsetMinutes: settings.timeZoneOffsetMinutes)
  }
}

extension LinkState {
  /// What the upstream is told to be known already. While the window is closed, that is also what
  /// it had when the last session left the rest there.
  func etag(holds: Bool) -> String? { etag ?? (holds ? heldEtag : nil) }
}
