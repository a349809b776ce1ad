import Bytes
import Replication
import SiteGroup
import Storage

/// What a newer program writes, and this one keeps and passes on without knowing what it means.
extension Editor {
  private static let joins = [CellJoin(rawValue: 9), CellJoin(rawValue: 10)]
  private static let kind = RecordKind(rawValue: 201)

  /// A cell whose join this program does not know.
  mutating func writeNewerCell(_ key: RecordKey, _ dice: inout Dice) throws {
    guard setting.newer == site, let stored = try transaction.record(key) else { return }
    happenings[.newerCells] += 1
    var cells = stored.record.cells
    let cell = newerCell(&dice)
    cells["newer"] = cells["newer"]?.joined(with: cell) ?? cell
    guard let record = Record(key: key, cells: cells) else { return }
    try transaction.put(record, over: stored)
  }

  /// A record of a kind that this program does not know.
  mutating func writeNewerKind(_ dice: inout Dice) throws {
    guard setting.newer == site else { return }
    happenings[.newerKinds] += 1
    let key = RecordKey.named(Editor.kind, of: site, by: "\(dice.below(4))")
    let stored = try transaction.record(key)
    var cells = stored?.record.cells ?? [:]
    let stamp = transaction.freshStamp()
    cells["what"] = .latest(CellVersion(stamp: stamp, value: text("what").canonical))
    if dice.chance(perMille: 700) {
      let cell = newerCell(&dice)
      cells["newer"] = cells["newer"]?.joined(with: cell) ?? cell
    }
    guard let record = Record(key: key, cells: cells) else { return }
    try transaction.put(record, over: stored)
  }

  private func newerCell(_ dice: inout Dice) -> Cell {
    .other(
      dice.pick(Editor.joins) ?? Editor.joins[0],
      [CellVersion(stamp: transaction.freshStamp(), value: text("newer").canonical)])
  }
}
