import HTTPCore
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// A line gets another credential or another address.
@Suite struct CredentialScenarioTests {
  private func octets(_ outcome: SyncOutcome) -> Int {
    outcome.octetsSent + outcome.octetsReceived
  }

  @Test func `after a rotated key, and at another address, nothing is sent again`() throws {
    let pair = try SignedPair()
    try pair.enrol()
    try pair.county.publish(0..<100)
    let load = try pair.county.synchronize()
    #expect(load.report.isInStep && load.report.pushed == 100)
    let idle = octets(try pair.county.synchronize())
    #expect(idle * 10 < octets(load))

    let token = try pair.centre.answer("site", "rekey", "360423")["token"].string
    _ = try pair.county.enrol(token: token)
    let rekeyed = try pair.county.synchronize()
    #expect(rekeyed.report.isInStep && rekeyed.report.pushed + rekeyed.report.pulled == 0)
    // One pull, which names the audit's entry of the enrolment.
    #expect(octets(rekeyed) <= idle + 1_200, "\(octets(rekeyed)) octets, \(idle) when idle")
    #expect(octets(try pair.county.synchronize()) <= idle + 16)

    pair.network.serve("moved.test", pair.centre)
    pair.clock.withLock { $0 += 2_000 }
    let moved = try Node(
      store: pair.county.store,
      settings: NodeSettings(upstream: try BaseURL("http://moved.test")), network: pair.network)
    try moved.keys.change { $0 = pair.county.keys.read { $0 } }
    let there = try moved.synchronize()
    #expect(there.report.isInStep && there.report.pushed + there.report.pulled == 0)
    #expect(octets(there) <= idle + 16, "\(octets(there)) octets, \(idle) when idle")
    try moved.publish(100..<101)
    let next = try moved.synchronize()
    #expect(next.report.isInStep && next.report.pushed == 1)
    let posts = pair.network.requests.suffix(4).filter { $0.path.hasSuffix("/reconcile") }
    #expect(posts.isEmpty)
  }
}
