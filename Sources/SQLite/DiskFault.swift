import CSQLite

/// A kind of call that SQLite makes to its files.
package enum DiskCall: Int, CaseIterable, Sendable {
  case open, read, write, sync, truncate, delete, lock, size, access
  /// Of the memory that the connections to one log share.
  case map

  /// What SQLite is told where no other code is wanted.
  var failure: Int32 {
    switch self {
    case .open: SQLITE_CANTOPEN
    case .read: SQLITE_IOERR | (1 << 8)
    case .write: SQLITE_IOERR | (3 << 8)
    case .sync: SQLITE_IOERR | (4 << 8)
    case .truncate: SQLITE_IOERR | (6 << 8)
    case .delete: SQLITE_IOERR | (10 << 8)
    case .lock: SQLITE_IOERR | (15 << 8)
    case .size: SQLITE_IOERR | (7 << 8)
    case .access: SQLITE_IOERR | (13 << 8)
    case .map: SQLITE_IOERR | (21 << 8)
    }
  }
}

/// Makes the n-th call from now fail: once, or it and all that follow it.
package struct DiskFault: Sendable {
  package let call: DiskCall?
  package let number: Int
  package let code: Int32?
  package let isLasting: Bool

  /// Without a kind the calls of all kinds count; then a lasting fault is a machine that stops.
  /// Without a code it is the one that the kind of call fails with.
  package init(
    _ call: DiskCall? = nil, number: Int, code: Int32? = nil, isLasting: Bool = false
  ) {
    self.call = call
    self.number = number
    self.code = code
    self.isLasting = isLasting
  }
}

/// Counts calls, and says which of them fail.
struct CallLog {
  private(set) var counts = Array(repeating: 0, count: DiskCall.allCases.count)
  /// How many calls a fault has struck since it was set.
  private(set) var strikes = 0
  private var met = 0

  var fault: DiskFault? {
    didSet { (met, strikes) = (0, 0) }
  }

  mutating func restart() { counts = Array(repeating: 0, count: counts.count) }

  /// The code with which this call fails.
  mutating func next(_ call: DiskCall) -> Int32? {
    counts[call.rawValue] += 1
    guard let fault, fault.call == nil || fault.call == call else { return nil }
    met += 1
    guard fault.isLasting ? met >= fault.number : met == fault.number else { return nil }
    strikes += 1
    return fault.code ?? call.failure
  }
}
