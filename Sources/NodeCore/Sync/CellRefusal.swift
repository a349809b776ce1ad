import Replication

/// A cell that was not taken.
struct CellRefusal {
  enum Reason: String {
    /// Its author may not write it.
    case forbidden
    /// Its stamp is more than five minutes ahead.
    case clock
    /// Its author is neither the child nor below it.
    case foreign
    /// It is this side's own, and lacking here: only `rejoin` takes it back.
    case rejoin
    /// The child has as much here as it may have.
    case quota
  }

  let cell: String
  let reason: Reason
  let stamp: Stamp
  /// Of a quota: the bound that would be broken.
  var excess: String?

  func detail(now: Int64) -> String {
    switch reason {
    case .clock: "\(cell) by \(stamp.author), ahead by \(stamp.time - now) ms"
    case .quota: excess ?? ""
    case .forbidden, .foreign, .rejoin: "\(cell) by \(stamp.author)"
    }
  }
}

extension [CellRefusal] {
  /// The one reason that is noted for the record: the first by name.
  var reason: String { map(\.reason.rawValue).sorted().first ?? "" }

  func detail(now: Int64) -> String {
    // Cells that break one bound say the same.
    var details: [String] = []
    for one in self where details.last != one.detail(now: now) {
      details.append(one.detail(now: now))
    }
    return details.joined(separator: "; ")
  }
}
