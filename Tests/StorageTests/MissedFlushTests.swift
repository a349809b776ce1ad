import Bytes
import Replication
import SQLite
import Storage
import Testing

/// What a failed flush did not bring to the disk counts as clean from then on.
@Suite struct MissedFlushTests {
  private func open(_ disk: SimulatedDisk, isNew: Bool = false) throws -> Store {
    let site = try #require(SiteCode("360400"))
    return try Store(
      path: "/node.db", creating: isNew ? StoreIdentity(site: site, algorithm: .sha256) : nil,
      ports: StorePorts(now: { 1_700_000_000_000 }, random: { Array(repeating: 7, count: $0) }),
      vfs: disk.vfs)
  }

  @Test func `a commit whose flush failed does not take along what a later process commits`() throws {
    let disk = SimulatedDisk()
    var store: Store? = try open(disk, isNew: true)
    try store?.write { try $0.setMeta("first", "1") }
    disk.fault = DiskFault(.sync, number: 1)
    #expect(throws: (any Error).self) { try store?.write { try $0.setMeta("second", "2") } }
    #expect(disk.strikes == 1)
    disk.kill()
    store = nil
    store = try open(disk)
    try store?.write { try $0.setMeta("third", "3") }
    // Each write that was not flushed is lost.
    disk.crash { bound in bound - 1 }
    store = nil
    let last = try open(disk)
    #expect(try last.read { try $0.meta("first") } == "1")
    #expect(try last.read { try $0.meta("third") } == "3")
  }
}
