import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage

/// Disks that lose power, fail, fill up and decay.
extension World {
  /// At rest, or at one of the next calls of the machine's disk.
  func cutPower(_ code: SiteCode) throws {
    let site = site(code)
    if dice.chance(perMille: 400) {
      site.calm()
      try drain(code)
      return try losePower(code)
    }
    site.harm(.power, DiskFault(number: dice.within(1...80), isLasting: true))
  }

  /// What was not flushed is kept, torn or lost; the process starts again.
  func losePower(_ code: SiteCode) throws {
    happenings[.powerLosses] += 1
    say("power loss at \(code)")
    exchanges[code] = nil
    try site(code).restart { bound in
      let chosen = self.dice.below(bound)
      // Of three: what becomes of one write.
      if bound == 3, chosen == 1 { self.happenings[.tornWrites] += 1 }
      if bound == 3, chosen == 2 { self.happenings[.lostWrites] += 1 }
      return chosen
    }
    try audit(code)
  }

  func failDisk(_ code: SiteCode) throws {
    let call = dice.pick([DiskCall.read, .write, .write, .sync, .sync, .size, .lock]) ?? .write
    if call == .read { return try failReading(code) }
    site(code).harm(
      .error(call),
      DiskFault(call, number: dice.within(1...12), isLasting: dice.chance(perMille: 300)))
  }

  /// A process that begins has no page in memory: it reads, or begins once more.
  private func failReading(_ code: SiteCode) throws {
    exchanges[code] = nil
    let site = site(code)
    do {
      try site.restart(under: DiskFault(.read, number: dice.within(1...60)))
    } catch {
      try need(site.disk.strikes > 0, "\(code) does not begin: \(error)")
      happenings[.readErrors] += 1
      say("\(code) cannot read: \(error)")
    }
    try begin(anew: code)
  }

  func fillDisk(_ code: SiteCode) {
    site(code).harm(.full, room: dice.below(24_000))
  }

  /// Sees to a trouble of the disk that has struck.
  func recoverDisk(_ code: SiteCode) throws {
    let site = site(code)
    switch site.trouble {
    case .power: return try losePower(code)
    case .full:
      happenings[.diskFull] += 1
      say("the disk of \(code) is full")
      // Sometimes nobody makes room for a while.
      if dice.chance(perMille: 600) { site.calm() }
    case .error(let call):
      say("a failed \(call) at \(code)")
      switch call {
      case .read: happenings[.readErrors] += 1
      case .sync: happenings[.syncErrors] += 1
      default: happenings[.writeErrors] += 1
      }
      site.calm()
    case nil: site.calm()
    }
  }

  // MARK: decay

  /// A bit of a stored page is another. It must be noticed, and what it harmed brought back.
  func decay(_ code: SiteCode) throws {
    let site = site(code)
    guard setting.mayHarm, isPresent(linkOf: code), !cutOff.contains(code), clock.skewed.isEmpty
    else { return }
    site.calm()
    upstream(of: code).calm()
    exchanges[code] = nil
    try site.node.store.checkpoint()
    try drain(code)
    let backup = site.image
    happenings[.flips] += 1
    if dice.chance(perMille: 600) {
      try decayRecord(code, backup)
    } else {
      try decayPage(code, backup)
    }
  }

  private func decayRecord(_ code: SiteCode, _ backup: SimulatedSite.Image) throws {
    let site = site(code)
    var rows: [(row: Int64, key: RecordKey)] = []
    try site.node.store.read { try $0.records { rows.append(($0.row, $0.record.key)) } }
    // Of the damage to items some is left for others to find.
    if dice.chance(perMille: 700) {
      let items = rows.filter { $0.key.kind == .item }
      if !items.isEmpty { rows = items }
    }
    guard let (row, key) = dice.pick(rows),
      let octets = try site.node.store.read({ try $0.packed(row: row)?.bytes })
    else { return }
    let part = Array(octets.prefix(200))
    guard site.flip(bit: dice.below(part.count * 8), under: part) else { return }
    say("a bit of \(key) at \(code) is another")
    do {
      try site.restart()
      let found = try site.node.store.read { try $0.damages() }
      // The same octets may stand in a page that is free.
      guard let damage = found.first else { return }
      try need(found.map(\.key) == [key], "\(found) is found damaged, not \(key)")
      happenings[.damagesFound] += 1
      if leaves(damage, at: code, backup) { return }
      try repair(code, backup)
    } catch let violation as Violation {
      throw violation
    } catch {
      happenings[.damagesFound] += 1
      say("damage at \(code): \(error)")
      try bringBack(code, backup)
    }
  }

  /// As `verify --repair` does; where it cannot, the operator goes on to the backup.
  func repair(_ code: SiteCode, _ backup: SimulatedSite.Image) throws {
    let node = site(code).node
    isHarmed = true
    restored.insert(code)
    let isDone = try calling(code) { _ in
      guard let operation = OperationTable.find(noun: "verify", verb: "") else { return }
      try World.run(operation, ["--repair"], at: node)
      self.happenings[.repaired] += 1
    }
    if !isDone { return try bringBack(code, backup) }
    let left = try node.store.read { try $0.damages() }
    try need(left.isEmpty, "damage is left after a repair at \(code)")
    try ledger.forgetLost(present.map { site($0).node.store })
  }

  private static func run<One: NodeCore.Operation>(
    _ type: One.Type, _ words: [String], at node: Node
  ) throws {
    let arguments = try Arguments(words: words, parameters: type.spec.parameters)
    _ = try type.init(arguments).run(
      in: OperationContext(node: node, operatorName: "operator"))
  }

  /// A page whose head is another is found by SQLite.
  private func decayPage(_ code: SiteCode, _ backup: SimulatedSite.Image) throws {
    let site = site(code)
    let page = dice.within(1...max(1, site.pagesCount - 1))
    // Its kind, its free blocks, its cells.
    site.flip(bit: dice.below(8 * 7), ofPage: page)
    say("a bit of page \(page + 1) at \(code) is another")
    do {
      try site.restart()
      let faults = try site.node.store.read { snapshot in
        try snapshot.connection.all("PRAGMA integrity_check(5)") { $0.text(0) }
      }
      if faults == ["ok"] { return }
      say("damage at \(code): \(faults)")
    } catch {
      say("damage at \(code): \(error)")
    }
    happenings[.pagesFound] += 1
    try bringBack(code, backup)
  }

  /// `restore`: what was backed up last takes the place of what is damaged, with a new epoch.
  private func bringBack(_ code: SiteCode, _ backup: SimulatedSite.Image) throws {
    isHarmed = true
    restored.insert(code)
    try site(code).replace(by: backup)
    try rejoin(code)
  }
}
