/// Which ranges of keys the asking end of a reconciliation names next, and how: by a fingerprint,
/// or key by key. Begins with everything; a range that differs is cut up, until it is small enough
/// for its keys to be listed. Knows neither keys nor store: its caller counts and cuts.
package struct RangeWalk: Sendable {
  /// A differing range is cut into so many.
  package static let parts = 16
  /// A range with so many keys on this end, or fewer, is listed.
  package static let listedKeysMax = 32

  /// To be compared by fingerprints.
  package private(set) var compared: [KeyRange]
  /// To be listed key by key.
  package private(set) var listed: [KeyRange] = []

  package init(_ ranges: [KeyRange] = [.all]) { compared = ranges }

  package var isDone: Bool { compared.isEmpty && listed.isEmpty }

  package mutating func takeCompared(atMost count: Int) -> [KeyRange] {
    defer { compared.removeFirst(min(count, compared.count)) }
    return Array(compared.prefix(count))
  }

  package mutating func takeListed() -> KeyRange? {
    listed.isEmpty ? nil : listed.removeFirst()
  }

  package mutating func list(_ range: KeyRange) { listed.append(range) }

  /// The range has changed here since it was compared, or could not be named yet.
  package mutating func again(_ range: KeyRange) { compared.append(range) }

  /// The other end holds other records in the range, `theirs` of them; `keys` are those here.
  package mutating func differs(_ range: KeyRange, keys: [[UInt8]], theirs: Int, listedMax: Int) {
    if keys.count <= RangeWalk.listedKeysMax {
      listed.append(range)
    } else if theirs == 0 {
      let parts = (keys.count + listedMax - 1) / listedMax
      listed.append(contentsOf: range.split(keys, into: parts))
    } else {
      compared.append(contentsOf: range.split(keys, into: RangeWalk.parts))
    }
  }
}
