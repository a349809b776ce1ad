import Bytes
import Glibc

/// Blobs in an object store: `ab/DIGEST` whole, `damaged/DIGEST` set apart. What is unfinished is
/// staged in a directory and goes over once it is whole and sound. Whole blobs that the directory
/// still holds are read from there, so that what is kept can be moved either way under way.
package final class ObjectBlobStore: BlobStore {
  /// Where whole blobs are to be.
  package enum Home: Sendable { case objects, directory }

  private let directory: DirectoryBlobStore
  private let objects: any ObjectStore
  private let home: Home
  private let algorithms: @Sendable () -> [DigestAlgorithm]
  private let memory = Lock(Memory())

  private struct Memory {
    var chunks = ChunkDigests()
    var fault: BlobFault?
    /// The chunk that was read last: a slow reader takes it in small parts.
    var last: (digest: Digest, number: Int, octets: [UInt8])?
  }

  package init(
    path: String, objects: any ObjectStore, home: Home,
    algorithms: @escaping @Sendable () -> [DigestAlgorithm]
  ) {
    directory = DirectoryBlobStore(path: path, algorithms: algorithms)
    self.objects = objects
    self.home = home
    self.algorithms = algorithms
  }

  package var place: String? { objects.place }
  package var lastFault: BlobFault? { memory.withLock { $0.fault } }
  package func probe() throws(BlobFault) {
    try noting { () throws(BlobFault) in try objects.probe() }
  }

  /// Runs one exchange with the object store, and remembers how it went.
  private func noting<T>(_ body: () throws(BlobFault) -> T) throws(BlobFault) -> T {
    do throws(BlobFault) {
      let value = try body()
      memory.withLock { $0.fault = nil }
      return value
    } catch {
      if error.isOfPlace { memory.withLock { $0.fault = error } }
      throw error
    }
  }

  private func name(_ digest: Digest) -> String {
    let text = digest.description
    return "\(text.prefix(2))/\(text)"
  }

  // MARK: whole blobs

  package func size(of digest: Digest) throws(BlobFault) -> Int64? {
    if let size = try directory.size(of: digest) { return size }
    return try noting { () throws(BlobFault) in try objects.size(of: name(digest)) }
  }

  package func octets(of digest: Digest, in range: Range<Int64>) throws(BlobFault) -> [UInt8] {
    // Moved meanwhile, it is at the other place.
    if try directory.size(of: digest) != nil {
      do throws(BlobFault) {
        return try directory.octets(of: digest, in: range)
      } catch .missing, .input {}
    }
    return try remote(digest, range)
  }

  private func remote(_ digest: Digest, _ range: Range<Int64>) throws(BlobFault) -> [UInt8] {
    let (size, sums) = try facts(of: digest)
    let range = range.clamped(to: 0..<size)
    let step = Int64(BlobLimits.chunkOctets)
    var octets: [UInt8] = []
    octets.reserveCapacity(range.count)
    var start = range.lowerBound / step * step
    while start < range.upperBound {
      let end = min(start + step, size)
      let chunk = try chunk(digest, Int(start / step), start..<end, sums)
      let wanted = range.clamped(to: start..<end)
      octets += chunk[Int(wanted.lowerBound - start)..<Int(wanted.upperBound - start)]
      start += step
    }
    return octets
  }

  private func chunk(
    _ digest: Digest, _ number: Int, _ range: Range<Int64>, _ sums: [Digest]
  ) throws(BlobFault) -> [UInt8] {
    if let last = memory.withLock({ $0.last }), last.digest == digest, last.number == number {
      return last.octets
    }
    for _ in 0..<2 {
      let octets = try noting { () throws(BlobFault) in
        try objects.octets(of: name(digest), in: range)
      }
      guard let octets else {
        forget(digest)
        throw .missing(digest)
      }
      if sums.indices.contains(number), DigestAlgorithm.sha256.digest(octets) == sums[number] {
        memory.withLock { $0.last = (digest, number, octets) }
        return octets
      }
    }
    // Twice: it is no fault of the line.
    try setApart(digest)
    throw .damaged(digest)
  }

  /// Its size and the digests of its chunks: remembered, noted in the directory, or read whole.
  private func facts(of digest: Digest) throws(BlobFault) -> (Int64, [Digest]) {
    let size = try noting { () throws(BlobFault) in try objects.size(of: name(digest)) }
    guard let size else {
      forget(digest)
      throw .missing(digest)
    }
    if let sums = memory.withLock({ $0.chunks[digest] }) { return (size, sums) }
    let count = Int((size + Int64(BlobLimits.chunkOctets) - 1) / Int64(BlobLimits.chunkOctets))
    if let sums = try directory.notedChunks(of: digest), sums.count == count {
      memory.withLock { $0.chunks.keep(sums, of: digest) }
      return (size, sums)
    }
    guard try check(digest), let sums = memory.withLock({ $0.chunks[digest] }) else {
      throw .damaged(digest)
    }
    return (size, sums)
  }

  package func check(_ digest: Digest) throws(BlobFault) -> Bool {
    if try directory.size(of: digest) != nil { return try directory.check(digest) }
    for _ in 0..<2 {
      guard let size = try size(of: digest) else {
        forget(digest)
        return false
      }
      var reading = BlobReading(algorithms())
      try read(digest, size) { (chunk) throws(BlobFault) in reading.take(chunk) }
      guard let sound = reading.finish(as: digest) else { continue }
      try remember(sound, digest)
      return true
    }
    try setApart(digest)
    return false
  }

  /// Its octets in order, a chunk at a time.
  private func read(
    _ digest: Digest, _ size: Int64, _ body: ([UInt8]) throws(BlobFault) -> Void
  ) throws(BlobFault) {
    var offset: Int64 = 0
    while offset < size {
      let end = min(offset + Int64(BlobLimits.chunkOctets), size)
      let range = offset..<end
      let chunk = try noting { () throws(BlobFault) in
        try objects.octets(of: name(digest), in: range)
      }
      guard let chunk else { throw .missing(digest) }
      try body(chunk)
      offset = end
    }
  }

  package func remove(_ digest: Digest) throws(BlobFault) {
    forget(digest)
    try directory.remove(digest)
    try directory.dropNote(of: digest)
    try noting { () throws(BlobFault) in try objects.remove(name(digest)) }
  }

  package func all() throws(BlobFault) -> [Digest] {
    Array(Set(try directory.all()).union(try allRemote())).sorted()
  }

  private func allRemote() throws(BlobFault) -> [Digest] {
    var found: [Digest] = []
    var last: String?
    while true {
      let names = try noting { () throws(BlobFault) in try objects.names(from: "", after: last) }
      guard let end = names.last else { return found }
      found += names.compactMap { name in
        let parts = name.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2, parts[1].starts(with: parts[0]) else {
          return nil
        }
        return String(parts[1]).flatMap { Hex.decode($0) }.flatMap { Digest($0) }
      }
      last = end
    }
  }

  private func setApart(_ digest: Digest) throws(BlobFault) {
    forget(digest)
    try noting { () throws(BlobFault) in
      try objects.copy(name(digest), to: "damaged/\(digest)")
      try objects.remove(name(digest))
    }
  }

  private func remember(_ sound: SoundBlob, _ digest: Digest) throws(BlobFault) {
    memory.withLock { $0.chunks.keep(sound.chunks, of: digest) }
    try directory.note(sound.chunks, of: digest)
  }

  private func forget(_ digest: Digest) {
    memory.withLock { memory in
      memory.chunks.drop(digest)
      if memory.last?.digest == digest { memory.last = nil }
    }
  }

  // MARK: what is staged

  package func stagedCount(_ digest: Digest, from source: String) throws(BlobFault) -> Int64 {
    try directory.stagedCount(digest, from: source)
  }

  @discardableResult
  package func stage(
    _ octets: [UInt8], of digest: Digest, at offset: Int64, from source: String
  ) throws(BlobFault) -> Int64 {
    try directory.stage(octets, of: digest, at: offset, from: source)
  }

  package func finish(
    _ digest: Digest, size: Int64, from source: String
  ) throws(BlobFault) -> Bool {
    if home == .directory { return try directory.finish(digest, size: size, from: source) }
    let part = directory.staged(digest, source)
    guard let sound = try directory.sound(part, digest), sound.size == size else {
      try directory.dropStaged(digest, from: source)
      return false
    }
    try send(part, sound, digest)
    try directory.dropStaged(digest, from: source)
    return true
  }

  /// Puts a sound file where it is to be, and makes sure that it is there.
  private func send(_ file: String, _ sound: SoundBlob, _ digest: Digest) throws(BlobFault) {
    let arrived = try noting { () throws(BlobFault) in
      try objects.put(name(digest), file: file, size: sound.size, sha256: sound.sha256)
      return try objects.size(of: name(digest))
    }
    guard arrived == sound.size else {
      throw .denied(place: objects.place, "what was put is not there")
    }
    forget(digest)
    try remember(sound, digest)
  }

  package func dropStaged(_ digest: Digest, from source: String) throws(BlobFault) {
    try directory.dropStaged(digest, from: source)
  }

  package func allStaged() throws(BlobFault) -> [(digest: Digest, source: String)] {
    try directory.allStaged()
  }

  // MARK: moving

  package func misplaced() throws(BlobFault) -> [Digest] {
    home == .objects ? try directory.all() : try allRemote()
  }

  package func settle(_ digest: Digest) throws(BlobFault) {
    if home == .objects {
      guard try directory.size(of: digest) != nil else { return }
      let file = directory.file(digest)
      guard let sound = try directory.sound(file, digest) else {
        _ = try directory.check(digest)
        throw .damaged(digest)
      }
      try send(file, sound, digest)
      try directory.remove(digest)
    } else {
      if try directory.size(of: digest) == nil { try fetch(digest) }
      try directory.dropNote(of: digest)
      forget(digest)
      try noting { () throws(BlobFault) in try objects.remove(name(digest)) }
    }
  }

  /// Brings a blob into the directory; what an earlier try staged is used.
  private func fetch(_ digest: Digest) throws(BlobFault) {
    let source = "objects"
    guard let size = try noting({ () throws(BlobFault) in try objects.size(of: name(digest)) })
    else { throw .missing(digest) }
    var offset = try directory.stagedCount(digest, from: source)
    while offset < size {
      let range = offset..<min(offset + Int64(BlobLimits.chunkOctets), size)
      let chunk = try noting { () throws(BlobFault) in
        try objects.octets(of: name(digest), in: range)
      }
      guard let chunk else { throw .missing(digest) }
      offset = try directory.stage(chunk, of: digest, at: offset, from: source)
    }
    if try directory.finish(digest, size: size, from: source) { return }
    try setApart(digest)
    throw .damaged(digest)
  }
}
