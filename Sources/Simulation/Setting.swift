import Bytes
import Replication
import SyncProtocol

/// What a seed decides before anything happens: the tree, its digests, who joins late, whose
/// program is of another version.
struct Setting: Sendable {
  let seed: UInt64
  let faults: FaultKinds
  let shape: TreeShape
  let algorithm: DigestAlgorithm
  /// Octets of a page in this tree: so few that most sessions have several.
  let pageBytes: Int
  /// Joins when the others are at work already.
  let late: SiteCode?
  /// Speaks the protocol as an earlier version did.
  let older: SiteCode?
  /// The preset dictionaries that its program knows: its first version none, a later one number 1.
  let olderDictionaries: [Int64]
  /// Writes kinds and cells that this program does not know.
  let newer: SiteCode?
  /// Whether stores may be replaced here: then fewer things can be asked of the end.
  let mayHarm: Bool

  init(seed: UInt64, tiers: Int?, faults: FaultKinds) {
    (self.seed, self.faults) = (seed, faults)
    var dice = Dice(seed: seed)
    let shapes = TreeShape.all.filter { tiers == nil || $0.tiers == tiers }
    let shape = dice.pick(shapes) ?? TreeShape.all[0]
    self.shape = shape
    algorithm = dice.chance(perMille: 250) ? .sm3 : .sha256
    pageBytes = dice.chance(perMille: 500) ? dice.within(1...3000) : SyncLimits.pageBytes
    let joins = dice.chance(perMille: 400)
    let last = dice.pick(shape.codes.filter { shape.isLeaf($0) })
    late = joins && faults.contains(.late) ? last : nil
    let differs = dice.chance(perMille: 400) && faults.contains(.versions)
    let (old, new) = (dice.pick(shape.codes), dice.pick(shape.codes))
    older = differs ? old : nil
    newer = differs ? new : nil
    olderDictionaries = seed / 2 % 2 == 1 ? [0, 1] : []
    mayHarm = seed % 2 == 1
  }
}
