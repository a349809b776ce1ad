import Bytes
import Replication
import Testing

@Suite struct PatchTests {
  private let deflater = Deflater(level: 6, dictionary: [])
  private let inflater = Inflater(dictionary: [])
  private let algorithm = DigestAlgorithm.sha256

  private func patch(_ old: [UInt8], _ new: [UInt8]) -> RecordPatch {
    RecordPatch(
      from: old, algorithm.digest(old), to: new, algorithm.digest(new), deflater: deflater)
  }

  private func applied(_ patch: RecordPatch, to old: [UInt8]) -> [UInt8]? {
    patch.applied(
      to: old, algorithm.digest(old), algorithm: algorithm, inflater: inflater)?.bytes
  }

  @Test func `a patch makes the new octets of the old`() {
    var dice = SeededDice(seed: 3)
    for round in 0..<150 {
      let old = dice.bytes(dice.below(400))
      var new = old
      for _ in 0...dice.below(3) {
        let place = dice.below(new.count + 1)
        let end = min(new.count, place + dice.below(30))
        new.replaceSubrange(place..<end, with: dice.bytes(dice.below(30)))
      }
      #expect(applied(patch(old, new), to: old) == new, "round \(round)")
    }
  }

  @Test(arguments: [31_000, 40_000, 90_000])
  func `a change anywhere in a long record travels short`(count: Int) {
    var dice = SeededDice(seed: count)
    let old = dice.bytes(count)
    for place in [0, 100, count / 2, count - 100, count] {
      var new = old
      new.insert(contentsOf: Array("一个改动".utf8), at: place)
      let patch = patch(old, new)
      #expect(patch.middle.count < 40)
      #expect(applied(patch, to: old) == new)
    }
    // Two changes far apart: what lies between them is looked up in the window.
    var new = old
    new[200] ^= 1
    new[20_200] ^= 1
    #expect(applied(patch(old, new), to: old) == new)
    #expect(patch(old, new).middle.count < 1_000)
  }

  @Test func `another base, another result and any damage are refused`() {
    var dice = SeededDice(seed: 9)
    let old = dice.bytes(300)
    var new = old
    new.replaceSubrange(100..<110, with: dice.bytes(40))
    let good = patch(old, new)
    var base = old
    base[5] ^= 1
    #expect(applied(good, to: base) == nil)
    #expect(applied(good, to: []) == nil)
    func with(
      base: [UInt8]? = nil, result: [UInt8]? = nil, prefix: Int? = nil, suffix: Int? = nil,
      middle: [UInt8]? = nil
    ) -> RecordPatch {
      RecordPatch(
        base: base ?? good.base, result: result ?? good.result,
        prefixCount: prefix ?? good.prefixCount, suffixCount: suffix ?? good.suffixCount,
        middle: middle ?? good.middle)
    }
    #expect(applied(with(base: Array(repeating: 0, count: 8)), to: old) == nil)
    #expect(applied(with(result: Array(repeating: 0, count: 16)), to: old) == nil)
    for prefix in [-1, 301, Int.max, Int.min, good.prefixCount + 1] {
      #expect(applied(with(prefix: prefix), to: old) == nil)
    }
    for suffix in [-1, 301, Int.max, Int.min, good.suffixCount - 1] {
      #expect(applied(with(suffix: suffix), to: old) == nil)
    }
    for place in good.middle.indices {
      var middle = good.middle
      middle[place] ^= UInt8(1 << dice.below(8))
      let made = applied(with(middle: middle), to: old)
      #expect(made == nil || made == new)
    }
  }
}
