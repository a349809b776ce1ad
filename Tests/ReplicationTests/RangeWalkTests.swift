import Bytes
import Replication
import Testing

/// Cutting up ranges of keys.
@Suite struct RangeWalkTests {
  private func keys(_ count: Int) -> [[UInt8]] {
    (0..<count).map { number in
      [4, 0x33] + DigestAlgorithm.sha256.digest([UInt8(number & 255), UInt8(number >> 8)]).prefix(12)
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func `every key lies in exactly one part, and parts are even`() {
    for count in [0, 1, 2, 15, 16, 17, 500] {
      let keys = keys(count)
      for range in [KeyRange.all, KeyRange(from: [4], below: [5])] {
        let parts = range.split(keys, into: 16)
        #expect(parts.count <= 16)
        #expect(parts.first?.from == range.from && parts.last?.below == range.below)
        for key in keys { #expect(parts.filter { $0.contains(key) }.count == 1) }
        for (one, next) in zip(parts, parts.dropFirst()) { #expect(one.below == next.from) }
        for part in parts { #expect(keys.filter(part.contains).count <= (count + 15) / 16) }
      }
    }
  }

  @Test func `a range that differs is cut until it can be listed`() {
    let all = keys(5_000)
    let lost = all[3_210]
    var walk = RangeWalk()
    var rounds = 0
    var listed: [KeyRange] = []
    while !walk.isDone {
      rounds += 1
      for range in walk.takeCompared(atMost: 100) where range.contains(lost) {
        let held = all.filter(range.contains)
        walk.differs(range, keys: held, theirs: held.count - 1, listedMax: 4_000)
      }
      while let range = walk.takeListed() { listed.append(range) }
    }
    #expect(rounds == 3)
    #expect(listed.count == 1 && listed.allSatisfy { $0.contains(lost) })
    #expect(all.filter { listed[0].contains($0) }.count <= RangeWalk.listedKeysMax)
  }

  @Test func `a range that the other end has nothing of is listed at once`() {
    let all = keys(500)
    var walk = RangeWalk([])
    walk.differs(.all, keys: all, theirs: 0, listedMax: 200)
    var counts: [Int] = []
    while let range = walk.takeListed() { counts.append(all.filter(range.contains).count) }
    #expect(counts.reduce(0, +) == 500 && counts.allSatisfy { $0 <= 200 })
    #expect(walk.isDone)
  }
}
