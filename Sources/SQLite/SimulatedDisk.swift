import CSQLite

/// A disk in memory on which SQLite keeps its files, logs and shared memory included: a virtual
/// file system of SQLite. It loses power, fills up, fails and decays when it is told to.
///
/// A connection names it by `vfs`. An open file keeps the disk alive; calls may come from any
/// thread. Nothing in it depends on time or chance that was not given.
///
/// A change is safe once its file was flushed. The first flush of a new file flushes its directory
/// too, with what was made and deleted there before; so does a deletion where SQLite asks for it.
///
/// `@unchecked Sendable`: `state`, and every file reachable from it, is used under `mutex` alone.
package final class SimulatedDisk: @unchecked Sendable {
  /// The name that it is registered under.
  package let vfs: String
  /// Milliseconds UTC.
  let now: @Sendable () -> Int64
  let random: @Sendable (Int) -> [UInt8]
  private let mutex: OpaquePointer?
  private var state = DiskState()
  private let registration: DiskRegistration

  package init(
    now: @escaping @Sendable () -> Int64 = { 0 },
    random: @escaping @Sendable (Int) -> [UInt8] = { Array(repeating: 0, count: $0) }
  ) {
    self.now = now
    self.random = random
    mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST)
    registration = DiskRegistration()
    vfs = registration.name
    registration.register(self)
  }

  deinit {
    registration.remove()
    sqlite3_mutex_free(mutex)
  }

  var methods: UnsafePointer<sqlite3_io_methods> { registration.methods }

  func withState<T>(_ body: (inout DiskState) throws -> T) rethrows -> T {
    sqlite3_mutex_enter(mutex)
    defer { sqlite3_mutex_leave(mutex) }
    return try body(&state)
  }

  // MARK: what befalls it

  /// What all files together may hold; nil without a bound. A write beyond it is cut short there.
  package var capacityOctets: Int? {
    get { withState { $0.capacityOctets } }
    set { withState { $0.capacityOctets = newValue } }
  }

  package var usedOctets: Int { withState { $0.usedOctets } }

  package var isReadOnly: Bool {
    get { withState { $0.isReadOnly } }
    set { withState { $0.isReadOnly = newValue } }
  }

  /// Which call is to fail; calls are counted from when this is set.
  package var fault: DiskFault? {
    get { withState { $0.calls.fault } }
    set { withState { $0.calls.fault = newValue } }
  }

  /// How many calls the fault has struck.
  package var strikes: Int { withState { $0.calls.strikes } }

  /// How many calls of a kind there were since `restartCounts`; of all kinds without one.
  package func count(of call: DiskCall? = nil) -> Int {
    withState { state in
      call.map { state.calls.counts[$0.rawValue] } ?? state.calls.counts.reduce(0, +)
    }
  }

  package func restartCounts() { withState { $0.calls.restart() } }

  /// All processes that use it die: nothing that they wrote is lost, nothing that their connections
  /// still do has an effect. No fault is set any more.
  package func kill() { withState { $0.kill() } }

  /// The power fails: `kill`, and each change that was not flushed survives, is torn at a sector,
  /// or is lost, as the dice say: they answer a number below the one given.
  package func crash(_ dice: (Int) -> Int) {
    withState { state in
      state.kill()
      state.crash(dice)
    }
  }

  /// The medium decays. Pages that a connection has in memory are not read anew.
  package func flip(bit: Int, of name: String) { withState { $0.files[name]?.flip(bit: bit) } }

  // MARK: files

  /// In byte order.
  package var names: [String] { withState { $0.names } }

  package func octets(of name: String) -> [UInt8]? { withState { $0.files[name]?.octets } }

  /// What would be there, had no change that was not flushed survived.
  package func durableOctets(of name: String) -> [UInt8]? {
    withState { $0.durableFile(name)?.durableOctets }
  }

  /// Puts a file there, durably; nil removes it. No process may have it open.
  package func put(_ octets: [UInt8]?, as name: String) {
    withState { state in
      state.files[name] = octets.map { SimulatedFile($0) }
      state.forgetChanges(of: name)
    }
  }
}

/// What a simulated disk holds.
struct DiskState {
  var files: [String: SimulatedFile] = [:]
  private var changes: [NameChange] = []
  /// Raised where all processes die: what was opened before is of the dead.
  private(set) var life = 0
  var calls = CallLog()
  var capacityOctets: Int?
  var isReadOnly = false

  private struct NameChange {
    let name: String
    let before: SimulatedFile?
    let after: SimulatedFile?
  }

  var names: [String] {
    files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  var usedOctets: Int { files.values.reduce(0) { $0 + $1.count } }

  mutating func set(_ name: String, to file: SimulatedFile?) {
    changes.append(NameChange(name: name, before: files[name], after: file))
    files[name] = file
  }

  /// The directory of `name` stays as it is, also where the power fails.
  mutating func flushDirectory(of name: String) {
    let directory = DiskState.directory(of: name)
    changes.removeAll { DiskState.directory(of: $0.name) == directory }
  }

  func isNew(_ name: String) -> Bool { changes.contains { $0.name == name } }

  mutating func forgetChanges(of name: String) { changes.removeAll { $0.name == name } }

  private static func directory(of name: String) -> Substring {
    name.lastIndex(of: "/").map { name[..<$0] } ?? ""
  }

  func durableFile(_ name: String) -> SimulatedFile? {
    if let change = changes.first(where: { $0.name == name }) { return change.before }
    return files[name]
  }

  mutating func kill() {
    life += 1
    calls.fault = nil
    for file in files.values {
      file.locks = FileLocks()
      file.sharedMemory = nil
    }
  }

  mutating func crash(_ dice: (Int) -> Int) {
    for change in changes.reversed() { files[change.name] = change.before }
    for change in changes where dice(2) == 0 { files[change.name] = change.after }
    changes = []
    for name in names { files[name]?.crash(dice) }
  }
}
