import Bytes

/// Count and sum modulo 2²⁵⁶ of the agreed digests of a link. Equal on both ends when they agree.
package struct Fingerprint: Hashable, Sendable {
  package private(set) var count: Int
  package private(set) var sum: DigestSum

  package init(count: Int = 0, sum: DigestSum = DigestSum()) {
    self.count = count
    self.sum = sum
  }

  package mutating func add(_ digest: Digest) {
    count += 1
    sum.add(digest)
  }

  package mutating func remove(_ digest: Digest) {
    count -= 1
    sum.subtract(digest)
  }
}
