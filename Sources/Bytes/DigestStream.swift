/// A digest being computed piece by piece: the framing that SHA-256 and SM3 share, blocks of 64
/// bytes, then a one bit, zeros and the length in bits. FIPS 180-4 §5.1.1, GB/T 32905-2016 §5.2.
package struct DigestStream: Sendable {
  typealias Compress = @Sendable (inout SIMD8<UInt32>, UnsafePointer<UInt8>, Int) -> Void

  static let blockByteCount = 64

  private var state: SIMD8<UInt32>
  private let compress: Compress
  /// The bytes of a block that is not complete yet; inline, so that small digests take no memory.
  private var partial = SIMD64<UInt8>()
  private var partialCount = 0
  private var byteCount: UInt64 = 0

  package init(_ algorithm: DigestAlgorithm) {
    switch algorithm {
    case .sha256: self.init(initial: SHA256.initial, compress: SHA256.compress)
    case .sm3: self.init(initial: SM3.initial, compress: SM3.compress)
    }
  }

  init(initial: SIMD8<UInt32>, compress: @escaping Compress) {
    state = initial
    self.compress = compress
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { update($0) }
  }

  mutating func update(_ digest: Digest) {
    let words = digest.words
    let bytes = (
      words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian
    )
    withUnsafeBytes(of: bytes) { update($0) }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    byteCount &+= UInt64(bytes.count)
    var used = 0
    if partialCount > 0 {
      used = min(Self.blockByteCount - partialCount, bytes.count)
      keep(base, used)
      guard partialCount == Self.blockByteCount else { return }
      compressPartial()
    }
    let whole = (bytes.count - used) / Self.blockByteCount
    if whole > 0 {
      compress(&state, (base + used).assumingMemoryBound(to: UInt8.self), whole)
      used += whole * Self.blockByteCount
    }
    keep(base + used, bytes.count - used)
  }

  /// The digest of everything fed; the value is spent.
  package mutating func finish() -> Digest {
    let bitCount = byteCount &<< 3
    partial[partialCount] = 0x80
    partialCount += 1
    if partialCount > Self.blockByteCount - 8 {
      zeroPartial(from: partialCount, to: Self.blockByteCount)
      compressPartial()
    }
    zeroPartial(from: partialCount, to: Self.blockByteCount - 8)
    withUnsafeMutableBytes(of: &partial) {
      $0.storeBytes(of: bitCount.bigEndian, toByteOffset: Self.blockByteCount - 8, as: UInt64.self)
    }
    compressPartial()
    func word(_ index: Int) -> UInt64 {
      UInt64(state[index]) &<< 32 | UInt64(state[index &+ 1])
    }
    return Digest(word(0), word(2), word(4), word(6))
  }

  private mutating func keep(_ bytes: UnsafeRawPointer, _ count: Int) {
    guard count > 0 else { return }
    let start = partialCount
    withUnsafeMutableBytes(of: &partial) { partial in
      let source = UnsafeRawBufferPointer(start: bytes, count: count)
      UnsafeMutableRawBufferPointer(rebasing: partial[start..<start + count]).copyMemory(
        from: source)
    }
    partialCount += count
  }

  private mutating func zeroPartial(from start: Int, to end: Int) {
    withUnsafeMutableBytes(of: &partial) { partial in
      for position in start..<end { partial[position] = 0 }
    }
  }

  private mutating func compressPartial() {
    withUnsafeBytes(of: partial) { partial in
      guard let base = partial.baseAddress else { return }
      compress(&state, base.assumingMemoryBound(to: UInt8.self), 1)
    }
    partialCount = 0
  }
}

/// The sixteen words that begin the schedule of a block.
func loadBigEndianWords(
  _ block: UnsafePointer<UInt8>, into words: UnsafeMutablePointer<UInt32>
) {
  let raw = UnsafeRawPointer(block)
  var index = 0
  while index < 16 {
    words[index] = raw.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self).bigEndian
    index &+= 1
  }
}
