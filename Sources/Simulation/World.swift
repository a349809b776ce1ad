import Bytes
import Foundation
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// A tree of real nodes under a seed: their time, their network, their editors and accidents.
final class World {
  let seed: UInt64
  let shape: TreeShape
  let clock = VirtualClock()
  let codec = RecordCodec()
  let directory: String
  var dice: Dice
  var happenings = Happenings()
  var ledger = Ledger()
  var sites: [SiteCode: SimulatedSite] = [:]
  /// Joins when the others are at work already.
  let late: SiteCode?

  /// Sessions under way, by child.
  var exchanges: [SiteCode: Exchange] = [:]
  var lastEnding: [SiteCode: SyncSession.Ending] = [:]
  /// Requests that come late: duplicates, and ones whose sender has given up.
  var delayed: [(call: SyncCall, from: SiteCode)] = []
  /// Children that do not reach their upstream now.
  var cutOff: Set<SiteCode> = []
  /// Copies of directories, by site.
  var copies: Set<SiteCode> = []
  /// Sites whose directory has been replaced or cloned, as people know.
  var restored: Set<SiteCode> = []
  /// Stores have been replaced: fingerprints may differ, and lost writes are lost.
  var isHarmed = false
  let mayRestore: Bool
  private let algorithm: DigestAlgorithm
  /// Octets of a page in this tree: so few that most sessions have several.
  let pageBytes: Int
  var mismatches = 0
  private var serial = 0
  private let trace: ((String) -> Void)?

  init(seed: UInt64, tiers: Int?, directory: String, trace: ((String) -> Void)?) throws {
    self.seed = seed
    self.directory = directory
    self.trace = trace
    var dice = Dice(seed: seed)
    let shapes = TreeShape.all.filter { tiers == nil || $0.tiers == tiers }
    let shape = dice.pick(shapes) ?? TreeShape.all[0]
    self.shape = shape
    late = dice.chance(perMille: 400) ? dice.pick(shape.codes.filter { shape.isLeaf($0) }) : nil
    mayRestore = seed % 2 == 1
    algorithm = dice.chance(perMille: 250) ? .sm3 : .sha256
    pageBytes = dice.chance(perMille: 500) ? dice.within(1...3000) : SyncLimits.pageBytes
    self.dice = dice
    for code in shape.codes where code != late { try enrol(code) }
  }

  func fresh() -> Int {
    serial += 1
    return serial
  }

  func say(_ what: @autoclosure () -> String) {
    if let trace { trace("  \(clock.now - 1_700_000_000_000) \(what())") }
  }

  // MARK: sites

  /// Sites that have a node, root first.
  var present: [SiteCode] { shape.codes.filter { sites[$0] != nil } }

  var children: [SiteCode] { present.filter { $0 != shape.root } }

  func site(_ code: SiteCode) -> SimulatedSite {
    guard let site = sites[code] else { preconditionFailure("no node of \(code)") }
    return site
  }

  func upstream(of code: SiteCode) -> SimulatedSite {
    guard let parent = shape.parents[code] else { preconditionFailure("the root has none") }
    return site(parent)
  }

  func enrol(_ code: SiteCode) throws {
    let site = try SimulatedSite(
      StoreIdentity(site: code, algorithm: algorithm), in: "\(directory)/\(code.text)",
      clock: clock, seed: dice.next())
    let kind: SiteKind =
      !shape.isLeaf(code) ? .central : code.text < "B" ? .county : .department
    let profile = NodeProfile(name: "site \(code.text)", kind: kind)
    try site.node.begin(as: profile, isRoot: code == shape.root)
    if let parent = shape.parents[code] {
      let upstream = self.site(parent).node
      try upstream.store.write { try upstream.admit(code, as: profile, in: $0) }
      try site.node.store.write { try site.node.join(parent, in: $0) }
    }
    sites[code] = site
    try site.node.store.write { transaction in
      for path in Editor.paths {
        var edit = RecordEdit(.column(code, path: path))
        edit.set(ColumnRecord.Cell.path, path)
        for other in shape.codes where other != code && dice.chance(perMille: 150) {
          edit.set(ColumnRecord.Cell.grant(other), ColumnGrant.contribute.rawValue)
        }
        try transaction.write(edit)
      }
    }
    say("enrolled \(code)")
  }

  // MARK: one random step

  func step() throws {
    clock.advance(Int64(dice.within(1...120_000)))
    guard let code = dice.pick(present) else { return }
    switch dice.below(1000) {
    case ..<330: try edit(at: code)
    case ..<760: try converse(code)
    case ..<790: try deliverDelayed()
    case ..<830: try harmProcess(code)
    case ..<850: cut(code)
    case ..<880: try harmClock(code)
    case ..<900: try copy(code)
    case ..<912: if mayRestore, copies.contains(code) { try restore(code) }
    case ..<918: if mayRestore, code != shape.root { try clone(code) }
    case ..<940: if let late, sites[late] == nil { try joinLate(late) }
    case ..<960: try operate()
    case ..<975: try audit(code)
    default: clock.advance(Int64(dice.within(1...36)) * 3_600_000)
    }
  }

  private func joinLate(_ code: SiteCode) throws {
    happenings[.lateJoiners] += 1
    try protecting(code) { try self.enrol(code) }
  }

  private func cut(_ code: SiteCode) {
    guard code != shape.root else { return }
    if cutOff.remove(code) == nil {
      cutOff.insert(code)
      happenings[.partitions] += 1
      say("cut off \(code)")
    } else {
      say("reconnected \(code)")
    }
  }

  /// Everything that stores have accepted so far.
  func drainLedger() throws {
    for code in present {
      let site = site(code)
      site.fault.disarm()
      site.drained = try ledger.drain(site.node.store, after: site.drained)
    }
  }

  /// Sets the sites aside that a fault may hit during an enrolment: it is no part of this.
  private func protecting(_ code: SiteCode, _ body: () throws -> Void) throws {
    if let parent = shape.parents[code] { site(parent).fault.disarm() }
    try body()
  }
}
