import Glibc

/// What a run prints.
struct Report {
  let bench: Bench
  let findings: Findings
  let settledSeconds: Double?
  let tormentSeconds: Double

  private static let shownMax = 20

  func show() {
    let tally = bench.tally
    let groups = [
      "operations", "outcomes", "kills", "checks", "line faults", "clock faults", "refusals",
    ]
    for group in groups {
      say("\(group): \(tally.sum(group))")
      for row in tally.rows(group) { say("  \(row.count)\t\(row.name)") }
    }
    let start = bench.startTimes.summary
    say(
      "start of a daemon: median \(start.median) ms, longest \(start.longest) ms of \(start.count)")
    say(
      "looked at: \(findings.itemsCount) items, \(findings.copiesCount) copies, "
        + "\(findings.filesCount) attachments, \(findings.mandatesCount) mandates, "
        + "\(findings.offersCount) submissions, \(findings.recordsCount) records")
    for (name, list) in [
      ("lost", findings.lost), ("phantom", findings.phantom), ("duplicate", findings.duplicate),
      ("apart", findings.apart), ("wrong besides", tally.failures),
    ] {
      for line in list.prefix(Report.shownMax) { say("✗ \(name): \(line)") }
    }
    let settled = settledSeconds.map { "in step after \(Int($0 + 0.5)) s" } ?? "never in step"
    let isConverged = settledSeconds != nil && findings.apart.isEmpty
    say(
      "\(tally.sum("kills")) kills in \(Int(tormentSeconds)) s, integrity ok "
        + "\(tally.rows("checks").first { $0.name == "integrity ok" }?.count ?? 0) times; "
        + "lost \(findings.lost.count), phantom \(findings.phantom.count), "
        + "duplicate \(findings.duplicate.count), converged \(isConverged ? "yes" : "no") "
        + "(\(settled)), seed \(bench.options.seed)")
  }

  func say(_ text: String) { Report.say(text) }

  static func say(_ text: String) {
    let octets = Array((text + "\n").utf8)
    _ = write(1, octets, octets.count)
  }

  /// Kinds of faults that did not strike. In a short run that is no failure.
  var missing: [String] {
    ["operations", "line faults", "clock faults", "kills"].flatMap { group in
      bench.tally.rows(group).filter { $0.count == 0 }.map { "\(group): \($0.name)" }
    }
  }
}
