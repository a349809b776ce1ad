import Bytes
import Replication

private let authors = ["a", "b", "360423"].compactMap { SiteCode($0) }
private let names = ["p", "q", "life", "text", "newer", Record.purgeCell]

/// Copies of one record in any state that octets can describe, from choices among few values.
struct Copies {
  private(set) var input: FuzzInput

  init(input: FuzzInput) { self.input = input }

  private mutating func stamp() -> Stamp {
    Stamp(time: Int64(input.below(4)), author: authors[input.below(authors.count)])
  }

  private mutating func versions() -> [CellVersion] {
    let versions = (0...input.below(3)).map { _ in
      CellVersion(stamp: stamp(), value: ["x", "y"][input.below(2)].canonical)
    }
    return Array(Set(versions)).sorted()
  }

  private mutating func cell() -> Cell {
    switch input.below(5) {
    case 0: return .latest(CellVersion(stamp: stamp(), value: anyValue(&input, depth: 3).canonical))
    case 1: return .rung(Rung(epoch: UInt64(input.below(2)), rung: UInt64(input.below(3))), stamp())
    case 2, 3:
      let versions = versions()
      var seen: [SiteCode: Int64] = [:]
      for stamp in versions.map(\.stamp) + (0..<input.below(3)).map({ _ in stamp() }) {
        seen[stamp.author] = max(seen[stamp.author, default: -1], stamp.time)
      }
      return .coedited(versions, seen: seen)
    default: return .other(CellJoin(rawValue: input.flag() ? 4 : 9), versions())
    }
  }

  mutating func copy(_ key: RecordKey) -> Record? {
    var cells: [String: Cell] = [:]
    for _ in 0...input.below(4) { cells[names[input.below(names.count)]] = cell() }
    return Record(key: key, cells: cells)
  }
}

/// What each copy must satisfy by itself: reading it in parts says the same as its octets.
private func checkCopy(_ record: Record) {
  guard let again = try? Record(canonical: record.bytes) else {
    return claim(false, "a record that was made can be read")
  }
  claim(again.bytes == record.bytes && again.key == record.key, "…and is the same")
  let cells = record.cells
  claim(cells.count == record.names.count, "every cell decodes")
  claim(Record(key: record.key, cells: cells)?.bytes == record.bytes, "its cells make it again")
  claim(record.isPurged == (record.cell(Record.purgeCell) != nil), "purge stands alone")
  var authors: Set<SiteCode> = []
  for cell in cells.values { authors.formUnion(cell.authors) }
  claim(record.authors == authors.sorted(), "its authors are those of its cells")
  claim(
    record.newest == cells.values.flatMap(\.stamps).max(), "its newest stamp is one of its cells'")
  for (name, versions) in record.contested {
    claim(versions.count > 1 && versions.last?.value == cells[name]?.winner, "the winner is last")
  }
  claim(RecordKey(octets: record.key.octets) == record.key, "a key survives its octets")
}

/// Nil where both together are no record.
private func join(_ a: Record?, _ b: Record?) -> Record? {
  guard let a, let b else { return nil }
  let joined = a.joined(with: b)
  guard joined.isSound else { return nil }
  claim(joined.changed.isEmpty == (joined.record.bytes == a.bytes), "what changed is named")
  claim(joined.record.covers(a) && joined.record.covers(b), "a join covers both")
  checkCopy(joined.record)
  return joined.record
}

private func checkLaws(_ a: Record, _ b: Record, _ c: Record) {
  let (ab, bc) = (join(a, b), join(b, c))
  claim(ab?.bytes == join(b, a)?.bytes, "the join is commutative")
  if let left = join(ab, c), let right = join(a, bc) {
    claim(left.bytes == right.bytes, "the join is associative")
  }
  claim(a.joined(with: a).changed.isEmpty, "the join is idempotent")
}

extension FuzzTarget {
  static let record = FuzzTarget(
    name: "record",
    seeds: {
      let key = sampleKey
      var copies = Copies(input: FuzzInput([3, 2, 1, 3, 0, 4, 1, 1, 2, 0, 5, 6, 7, 2, 3, 1, 0, 2]))
      let records = (0..<6).compactMap { _ in copies.copy(key)?.bytes }
      return records.map { [0] + $0 }
        + (1..<12).map { seed in [1] + (0..<90).map { UInt8(truncatingIfNeeded: $0 * seed * 37) } }
    },
    words: ["life", "purge", "360423"],
    run: { octets in
      let rest = Array(octets.dropFirst())
      if octets.first == 0 {
        guard let record = try? Record(canonical: rest) else { return }
        claim(record.bytes == rest, "a record is its octets")
        checkCopy(record)
        // Against copies of the same key, made of its own octets.
        var copies = Copies(input: FuzzInput(rest.reversed()))
        guard let b = copies.copy(record.key), let c = copies.copy(record.key) else { return }
        return checkLaws(record, b, c)
      }
      var copies = Copies(input: FuzzInput(rest))
      let key = sampleKey
      guard let a = copies.copy(key), let b = copies.copy(key), let c = copies.copy(key) else {
        return
      }
      checkCopy(a)
      checkLaws(a, b, c)
    })

  static let patch = FuzzTarget(
    name: "patch",
    seeds: {
      let old = Array("[[360423, 4, id], {title: 要闻, body: 正文}]".utf8)
      let new = Array("[[360423, 4, id], {title: 要闻头条, body: 正文}]".utf8)
      return [[UInt8(old.count)] + old + new, [UInt8(new.count)] + new + old, [0] + new]
    },
    words: [],
    run: { octets in
      var input = FuzzInput(octets)
      let old = input.piece()
      var hostile = input
      let new = input.rest()
      let algorithm: DigestAlgorithm = (octets.first ?? 0) & 1 == 0 ? .sha256 : .sm3
      let (oldDigest, newDigest) = (algorithm.digest(old), algorithm.digest(new))
      let inflater = Inflater(dictionary: [])
      let patch = RecordPatch(
        from: old, oldDigest, to: new, newDigest, deflater: Deflater(level: 6, dictionary: []))
      func applied(_ patch: RecordPatch, to base: [UInt8]) -> [UInt8]? {
        let made = patch.applied(
          to: base, algorithm.digest(base), algorithm: algorithm, inflater: inflater)
        claim(made.map { algorithm.digest($0.bytes) == $0.digest } ?? true, "a digest is told truly")
        return made?.bytes
      }
      claim(applied(patch, to: old) == new, "a patch makes the new octets")
      claim(old == new || applied(patch, to: new) == nil, "a patch on another base is refused")
      // Any counts and any middle, on the right base.
      let counts = (0..<2).map { _ in
        hostile.flag() ? Int(hostile.octet()) : Int(truncatingIfNeeded: hostile.word())
      }
      let damaged = RecordPatch(
        base: patch.base, result: patch.result, prefixCount: counts[0], suffixCount: counts[1],
        middle: hostile.flag() ? patch.middle : hostile.rest())
      let made = applied(damaged, to: old)
      claim(made == nil || made == new, "a damaged patch makes the same octets or none")
    })
}

let sampleKey = RecordKey(
  owner: authors[0], kind: RecordKind(rawValue: 4),
  id: RecordID(head: DigestAlgorithm.sha256.digest([1])))
