import Library
import Replication
import Storage

/// Everything in the store that is not as this program left it.
struct TamperCheck {
  let inspection: StoreInspection
  let derived: [DerivedFault]

  init(_ node: Node) throws {
    inspection = try node.store.read { try StoreInspection($0) }
    let damages = inspection.damages
    let rows = Set(damages.map(\.row) + inspection.faults.compactMap(\.row))
    // What cannot be read derives nothing; told once it has come back.
    let isReadable = damages.allSatisfy { $0.what != .octets }
    derived = isReadable ? try DerivedCheck(node.store, node.library).faults(besides: rows) : []
  }

  var findings: [Verify.Finding] {
    inspection.damages.map { Verify.Finding($0) } + inspection.faults.map { Verify.Finding($0) }
      + derived.map { Verify.Finding($0) }
  }

  /// Records that are gone, as far as something is left that tells of them.
  var gone: [RowDefect] { inspection.faults.filter { $0.what == .missing && $0.row != nil } }

  /// Whether all that is left is that the records do not add up.
  var isRemainderOfRecords: Bool {
    inspection.damages.isEmpty && derived.isEmpty && !inspection.faults.isEmpty
      && inspection.faults.allSatisfy { fault in
        fault.table == StoreSeal.Part.records.table && fault.key == nil && fault.name.isEmpty
      }
  }
}

extension Node {
  /// What is damaged goes to no neighbour.
  func noteDamages(_ check: TamperCheck) throws {
    let rows = check.inspection.damages.map(\.row)
    if try store.read({ try $0.damagedRows() }) == rows.sorted() { return }
    try store.write { try $0.noteDamages(rows) }
  }
}
