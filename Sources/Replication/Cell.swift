import Bytes

/// How two copies of a cell become one. The number travels in the cell, so that a node merges what
/// it does not understand exactly as a newer one does.
///
///     latest     [1, time, author, value]
///     rung       [2, epoch, rung, time, author]
///     co-edited  [3, [[time, author, value] …], [[author, time] …]]    winner last, stamps seen
///     other n    [n, [[time, author, value] …]]                         every distinct value
///
/// Lists are sorted and without repetition; the value is any canonical CBOR item.
package struct CellJoin: RawRepresentable, Hashable, Comparable, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let latest = CellJoin(rawValue: 1)
  package static let rung = CellJoin(rawValue: 2)
  package static let coedited = CellJoin(rawValue: 3)

  package static func < (a: CellJoin, b: CellJoin) -> Bool { a.rawValue < b.rawValue }
}

/// One value with the stamp of its writing.
package struct CellVersion: Hashable, Comparable, Sendable {
  package let stamp: Stamp
  /// Canonical CBOR of one item.
  package let value: [UInt8]

  package init(stamp: Stamp, value: [UInt8]) {
    self.stamp = stamp
    self.value = value
  }

  package static func < (a: CellVersion, b: CellVersion) -> Bool {
    a.stamp != b.stamp ? a.stamp < b.stamp : a.value.lexicographicallyPrecedes(b.value)
  }
}

/// A rung of a ladder within an epoch: the greater (epoch, rung) wins whatever its stamp.
package struct Rung: Hashable, Comparable, Sendable {
  package let epoch: UInt64
  package let rung: UInt64

  package init(epoch: UInt64, rung: UInt64) {
    self.epoch = epoch
    self.rung = rung
  }

  package static func < (a: Rung, b: Rung) -> Bool {
    a.epoch != b.epoch ? a.epoch < b.epoch : a.rung < b.rung
  }
}

/// A decoded cell. Decides which value wins; never reads storage.
package enum Cell: Hashable, Sendable {
  case latest(CellVersion)
  case rung(Rung, Stamp)
  case coedited([CellVersion], seen: [SiteCode: Int64])
  case other(CellJoin, [CellVersion])

  package var join: CellJoin {
    switch self {
    case .latest: .latest
    case .rung: .rung
    case .coedited: .coedited
    case .other(let join, _): join
    }
  }

  /// Commutative, associative, idempotent.
  package func joined(with other: Cell) -> Cell {
    guard join == other.join else { return join < other.join ? other : self }
    switch (self, other) {
    case (.latest(let a), .latest(let b)):
      return .latest(max(a, b))
    case (.rung(let a, let s), .rung(let b, let t)):
      return (a, s) < (b, t) ? other : self
    case (.coedited(let a, let seenA), .coedited(let b, let seenB)):
      // A version goes once the other side has seen its stamp and holds nothing of that stamp.
      let (heldA, heldB) = (Set(a.map(\.stamp)), Set(b.map(\.stamp)))
      let kept =
        a.filter {
          heldB.contains($0.stamp) || seenB[$0.stamp.author, default: -1] < $0.stamp.time
        }
        + b.filter {
          heldA.contains($0.stamp) || seenA[$0.stamp.author, default: -1] < $0.stamp.time
        }
      return .coedited(
        Array(Set(kept)).sorted(), seen: seenA.merging(seenB) { max($0, $1) })
    case (.other(let join, let a), .other(_, let b)):
      return .other(join, Array(Set(a).union(b)).sorted())
    default:
      return self
    }
  }

  /// Whether it can be read again. The join of two readable cells cannot where it holds too much,
  /// or nothing: of two forged copies each may say that the other's version has been replaced.
  var isSound: Bool {
    switch self {
    case .latest, .rung: true
    case .coedited(let versions, let seen):
      (1...RecordLimits.versionsMax).contains(versions.count)
        && seen.count <= RecordLimits.versionsMax
    case .other(_, let versions): (1...RecordLimits.versionsMax).contains(versions.count)
    }
  }

  /// The stamps of all values that it holds.
  package var stamps: [Stamp] {
    switch self {
    case .latest(let version): [version.stamp]
    case .rung(_, let stamp): [stamp]
    case .coedited(let versions, _), .other(_, let versions): versions.map(\.stamp)
    }
  }

  /// What of it is news to whoever holds `held`: stamps of values, or of rungs, that are not there.
  /// A known stamp with another value is news too: who forges would keep it.
  package func news(over held: Cell?) -> [Stamp] {
    switch (self, held) {
    case (.rung(let rung, let stamp), .rung(let other, let known)):
      return rung == other && stamp == known ? [] : [stamp]
    case (.rung(_, let stamp), _): return [stamp]
    default:
      let known = held?.versions ?? []
      return versions.filter { !known.contains($0) }.map(\.stamp)
    }
  }

  /// Its values; none of a rung.
  private var versions: [CellVersion] {
    switch self {
    case .latest(let version): [version]
    case .rung: []
    case .coedited(let versions, _), .other(_, let versions): versions
    }
  }

  /// The greatest time that it claims for each author, also of versions that it has replaced.
  package var claims: [Stamp] {
    guard case .coedited(_, let seen) = self else { return stamps }
    return seen.map { Stamp(time: $0.value, author: $0.key) }.sorted()
  }

  /// Everyone who wrote it, including those whose versions have been replaced.
  package var authors: [SiteCode] {
    if case .coedited(let versions, let seen) = self {
      return versions.map(\.stamp.author) + seen.keys
    }
    return stamps.map(\.author)
  }

  /// The value that shows: canonical CBOR; nil for a rung.
  package var winner: [UInt8]? {
    switch self {
    case .latest(let version): version.value
    case .rung: nil
    case .coedited(let versions, _), .other(_, let versions): versions.last?.value
    }
  }

  /// Moves one of its stamps (after the correction of a clock).
  package func restamping(_ old: Stamp, as new: Stamp) -> Cell {
    func moved(_ versions: [CellVersion]) -> [CellVersion] {
      versions.map { $0.stamp == old ? CellVersion(stamp: new, value: $0.value) : $0 }.sorted()
    }
    switch self {
    case .latest(let version):
      return version.stamp == old ? .latest(CellVersion(stamp: new, value: version.value)) : self
    case .rung(let rung, let stamp):
      return stamp == old ? .rung(rung, new) : self
    case .coedited(let versions, var seen):
      if seen[old.author] == old.time { seen[old.author] = new.time }
      return .coedited(moved(versions), seen: seen)
    case .other(let join, let versions):
      return .other(join, moved(versions))
    }
  }
}
