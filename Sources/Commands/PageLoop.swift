import Console
import Glibc
import Networking
import NodeCore
import Storage

/// Keeps one node's pages as its state is: a round of publishing soon after something has changed,
/// a round of checking from time to time. Owns one thread of low priority, which mostly waits.
final class PageLoop: Sendable {
  private let node: any HostedNode
  private let settings: PageSettings
  private let log: Log
  private let loop = LoopThread()
  /// The revision that the pages have; nil where that is not known.
  private let published: Lock<Int64?> = Lock(nil)

  /// Nil for a node that publishes nothing.
  init?(_ node: any HostedNode, log: Log) {
    guard let settings = node.pageSettings else { return nil }
    (self.node, self.settings, self.log) = (node, settings, log)
  }

  func start() throws {
    node.onPageNews { [loop] in loop.ring() }
    try loop.start("page-loop") { [self] in run() }
  }

  func stop() { loop.stop() }

  private var isLate: Bool { published.withLock { $0 } != node.pageRevision }

  /// After a change others may follow: one round serves them all.
  private static let settleMilliseconds: Int64 = 500
  /// A round takes at most this part of the time.
  private static let restFactor: Int64 = 5
  private static let restMillisecondsMax: Int64 = 5000
  /// A long round makes way for what has changed since, which may be a withdrawal.
  private static let roundMilliseconds: Int64 = 2000
  private static let failureMilliseconds: Int64 = 30_000
  /// Between two slices of a check the disk is others'.
  private static let sliceMilliseconds: UInt32 = 20

  private func run() {
    SystemThread.lowerPriority()
    var nextPublish = Monotonic.milliseconds()
    var nextCheck = Monotonic.milliseconds() + settings.checkMilliseconds
    var told: Set<PageDamage> = []
    while !loop.isStopping {
      let now = Monotonic.milliseconds()
      if isLate, now >= nextPublish {
        let isWell = publish()
        let spent = Monotonic.milliseconds() - now
        let rest = max(PageLoop.settleMilliseconds, spent * PageLoop.restFactor)
        nextPublish =
          now + spent
          + (isWell ? min(rest, PageLoop.restMillisecondsMax) : PageLoop.failureMilliseconds)
      } else if now >= nextCheck {
        check(&told)
        nextCheck = Monotonic.milliseconds() + settings.checkMilliseconds
      } else {
        let wasLate = isLate
        let due = wasLate ? min(nextPublish, nextCheck) : nextCheck
        _ = loop.wait(milliseconds: Int(max(1, due - now)))
        // What has just begun to change is given time to end.
        if !wasLate, isLate {
          nextPublish = max(nextPublish, Monotonic.milliseconds() + PageLoop.settleMilliseconds)
        }
      }
    }
  }

  /// Whether nothing stood against it.
  private func publish() -> Bool {
    defer { SystemMemory.giveBack() }
    let revision = node.pageRevision
    let end = Monotonic.milliseconds() + PageLoop.roundMilliseconds
    do {
      let report = try node.publishPages { [self] in
        !loop.isStopping && (Monotonic.milliseconds() < end || node.pageRevision == revision)
      }
      if report.written + report.removed > 0 {
        log.note(
          .info, "pages_published",
          [
            "site": node.code, "written": String(report.written),
            "removed": String(report.removed), "unchanged": String(report.unchanged),
          ])
      }
      // What has overtaken a page has raised the revision since.
      published.withLock { $0 = report.isInterrupted ? nil : revision }
      return true
    } catch {
      tell("pages_failed", error)
      return false
    }
  }

  /// Each damage is told once, and again when it has been away meanwhile.
  private func check(_ told: inout Set<PageDamage>) {
    do {
      let damaged = try node.checkPages { [self] in
        usleep(PageLoop.sliceMilliseconds * 1000)
        // A long check keeps no withdrawal waiting.
        if isLate, !loop.isStopping { _ = publish() }
        return !loop.isStopping
      }
      guard let damaged else { return }
      for one in damaged where !told.contains(one) {
        log.note(
          .error, "page_damaged",
          ["site": node.code, "path": one.path, "what": one.what.rawValue])
      }
      if damaged.isEmpty, !told.isEmpty { log.note(.info, "pages_sound", ["site": node.code]) }
      told = Set(damaged)
    } catch {
      tell("pages_check_failed", error)
    }
  }

  private func tell(_ event: String, _ error: any Error) {
    let refusal = Refusal.of(error)
    log.note(
      .warning, event,
      ["site": node.code, "code": refusal.reason.rawValue, "error": refusal.message(.en)])
  }
}
