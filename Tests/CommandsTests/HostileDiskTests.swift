@testable import Commands
import FoundationEssentials
import Glibc
import Networking
import NodeCore
import SQLite
import Testing

/// What full, failing, read-only and damaged disks do to a node as its operator sees it.
@Suite struct HostileDiskTests {
  private let shell: Shell
  private let disk = SimulatedDisk()

  init() throws { shell = try Shell() }

  private func path(_ name: String) -> String { "\(shell.directory)/\(name)" }

  private func octets(_ name: String) throws -> [UInt8] {
    try InputFile.bytes(of: path(name), bytesMax: 1 << 26)
  }

  private func put(_ octets: [UInt8], _ name: String) throws {
    unlink(path(name))
    try OutputFile.create(path(name), octets)
  }

  /// A daemon of the node `name`, whose store lies on the simulated disk or on the machine's.
  private func serve(_ name: String, simulated: Bool) throws -> Daemon {
    if simulated {
      disk.put(try octets("\(name)/node.db"), as: path("\(name)/node.db"))
    }
    return try shell.serve(name, vfs: simulated ? disk.vfs : nil)
  }

  /// A centre on the simulated disk.
  private func centre() throws -> Daemon {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    return try serve("c", simulated: true)
  }

  private func enrol(at daemon: Daemon) throws {
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://\(daemon.addresses[0])")
    struct Issued: Decodable { let token: String }
    let issued = try AnswerJSON.decode(
      Issued.self,
      from: Array(shell.run("site", "token", "360423", "--dir", "c", "--json").output.utf8))
    #expect(shell.run("enrol", "--dir", "n", "--token", issued.token).status == 0)
  }

  private func columns(_ name: String) -> String {
    shell.run("column", "list", "--dir", name).output
  }

