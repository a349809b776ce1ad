import Replication
import SiteGroup
import Storage

/// Rules and orders: mappings and mandates, made, changed and taken back.
extension Editor {
  mutating func map(_ dice: inout Dice) throws {
    guard let other = dice.pick(shape.codes.filter { $0 != site }) else { return }
    let path = dice.pick(Editor.paths) ?? "news"
    var edit = RecordEdit(.named(.mapping, of: site, by: other.text))
    let source =
      dice.chance(perMille: 100)
      ? "all:\(path)" : dice.chance(perMille: 100) ? "\(other):**" : "\(other):\(path)"
    edit.set(MappingRecord.Cell.source, source)
    edit.set(MappingRecord.Cell.target, column(&dice))
    edit.set(MappingRecord.Cell.takesExisting, true)
    edit.set(MappingRecord.Cell.isLive, dice.chance(perMille: 650))
    try write(edit, "maps from \(source)")
  }

  mutating func mandate(_ dice: inout Dice) throws {
    if shape.isLeaf(site) { return }
    let issued = keys(of: .mandate).filter { $0.owner == site }
    if dice.chance(perMille: 450), let key = dice.pick(issued) {
      var edit = RecordEdit(key)
      if dice.chance(perMille: 600) {
        edit[MandateRecord.Cell.state] = .rung(MandateRecord.lifted)
        return try write(edit, "lifts")
      }
      let chosen = chosen(&dice)
      if chosen.isEmpty { return }
      happenings[.mandatesEdited] += 1
      edit.set(MandateRecord.Cell.sites, chosen)
      edit.set(MandateRecord.Cell.dueAt, transaction.now + 24 * 3_600_000)
      return try write(edit, "now mandates to \(chosen) by")
    }
    guard let item = dice.pick(items) else { return }
    let chosen = chosen(&dice)
    if chosen.isEmpty { return }
    var edit = RecordEdit(.named(.mandate, of: site, by: "\(serial)"))
    edit.set(MandateRecord.Cell.item, item)
    edit.set(MandateRecord.Cell.sites, chosen)
    edit.set(MandateRecord.Cell.column, "news")
    edit.set(MandateRecord.Cell.issuedAt, transaction.now)
    edit.set(MandateRecord.Cell.dueAt, transaction.now + 12 * 3_600_000)
    edit[MandateRecord.Cell.state] = .rung(MandateRecord.issued)
    try write(edit, "mandates to \(chosen)")
  }

  /// Sites below, as a mandate names them.
  private func chosen(_ dice: inout Dice) -> String {
    let below = shape.within(site).filter { $0 != site }
    return dice.chance(perMille: 400)
      ? "all"
      : dice.chance(perMille: 150)
        ? "county"
        : below.filter { _ in dice.chance(perMille: 500) }.map(\.text).joined(separator: ",")
  }
}
