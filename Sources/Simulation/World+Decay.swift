import Bytes
import NodeCore
import Replication
import SiteGroup
import Storage

/// A record whose octets are others than were stored, which nobody has looked for yet.
struct Decay {
  let key: RecordKey
  /// Of what the octets say now, where they are a record all the same.
  let found: Digest?
  let backup: SimulatedSite.Image
}

/// Damage that lies there for a while: what is read of it must reach no neighbour.
extension World {
  /// Steps that may come before anybody verifies. What restarts a process or copies a directory
  /// does not: a node begins anew with all that it can read.
  private static let unnoticing: Set<Step.Action> = [.edit, .converse, .synchronize, .deliver, .cut]

  /// Whether this damage is left to the node. What decides who is sent what is not: a damaged
  /// registry would be believed.
  func leaves(_ damage: Damage, at code: SiteCode, _ backup: SimulatedSite.Image) -> Bool {
    guard damage.key.kind == .item, !isHealing, dice.chance(perMille: 700) else { return false }
    decays[code] = Decay(key: damage.key, found: damage.found, backup: backup)
    happenings[.damagesUnnoticed] += 1
    return true
  }

  /// Somebody verifies, before a step that must find whole stores.
  func mendDecays(before action: Step.Action?) throws {
    if let action, World.unnoticing.contains(action) { return }
    for code in present where decays[code] != nil { try mendDecay(at: code) }
  }

  /// False where nothing has decayed at the site.
  @discardableResult
  func mendDecay(at code: SiteCode) throws -> Bool {
    guard let decay = decays.removeValue(forKey: code) else { return false }
    exchanges[code] = nil
    // All stores are read.
    for other in present {
      if other != code, site(other).isStruck { try recover(other) }
      site(other).calm()
    }
    say("\(code) looks after \(decay.key)")
    for other in present where other != code && decay.found != nil {
      let held = try site(other).node.store.read { try $0.digest(of: decay.key)?.digest }
      try need(held != decay.found, "a flipped bit of \(decay.key) at \(code) reached \(other)")
    }
    try site(code).restart()
    let found = try site(code).node.store.read { try $0.damages().map(\.key) }
    try need(found.allSatisfy { $0 == decay.key }, "\(found) is found damaged, not \(decay.key)")
    // Perhaps it was purged, or has left.
    if !found.isEmpty { try repair(code, decay.backup) }
    return true
  }
}
