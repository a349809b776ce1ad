import NodeCore
import Replication
import Storage
import Testing

/// Attachments on a disk that is full for a while.
@Suite struct BlobDiskTests {
  private static let noSpace: Int32 = 28

  @Test func `an attachment that finds the disk above full waits, and comes once there is room`()
    throws
  {
    let pair = try DiskPair()
    try DiskScenario.attachment.prepare(pair)
    let faults = try #require(pair.blobFaults[DiskPair.city])
    faults.arm(.write, number: 1, code: Self.noSpace, isLasting: true)
    var accepted = DiskScenario.Acceptances()
    do {
      try DiskScenario.attachment.act(pair, &accepted)
    } catch let refusal as Refusal {
      #expect(refusal.reason == .retryLater)
      #expect(refusal.details.first?.contains("full") == true)
    }
    #expect(faults.strikes > 0)
    let item = try pair.key(DiskPair.county, item: "a").id.description
    func state(_ code: String) throws -> String {
      try pair.run(code, "item", "show", item)["attachments"][0]["state"].string
    }
    #expect(try state(DiskPair.county) == "present" && state(DiskPair.city) == "pending")
    faults.disarm()
    // As long as it asked for.
    pair.clock.withLock { $0 += 31_000 }
    try pair.sync()
    #expect(try state(DiskPair.city) == "present")
  }

  @Test func `an item whose attachment finds no room is not taken in`() throws {
    let pair = try DiskPair()
    try DiskScenario.attachment.prepare(pair)
    let faults = try #require(pair.blobFaults[DiskPair.county])
    faults.arm(.sync, number: 1, code: Self.noSpace, isLasting: true)
    var accepted = DiskScenario.Acceptances()
    #expect(throws: Refusal.self) { try DiskScenario.attachment.act(pair, &accepted) }
    let key = try pair.key(DiskPair.county, item: "a")
    #expect(try pair.holdings(DiskPair.county)[key] == nil)
    faults.disarm()
    try DiskScenario.attachment.act(pair, &accepted)
    #expect(try pair.holdings(DiskPair.city)[key] != nil)
  }
}
