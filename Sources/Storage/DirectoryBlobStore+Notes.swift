import Bytes
import Glibc

/// What a directory notes of blobs that are kept elsewhere: `sums/DIGEST` holds the digests of the
/// chunks, and last the digest of those, so that a spoiled note is none.
extension DirectoryBlobStore {
  func notedChunks(of digest: Digest) throws(BlobFault) -> [Digest]? {
    guard let size = try files.size(of: note(digest)), size <= DirectoryBlobStore.noteOctetsMax
    else { return nil }
    let octets = try BlobFile(note(digest), O_RDONLY, by: files).read(at: 0, count: Int(size))
    let step = Digest.byteCount
    guard octets.count >= step, octets.count % step == 0,
      DigestAlgorithm.sha256.digest(octets.dropLast(step)).bytes == octets.suffix(step)
    else { return nil }
    return stride(from: 0, to: octets.count - step, by: step).compactMap {
      Digest(octets[$0..<($0 + step)])
    }
  }

  func note(_ chunks: [Digest], of digest: Digest) throws(BlobFault) {
    try files.makeDirectory(path)
    try files.makeDirectory("\(path)/sums")
    let octets = chunks.flatMap(\.bytes)
    let file = try BlobFile(note(digest), O_WRONLY | O_CREAT | O_TRUNC, by: files)
    try file.write(octets + DigestAlgorithm.sha256.digest(octets).bytes, at: 0)
  }

  func dropNote(of digest: Digest) throws(BlobFault) { try files.remove(note(digest)) }

  private func note(_ digest: Digest) -> String { "\(path)/sums/\(digest)" }

  private static let noteOctetsMax: Int64 = 1 << 20
}
