import CSQLite

/// The locks that connections hold on one database file: SQLite's five levels.
struct FileLocks {
  private var levels: [ObjectIdentifier: Int32] = [:]

  func level(of holder: ObjectIdentifier) -> Int32 { levels[holder] ?? SQLITE_LOCK_NONE }

  private func othersLevel(than holder: ObjectIdentifier) -> Int32 {
    levels.filter { $0.key != holder }.values.max() ?? SQLITE_LOCK_NONE
  }

  var isReserved: Bool { levels.values.contains { $0 >= SQLITE_LOCK_RESERVED } }

  /// False where another connection is in the way.
  mutating func raise(_ holder: ObjectIdentifier, to level: Int32) -> Bool {
    if self.level(of: holder) >= level { return true }
    let others = othersLevel(than: holder)
    switch level {
    case SQLITE_LOCK_SHARED where others >= SQLITE_LOCK_PENDING: return false
    case SQLITE_LOCK_RESERVED... where others >= SQLITE_LOCK_RESERVED: return false
    case SQLITE_LOCK_EXCLUSIVE where others >= SQLITE_LOCK_SHARED:
      // Nobody new comes in, so that the readers end some day.
      levels[holder] = SQLITE_LOCK_PENDING
      return false
    default:
      levels[holder] = level
      return true
    }
  }

  mutating func lower(_ holder: ObjectIdentifier, to level: Int32) {
    levels[holder] = level == SQLITE_LOCK_NONE ? nil : level
  }
}

/// The index of a write-ahead log: memory that the connections to one database share, with locks.
/// It lives until the last connection leaves it, also where its file is gone.
final class SharedMemory {
  private(set) var regions: [UnsafeMutableRawPointer] = []
  private var shared: [ObjectIdentifier: UInt32] = [:]
  private var exclusive: [ObjectIdentifier: UInt32] = [:]
  private(set) var users = 0

  deinit { for region in regions { region.deallocate() } }

  func enter() { users += 1 }

  func leave(_ holder: ObjectIdentifier) {
    users -= 1
    shared[holder] = nil
    exclusive[holder] = nil
  }

  /// Nil where the region is not there and none is to be made.
  func region(_ number: Int, octets: Int, isMaking: Bool) -> UnsafeMutableRawPointer? {
    while number >= regions.count {
      guard isMaking else { return nil }
      let region = UnsafeMutableRawPointer.allocate(byteCount: octets, alignment: 4096)
      region.initializeMemory(as: UInt8.self, repeating: 0, count: octets)
      regions.append(region)
    }
    return regions[number]
  }

  /// False where another connection is in the way.
  func lock(_ slots: UInt32, for holder: ObjectIdentifier, isExclusive: Bool) -> Bool {
    for (other, mask) in exclusive where other != holder && mask & slots != 0 { return false }
    guard isExclusive else {
      shared[holder, default: 0] |= slots
      return true
    }
    for (other, mask) in shared where other != holder && mask & slots != 0 { return false }
    exclusive[holder, default: 0] |= slots
    return true
  }

  func unlock(_ slots: UInt32, for holder: ObjectIdentifier) {
    shared[holder]? &= ~slots
    exclusive[holder]? &= ~slots
  }
}