  @Test func `a full disk takes no write and says so, and the daemon goes on once there is room`()
    throws
  {
    let daemon = try centre()
    defer { daemon.stop() }
    #expect(shell.run("column", "add", "first", "--dir", "c").status == 0)
    disk.capacityOctets = disk.usedOctets
    for (language, words) in [("zh", "磁盘已满"), ("en", "is full")] {
      let refused = shell.run("column", "add", "second", "--dir", "c", "--lang", language)
      #expect(refused.status == 4 && refused.error.contains(words), "\(refused.error)")
      let status = shell.run("status", "--dir", "c", "--lang", language)
      #expect(status.status == 0 && status.output.contains(words), "\(status.output)")
    }
    let told = shell.run("status", "--dir", "c", "--json").output
    #expect(told.contains(#""trouble":{"code":"disk_full""#))
    #expect(columns("c").contains("first") && !columns("c").contains("second"))
    disk.capacityOctets = nil
    #expect(shell.run("column", "add", "third", "--dir", "c").status == 0)
    #expect(!shell.run("status", "--dir", "c", "--json").output.contains("trouble"))
    for name in ["first", "third"] { #expect(columns("c").contains(name)) }
  }

  @Test func `a push to a full disk waits at the child, and arrives once there is room`() throws {
    let daemon = try centre()
    defer { daemon.stop() }
    try enrol(at: daemon)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    for number in 0..<20 {
      #expect(shell.run("column", "add", "column \(number)", "--dir", "n").status == 0)
    }
    disk.capacityOctets = disk.usedOctets
    let refused = shell.run("sync", "--dir", "n", "--json")
    #expect(refused.status != 0 && refused.error.contains("retry_later"), "\(refused.error)")
    #expect(refused.error.contains("the disk of 360400 is full"), "\(refused.error)")
    #expect(shell.run("status", "--dir", "c", "--json").output.contains("disk_full"))
    disk.capacityOctets = nil
    let done = shell.run("sync", "--dir", "n", "--json")
    #expect(done.status == 0 && done.output.contains(#""in_step":true"#), "\(done.error)")
  }

  @Test func `what was not flushed is never answered as success`() throws {
    let daemon = try centre()
    defer { daemon.stop() }
    #expect(shell.run("column", "add", "first", "--dir", "c").status == 0)
    disk.fault = DiskFault(.sync, number: 1, isLasting: true)
    let refused = shell.run("column", "add", "second", "--dir", "c", "--json")
    #expect(refused.status == 4 && refused.error.contains("io_error"), "\(refused.error)")
    // The power fails, and nothing that was not flushed survives.
    disk.crash { $0 - 1 }
    #expect(mkdir(path("after"), 0o700) == 0)
    for file in disk.names {
      try put(try #require(disk.octets(of: file)), "after/" + file.dropFirst(path("c/").utf8.count))
    }
    #expect(columns("after").contains("first") && !columns("after").contains("second"))
    #expect(shell.run("column", "add", "third", "--dir", "after").status == 0)
  }

  @Test func `a store that cannot be written is read`() throws {
    let daemon = try centre()
    defer { daemon.stop() }
    #expect(shell.run("column", "add", "first", "--dir", "c").status == 0)
    disk.isReadOnly = true
    let refused = shell.run("column", "add", "second", "--dir", "c", "--json")
    #expect(refused.status == 4, "\(refused.error)")
    #expect(columns("c").contains("first") && !columns("c").contains("second"))
    disk.isReadOnly = false
    #expect(shell.run("column", "add", "second", "--dir", "c").status == 0)
  }

  @Test func `a long transaction elsewhere is waited for, and then refused, to be tried again`()
    throws
  {
    let daemon = try centre()
    defer { daemon.stop() }
    let other = try Connection(path: path("c/node.db"), mode: .existing, vfs: disk.vfs)
    try other.script("BEGIN; SELECT * FROM records")
    #expect(shell.run("column", "add", "first", "--dir", "c").status == 0)
    try other.script("ROLLBACK; BEGIN IMMEDIATE")
    let refused = shell.run("column", "add", "second", "--dir", "c", "--json")
    #expect(refused.status != 0 && refused.error.contains("store_busy"), "\(refused.error)")
    #expect(columns("c").contains("first"))
    try other.script("ROLLBACK")
    #expect(shell.run("column", "add", "second", "--dir", "c").status == 0)
  }

  /// A county with a backup, in step with a centre that runs.
  private func pair() throws -> Daemon {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let daemon = try serve("c", simulated: false)
    try enrol(at: daemon)
    for number in 0..<30 {
      #expect(shell.run("column", "add", "column \(number)", "--dir", "n").status == 0)
    }
    #expect(shell.run("sync", "--dir", "n").status == 0)
    #expect(shell.run("backup", "b.db", "--dir", "n").status == 0)
    #expect(shell.run("column", "add", "later", "--dir", "n").status == 0)
    #expect(shell.run("sync", "--dir", "n").status == 0)
    return daemon
  }

  private func expectRestored(_ note: String) {
    #expect(shell.run("restore", "b.db", "--dir", "n", "--force").status == 0, "\(note)")
    #expect(shell.run("sync", "--dir", "n").status == 0, "\(note)")
    #expect(columns("n").contains("later"), "\(note)")
    #expect(shell.run("verify", "--dir", "n").status == 0, "\(note)")
  }

  @Test func `a damaged page is found, goes nowhere, and is made good from a backup`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    let before = columns("c")
    let sound = try octets("n/node.db")
    for page in stride(from: 1, to: sound.count / 4096, by: 7) {
      var damaged = sound
      for place in 0..<64 { damaged[page * 4096 + place] ^= 0xA5 }
      for suffix in ["-wal", "-shm"] { unlink(path("n/node.db" + suffix)) }
      try put(damaged, "n/node.db")
      let verified = shell.run("verify", "--dir", "n", "--json")
      #expect(verified.status == 4 && verified.error.contains("damaged_store"), "page \(page)")
      #expect(verified.error.contains("sitegroup restore"), "page \(page): \(verified.error)")
      _ = shell.run("sync", "--dir", "n")
      #expect(columns("c") == before, "page \(page)")
    }
    expectRestored("a damaged page")
    #expect(columns("c") == before)
  }

  @Test func `a store that was cut short is told, and a backup replaces it`() throws {
    let daemon = try pair()
    defer { daemon.stop() }
    let sound = try octets("n/node.db")
    for size in [0, 10, 100, 4096, sound.count / 2 / 4096 * 4096, sound.count - 4096] {
      for suffix in ["-wal", "-shm"] { unlink(path("n/node.db" + suffix)) }
      try put(Array(sound[..<size]), "n/node.db")
      let verified = shell.run("verify", "--dir", "n", "--json")
      #expect(verified.status == 4, "\(size): \(verified.status) \(verified.error)")
      #expect(verified.error.contains("damaged_store"), "\(size): \(verified.error)")
    }
    expectRestored("cut short")
  }
}
