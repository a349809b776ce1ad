import CSQLite
import Dispatch
import Foundation
import Glibc
import Simulation

/// One run: the group is made, tormented, healed, and held against the ledger.
struct Torment {
  private let bench: Bench
  private let ledger: Ledger
  private let options: TortureOptions

  /// From so many seconds on, every kind of fault and call must have been seen.
  private static let longSeconds = 300.0

  init(_ options: TortureOptions) {
    self.options = options
    bench = Bench(options)
    ledger = Ledger(bench.tally)
    bench.tally.expect("line faults", LineFault.allCases.map(\.rawValue))
    if bench.clocks.isOn { bench.tally.expect("clock faults", ClockFaults.names) }
    bench.tally.expect("kills", ["daemon serving", "daemon starting", "command"])
    bench.tally.expect("checks", ["integrity ok", "damaged"])
    bench.tally.expect("operations", Torment.operations)
  }

  private static let operations = [
    "item add", "item add --attach", "item edit", "item edit --attach", "item import",
    "item withdraw", "item reissue", "place", "unplace", "item hold", "item release",
    "item withdraw below", "item reissue below", "place of below", "unplace of below",
    "repost issue", "repost lift", "submit", "review adopt", "review return", "map add",
    "map remove", "sync", "line that withdraws",
  ]

  /// Whether nothing was lost, made up, doubled or left apart.
  func run() -> Bool {
    var dice = Dice(seed: options.seed)
    let keepers = Site.all.map { NodeKeeper($0, bench, seed: dice.next()) }
    var proxies: [String: Proxy] = [:]
    for site in Site.all where !site.isRoot {
      let parent = keepers.first { $0.site.code == site.parent }
      guard let proxy = Proxy(seed: dice.next(), tally: bench.tally, upstreamPort: { parent?.port })
      else { return give(up: "no port for the line of \(site.code)") }
      proxy.start()
      proxies[site.code] = proxy
    }
    defer { for keeper in keepers { keeper.dismiss() } }
    let preparation = Preparation(bench: bench, keepers: keepers, proxies: proxies)
    if let fault = preparation.prepare() { return give(up: fault) }
    for keeper in keepers { keeper.dismiss() }
    let begun = Moment.now()
    torment(keepers, Array(proxies.values), dice.next())
    let seconds = Moment.now() - begun
    let settled = Settling(bench: bench, keepers: keepers).settle()
    if options.spoils { spoil() }
    var audit = Audit(bench, ledger)
    do {
      try audit.run()
    } catch {
      bench.tally.fail("the audit cannot read: \(error)")
    }
    return judge(
      Report(
        bench: bench, findings: audit.findings, settledSeconds: settled, tormentSeconds: seconds))
  }

  private func torment(_ keepers: [NodeKeeper], _ proxies: [Proxy], _ seed: UInt64) {
    var dice = Dice(seed: seed)
    let group = DispatchGroup()
    for proxy in proxies { proxy.setFaulty(true) }
    for keeper in keepers { Torment.run(in: group) { keeper.torment() } }
    for site in Site.all {
      for number in 0..<(site.isRoot ? 1 : 2) {
        let worker = Worker(site, number: number, bench, ledger, seed: dice.next())
        Torment.run(in: group) {
          var worker = worker
          worker.work()
        }
      }
    }
    let end = Moment.now() + options.seconds
    let limit = Moment.now() + options.seconds * 2
    while Moment.now() < end
      || (bench.tally.sum("kills") < options.killsMin && Moment.now() < limit)
    {
      Moment.pause(0.05)
    }
    bench.finish()
    for keeper in keepers { keeper.stop() }
    group.wait()
    for proxy in proxies { proxy.setFaulty(false) }
  }

  private static func run(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread.detachNewThread {
      body()
      group.leave()
    }
  }

  private func judge(_ report: Report) -> Bool {
    report.show()
    var isGood =
      report.findings.isClean && report.settledSeconds != nil && bench.tally.failures.isEmpty
    if bench.tally.sum("kills") < options.killsMin {
      report.say("✗ fewer than \(options.killsMin) kills")
      isGood = false
    }
    if options.seconds >= Torment.longSeconds {
      for name in report.missing {
        report.say("✗ never happened: \(name)")
        isGood = false
      }
    }
    return isGood
  }

  private func give(up what: String) -> Bool {
    Report.say("✗ \(what)")
    for failure in bench.tally.failures { Report.say("✗ \(failure)") }
    return false
  }

  /// Takes one item that was accepted out of the store of its origin, behind the program's back.
  private func spoil() {
    for statement in [
      "DELETE FROM records WHERE row = (SELECT min(record) FROM items)",
      "DELETE FROM items WHERE record = (SELECT min(record) FROM items)",
    ] {
      StoreCheck.rows(
        statement, in: "\(options.directory)/360423/node.db", SQLITE_OPEN_READWRITE
      ) { _ in
      } onError: {
        Report.say("the store cannot be spoilt: \($0)")
      }
    }
  }
}
