import Bytes
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol

/// A tree of real nodes under a seed: their time, their network, their editors and accidents.
final class World {
  let setting: Setting
  let clock = VirtualClock()
  let network: SimulatedNetwork
  let codec = RecordCodec()
  let directory: String
  var dice: Dice
  var happenings = Happenings()
  var ledger = Ledger()
  var sites: [SiteCode: SimulatedSite] = [:]

  /// Sessions under way, by child.
  var exchanges: [SiteCode: Exchange] = [:]
  var lastEnding: [SiteCode: SyncSession.Ending] = [:]
  /// Requests that come late: duplicates, and ones whose sender has given up.
  var delayed: [(call: SyncCall, from: SiteCode)] = []
  /// The site whose clock was once ten years ahead.
  var farAhead: SiteCode?
  /// Children that do not reach their upstream now.
  var cutOff: Set<SiteCode> = []
  /// Copies of directories, by site.
  var copies: [SiteCode: SimulatedSite.Image] = [:]
  /// Sites whose directory has been replaced or cloned, as people know.
  var restored: Set<SiteCode> = []
  /// Tokens that are not redeemed yet.
  var tokens: [SiteCode: String] = [:]
  /// Damage that nobody has looked for.
  var decays: [SiteCode: Decay] = [:]
  /// Blobs of which a copy was lost or damaged: perhaps the last.
  var spoilt: Set<Digest> = []
  /// Stores have been replaced: fingerprints may differ, and lost writes are lost.
  var isHarmed = false
  /// Faults are over.
  var isHealing = false
  var mismatches = 0
  private var serial = 0
  private let trace: ((String) -> Void)?

  init(_ setting: Setting, directory: String, trace: ((String) -> Void)?) throws {
    (self.setting, self.directory, self.trace) = (setting, directory, trace)
    network = SimulatedNetwork(clock: clock)
    dice = Dice(seed: setting.seed ^ 0xE01)
    for code in shape.codes where code != setting.late { try enrol(code) }
  }

  deinit { network.shut() }

  var shape: TreeShape { setting.shape }

  func fresh() -> Int {
    serial += 1
    return serial
  }

  /// Whether a fault of the kind can strike now.
  func strikes(_ kind: FaultKind) -> Bool { !isHealing && setting.faults.contains(kind) }

  /// A chance that only counts where the fault can strike; the dice are thrown all the same.
  func strikes(_ kind: FaultKind, perMille: Int) -> Bool {
    dice.chance(perMille: perMille) && strikes(kind)
  }

  func say(_ what: @autoclosure () -> String) {
    if let trace { trace("  \(clock.now - VirtualClock.start) \(what())") }
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

  /// Upstream and children that have a node.
  func neighbours(of code: SiteCode) -> [SiteCode] {
    ([shape.parents[code]].compactMap { $0 } + shape.children(of: code))
      .filter { sites[$0] != nil }
  }

  /// A new server for a site: the first, or another.
  func found(_ code: SiteCode, in folder: String) throws -> SimulatedSite {
    let place = SimulatedSite.Place(
      code: code, directory: "\(directory)/\(folder)", clock: clock, network: network,
      upstream: shape.parents[code])
    let site = try SimulatedSite(
      StoreIdentity(site: code, algorithm: setting.algorithm), in: place, seed: dice.next())
    let kind: SiteKind =
      !shape.isLeaf(code) ? .central : code.text < "B" ? .county : .department
    let profile = NodeProfile(name: "site \(code.text)", kind: kind)
    try site.node.begin(as: profile, isRoot: code == shape.root)
    return site
  }

  func enrol(_ code: SiteCode) throws {
    let site = try found(code, in: code.text)
    sites[code] = site
    if shape.parents[code] != nil {
      let token = try upstream(of: code).node.issueToken(for: code).token
      _ = try site.node.enrol(token: token)
    }
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

  // MARK: one step

  func perform(_ step: Step) throws {
    clock.advance(step.wait)
    dice = Dice(seed: step.seed)
    try act(step)
    for code in present where site(code).isStruck { try recover(code) }
  }

  private func act(_ step: Step) throws {
    let code = step.site
    if let fault = step.action.fault, !setting.faults.contains(fault) { return }
    if step.action == .join { return try joinLate() }
    guard sites[code] != nil else { return }
    try mendDecays(before: step.action)
    switch step.action {
    case .edit: try edit(at: code)
    case .converse: try converse(code)
    case .synchronize: try synchronize(code)
    case .deliver: try deliverDelayed()
    case .kill: try kill(code)
    case .fail: site(code).fault.arm(after: dice.within(1...160), isFatal: false)
    case .cut: cut(code)
    case .clock: harmClock(code)
    case .step: try stepClock(code)
    case .copy: copy(code)
    case .restore: if setting.mayHarm { try restore(code) }
    case .power: try cutPower(code)
    case .full: fillDisk(code)
    case .io: try failDisk(code)
    case .flip: try decay(code)
    case .clone: if setting.mayHarm, isPresent(linkOf: code) { try clone(code) }
    case .replace: if setting.mayHarm, code != shape.root { try replace(code) }
    case .rekey: try rekey(code)
    case .join: break
    case .operate: try operate()
    case .audit: try audit(code)
    case .wait: clock.advance(Int64(dice.within(1...36)) * 3_600_000)
    case .flicker: try flicker(code)
    case .orders: try changeOrders(code)
    case .blobs: try exchangeBlobs(code)
    case .spoil: try spoilBlob(code)
    case .collect:
      try surviving(code) {
        try site(code).node.collectBlobs()
        while try Deflation(site(code).node.store).step() {}
      }
    }
  }

  private func joinLate() throws {
    guard let late = setting.late, sites[late] == nil else { return }
    happenings[.lateJoiners] += 1
    if let parent = shape.parents[late] { site(parent).calm() }
    try enrol(late)
    if dice.chance(perMille: 500) { try flicker(late) }
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
      site(code).calm()
      try drain(code)
    }
  }

  func drain(_ code: SiteCode) throws {
    let site = site(code)
    try site.undisturbed {
      site.drained = try ledger.drain(site.node.store, after: site.drained)
    }
  }
}
