import Bytes

/// What is known of a blob once it was read whole and found to be what its digest says.
struct SoundBlob: Sendable {
  let size: Int64
  /// SHA-256 of each chunk, so that a part can be checked without the whole.
  let chunks: [Digest]
  /// Of the whole, whatever the tree's digest is.
  let sha256: Digest
}

/// A blob being read from its beginning, chunk by chunk.
struct BlobReading {
  private(set) var size: Int64 = 0
  private var chunks: [Digest] = []
  private var sha256 = DigestStream(.sha256)
  private var others: [DigestStream]

  /// Its digest may be by any of `algorithms`.
  init(_ algorithms: [DigestAlgorithm]) {
    others = algorithms.filter { $0 != .sha256 }.map { DigestStream($0) }
  }

  mutating func take(_ chunk: [UInt8]) {
    sha256.update(chunk)
    for index in others.indices { others[index].update(chunk) }
    chunks.append(DigestAlgorithm.sha256.digest(chunk))
    size += Int64(chunk.count)
  }

  /// Nil where it is not what the digest says.
  mutating func finish(as digest: Digest) -> SoundBlob? {
    let sum = sha256.finish()
    var isSound = sum == digest
    for index in others.indices where others[index].finish() == digest { isSound = true }
    return isSound ? SoundBlob(size: size, chunks: chunks, sha256: sum) : nil
  }
}

/// The digests of the chunks of some sound blobs.
struct ChunkDigests: Sendable {
  private static let chunksMax = 16_384
  private var sums: [Digest: [Digest]] = [:]
  private var order: [Digest] = []
  private var count = 0

  subscript(digest: Digest) -> [Digest]? { sums[digest] }

  mutating func keep(_ new: [Digest], of digest: Digest) {
    drop(digest)
    sums[digest] = new
    order.append(digest)
    count += new.count
    while count > ChunkDigests.chunksMax, order.count > 1 { drop(order[0]) }
  }

  mutating func drop(_ digest: Digest) {
    guard let old = sums.removeValue(forKey: digest) else { return }
    count -= old.count
    order.removeAll { $0 == digest }
  }
}
