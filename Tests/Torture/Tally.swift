import Storage

/// Counts what was done and what went wrong, by name. Shared by all threads.
final class Tally: Sendable {
  private let counts = Lock<[String: [String: Int]]>([:])
  private let problems = Lock<[String]>([])

  /// Names that are printed, and must not stay 0 in a long run.
  func expect(_ group: String, _ names: [String]) {
    counts.withLock { counts in
      for name in names { counts[group, default: [:]][name, default: 0] += 0 }
    }
  }

  func add(_ group: String, _ name: String, _ count: Int = 1) {
    counts.withLock { $0[group, default: [:]][name, default: 0] += count }
  }

  func sum(_ group: String) -> Int {
    counts.withLock { $0[group]?.values.reduce(0, +) ?? 0 }
  }

  func rows(_ group: String) -> [(name: String, count: Int)] {
    let rows = counts.withLock { $0[group] ?? [:] }
    return rows.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { ($0.key, $0.value) }
  }

  /// Something that must not be, whatever the ledger says: a damaged store, a daemon that does not
  /// start.
  func fail(_ what: String) {
    problems.withLock { $0.append(what) }
  }

  var failures: [String] { problems.withLock { $0 } }
}
