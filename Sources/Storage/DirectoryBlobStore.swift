import Bytes
import Glibc

/// Blobs in a directory: `ab/DIGEST` whole, `staged/DIGEST.SOURCE` unfinished, `damaged/DIGEST` set
/// apart. A blob is written beside, flushed and renamed: a name always means whole octets.
package final class DirectoryBlobStore: BlobStore {
  let path: String
  private let algorithms: @Sendable () -> [DigestAlgorithm]
  let files: BlobFiles
  private let chunks = Lock(ChunkDigests())
  /// Serializes what changes staged files.
  private let staging = Lock(())

  /// Digests are by any of `algorithms`: a site that joins a tree keeps the names of what it has.
  package init(
    path: String, files: BlobFiles = BlobFiles(),
    algorithms: @escaping @Sendable () -> [DigestAlgorithm]
  ) {
    self.path = path
    self.files = files
    self.algorithms = algorithms
  }

  // MARK: whole blobs

  package func size(of digest: Digest) throws(BlobFault) -> Int64? {
    try files.size(of: file(digest))
  }

  package func octets(of digest: Digest, in range: Range<Int64>) throws(BlobFault) -> [UInt8] {
    guard let size = try size(of: digest) else { throw .missing(digest) }
    let sums = try chunkDigests(of: digest)
    let range = range.clamped(to: 0..<size)
    let step = Int64(BlobLimits.chunkOctets)
    var octets: [UInt8] = []
    octets.reserveCapacity(range.count)
    let file = try BlobFile(file(digest), O_RDONLY, by: files)
    var start = range.lowerBound / step * step
    while start < range.upperBound {
      let chunk = try file.read(at: start, count: Int(min(step, size - start)))
      guard sums.indices.contains(Int(start / step)),
        DigestAlgorithm.sha256.digest(chunk) == sums[Int(start / step)]
      else {
        try setApart(digest)
        throw .damaged(digest)
      }
      let wanted = range.clamped(to: start..<(start + Int64(chunk.count)))
      octets += chunk[Int(wanted.lowerBound - start)..<Int(wanted.upperBound - start)]
      start += step
    }
    return octets
  }

  package func check(_ digest: Digest) throws(BlobFault) -> Bool {
    guard try size(of: digest) != nil else { return false }
    guard let sound = try sound(file(digest), digest) else {
      try setApart(digest)
      return false
    }
    chunks.withLock { $0.keep(sound.chunks, of: digest) }
    return true
  }

  /// Read once whole, each chunk can be checked by itself from then on: a blob never changes.
  private func chunkDigests(of digest: Digest) throws(BlobFault) -> [Digest] {
    if let known = chunks.withLock({ $0[digest] }) { return known }
    guard try check(digest), let sums = chunks.withLock({ $0[digest] }) else {
      throw .damaged(digest)
    }
    return sums
  }

  package func remove(_ digest: Digest) throws(BlobFault) {
    try files.remove(file(digest))
    chunks.withLock { $0.drop(digest) }
  }

  private func setApart(_ digest: Digest) throws(BlobFault) {
    chunks.withLock { $0.drop(digest) }
    try files.makeDirectory("\(path)/damaged")
    try files.move(file(digest), to: "\(path)/damaged/\(digest)")
  }

  package func all() throws(BlobFault) -> [Digest] {
    var found: [Digest] = []
    for name in try files.names(in: path) where name.utf8.count == 2 {
      found += try files.names(in: "\(path)/\(name)").compactMap(DirectoryBlobStore.digest)
    }
    return found.sorted()
  }

  // MARK: what is staged

  package func stagedCount(_ digest: Digest, from source: String) throws(BlobFault) -> Int64 {
    try files.size(of: staged(digest, source)) ?? 0
  }

  @discardableResult
  package func stage(
    _ octets: [UInt8], of digest: Digest, at offset: Int64, from source: String
  ) throws(BlobFault) -> Int64 {
    let outcome = staging.withLock { _ in
      Result { () throws(BlobFault) -> Int64 in
        let count = try stagedCount(digest, from: source)
        guard count == offset else { return count }
        try files.makeDirectory(path)
        try files.makeDirectory("\(path)/staged")
        let file = try BlobFile(staged(digest, source), O_WRONLY | O_CREAT, by: files)
        do throws(BlobFault) {
          try file.write(octets, at: offset)
        } catch {
          // A torn end would be taken for sound octets.
          file.cut(to: offset)
          throw error
        }
        return offset + Int64(octets.count)
      }
    }
    return try outcome.get()
  }

  package func finish(
    _ digest: Digest, size: Int64, from source: String
  ) throws(BlobFault) -> Bool {
    let part = staged(digest, source)
    guard let sound = try sound(part, digest), sound.size == size else {
      try dropStaged(digest, from: source)
      return false
    }
    let folder = "\(path)/\(digest.description.prefix(2))"
    do throws(BlobFault) {
      try BlobFile(part, O_WRONLY, by: files).flush()
      try files.makeDirectory(folder)
      try files.move(part, to: file(digest))
      try BlobFile(folder, O_RDONLY | O_DIRECTORY, by: files).flush()
      try BlobFile(path, O_RDONLY | O_DIRECTORY, by: files).flush()
    } catch {
      // What a failed flush covered counts as clean: the next flush would say that it is safe.
      try? files.remove(part)
      try? files.remove(file(digest))
      throw error
    }
    chunks.withLock { $0.keep(sound.chunks, of: digest) }
    return true
  }

  package func dropStaged(_ digest: Digest, from source: String) throws(BlobFault) {
    try files.remove(staged(digest, source))
  }

  package func allStaged() throws(BlobFault) -> [(digest: Digest, source: String)] {
    try files.names(in: "\(path)/staged").compactMap { name in
      let parts = name.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let digest = DirectoryBlobStore.digest(String(parts[0])) else {
        return nil
      }
      return (digest, String(parts[1]))
    }
  }

  // MARK: files

  func file(_ digest: Digest) -> String {
    let name = digest.description
    return "\(path)/\(name.prefix(2))/\(name)"
  }

  func staged(_ digest: Digest, _ source: String) -> String {
    "\(path)/staged/\(digest).\(source)"
  }

  private static func digest(_ name: String) -> Digest? {
    Hex.decode(name).flatMap { Digest($0) }
  }

  /// What the file holds, where that is what the digest says.
  func sound(_ path: String, _ digest: Digest) throws(BlobFault) -> SoundBlob? {
    let file = try BlobFile(path, O_RDONLY, by: files)
    var reading = BlobReading(algorithms())
    while true {
      let chunk = try file.read(at: reading.size, count: BlobLimits.chunkOctets)
      if chunk.isEmpty { return reading.finish(as: digest) }
      reading.take(chunk)
    }
  }
}
