import Bytes

/// What a decision writes into one record: values without stamps.
package struct RecordEdit: Sendable {
  package enum Write: Hashable, Sendable {
    /// Canonical CBOR of one item.
    case latest([UInt8])
    case rung(Rung)
    case coedited([UInt8])
  }

  package let key: RecordKey
  package private(set) var writes: [String: Write] = [:]

  package init(_ key: RecordKey) { self.key = key }

  package var isEmpty: Bool { writes.isEmpty }

  package subscript(name: String) -> Write? {
    get { writes[name] }
    set { writes[name] = newValue }
  }

  package mutating func set(_ name: String, _ value: some CellValue) {
    writes[name] = .latest(value.canonical)
  }
}

extension Record {
  /// The copy with the edit's cells written; only cells that differ get the stamp. Nil where the
  /// edit changes nothing, or the record has been purged.
  package static func writing(_ edit: RecordEdit, over old: Record?, as stamp: Stamp) -> Record? {
    if old?.isPurged == true { return nil }
    var cells = old?.cells ?? [:]
    var differs = false
    for (name, write) in edit.writes {
      guard let cell = write.cell(over: cells[name], as: stamp) else { continue }
      cells[name] = cell
      differs = true
    }
    return differs ? Record(key: edit.key, cells: cells) : nil
  }
}

extension RecordEdit.Write {
  /// The new cell, or nil where the old one says the same already.
  fileprivate func cell(over old: Cell?, as stamp: Stamp) -> Cell? {
    switch self {
    case .latest(let value):
      // A co-edited cell stays one: the greater join would win over a latest cell anyway.
      if let old, old.join > .latest { return Self.coedited(value).cell(over: old, as: stamp) }
      if case .latest(let version) = old, version.value == value { return nil }
      return .latest(CellVersion(stamp: stamp, value: value))
    case .rung(let rung):
      if case .rung(let held, _) = old, held == rung { return nil }
      return .rung(rung, stamp)
    case .coedited(let value):
      var seen: [SiteCode: Int64] = [:]
      if case .coedited(let versions, let known) = old {
        if versions.count == 1, versions[0].value == value { return nil }
        seen = known
        for version in versions {
          seen[version.stamp.author] = max(
            seen[version.stamp.author, default: -1], version.stamp.time)
        }
      }
      seen[stamp.author] = stamp.time
      return .coedited([CellVersion(stamp: stamp, value: value)], seen: seen)
    }
  }
}
