import Bytes

/// A changed record as its difference from bytes that the peer holds: the common prefix and suffix
/// are named, the middle is deflated with the previous bytes as dictionary. Names the digests of
/// base (8 octets) and result (16), so that a wrong base is noticed before and after.
package struct RecordPatch: Sendable, Equatable {
  package let base: [UInt8]
  package let result: [UInt8]
  package let prefixCount: Int
  package let suffixCount: Int
  /// Raw deflate.
  package let middle: [UInt8]

  package static let baseOctets = 8
  package static let resultOctets = 16
  /// zlib looks back 32 KiB less its lookahead.
  private static let dictionaryOctetsMax = 32_000

  package init(
    base: [UInt8], result: [UInt8], prefixCount: Int, suffixCount: Int, middle: [UInt8]
  ) {
    self.base = base
    self.result = result
    self.prefixCount = prefixCount
    self.suffixCount = suffixCount
    self.middle = middle
  }

  package init(
    from old: [UInt8], _ oldDigest: Digest, to new: [UInt8], _ newDigest: Digest,
    deflater: Deflater
  ) {
    let (prefix, suffix) = old.withUnsafeBufferPointer { old in
      new.withUnsafeBufferPointer { new in RecordPatch.common(old, new) }
    }
    self.init(
      base: oldDigest.prefix(RecordPatch.baseOctets),
      result: newDigest.prefix(RecordPatch.resultOctets), prefixCount: prefix, suffixCount: suffix,
      middle: deflater.deflate(
        Array(new[prefix..<(new.count - suffix)]),
        dictionary: RecordPatch.dictionary(old, prefix, suffix)))
  }

  /// How many octets both begin with, and how many of the rest both end with.
  private static func common(
    _ old: UnsafeBufferPointer<UInt8>, _ new: UnsafeBufferPointer<UInt8>
  ) -> (prefix: Int, suffix: Int) {
    let shorter = min(old.count, new.count)
    var prefix = 0
    while prefix < shorter, old[prefix] == new[prefix] { prefix &+= 1 }
    var suffix = 0
    let rest = shorter - prefix
    while suffix < rest, old[old.count &- 1 &- suffix] == new[new.count &- 1 &- suffix] {
      suffix &+= 1
    }
    return (prefix, suffix)
  }

  /// The previous bytes around the change.
  private static func dictionary(_ old: [UInt8], _ prefix: Int, _ suffix: Int) -> [UInt8] {
    if old.count <= dictionaryOctetsMax { return old }
    // No further than zlib looks back from the first octet of the middle.
    let end = min(
      old.count, old.count - suffix + dictionaryOctetsMax / 2, prefix + dictionaryOctetsMax)
    let window = old[max(0, prefix - dictionaryOctetsMax / 2)..<end]
    return Array(window.suffix(dictionaryOctetsMax))
  }

  /// The new bytes; nil where base or result is another.
  package func applied(
    to old: [UInt8], _ oldDigest: Digest, algorithm: DigestAlgorithm, inflater: Inflater
  ) -> (bytes: [UInt8], digest: Digest)? {
    guard oldDigest.prefix(RecordPatch.baseOctets) == base,
      let new = applied(to: old, inflater: inflater)
    else { return nil }
    let digest = algorithm.digest(new)
    return digest.prefix(RecordPatch.resultOctets) == result ? (new, digest) : nil
  }

  /// The same where it is known to be the base; nil where it cannot be.
  package func applied(to old: [UInt8], inflater: Inflater) -> [UInt8]? {
    guard prefixCount >= 0, suffixCount >= 0, prefixCount <= old.count,
      suffixCount <= old.count - prefixCount,
      let middle = try? inflater.inflate(
        middle, dictionary: RecordPatch.dictionary(old, prefixCount, suffixCount),
        bytesMax: RecordLimits.bytesMax)
    else { return nil }
    var new: [UInt8] = []
    new.reserveCapacity(prefixCount + middle.count + suffixCount)
    new.append(contentsOf: old[..<prefixCount])
    new.append(contentsOf: middle)
    new.append(contentsOf: old[(old.count - suffixCount)...])
    return new
  }
}
