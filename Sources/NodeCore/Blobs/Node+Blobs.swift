import Bytes
import Library
import SiteGroup
import Storage

extension Node {
  /// While the body runs, the blob is not collected.
  func pinning<T>(_ digest: Digest, _ body: () throws -> T) rethrows -> T {
    pin(digest)
    defer { unpin(digest) }
    return try body()
  }

  /// The same for whoever reads an attachment outside of this module.
  package func pinningAttachment<T>(_ digest: Digest, _ body: () throws -> T) rethrows -> T {
    try pinning(digest, body)
  }

  func pin(_ digest: Digest) { blobPins.withLock { $0[digest, default: 0] += 1 } }

  func unpin(_ digest: Digest) {
    blobPins.withLock { pins in
      let count = (pins[digest] ?? 0) - 1
      pins[digest] = count > 0 ? count : nil
    }
  }

  /// Removes what no record and no draft refers to and nothing under way needs. Answers how many
  /// files that were.
  @discardableResult
  package func collectBlobs() throws -> Int {
    var removed = try collect(try blobs.all())
    for (digest, source) in try blobs.allStaged() where try collectStaged(digest, source) {
      removed += 1
    }
    return removed
  }

  /// The same for those alone that a record has ceased to refer to meanwhile: what is purged goes
  /// at once.
  package func collectDroppedBlobs() throws {
    let dropped = library.blobs.takeDropped()
    if dropped.isEmpty { return }
    try collect(dropped)
    for (digest, source) in try blobs.allStaged() where dropped.contains(digest) {
      _ = try collectStaged(digest, source)
    }
  }

  @discardableResult
  private func collect(_ digests: [Digest]) throws -> Int {
    var removed = 0
    for digest in digests {
      let isFree = try store.read { try !$0.isBlobReferred(digest) }
      if !isFree { try takeUp(digest) }
      guard isFree, try forget(digest) else { continue }
      // Pinned since: whoever needs it has found the file and will say that it is here.
      let isRemoved = try blobPins.withLock { pins in
        if pins[digest] != nil { return false }
        try blobs.remove(digest)
        return true
      }
      if isRemoved { removed += 1 }
    }
    return removed
  }

  /// A file whose command never came to its end may be what a record asks for since.
  private func takeUp(_ digest: Digest) throws {
    if try store.read({ try $0.hasBlob(digest) }) { return }
    guard let size = try blobs.size(of: digest), try blobs.check(digest) else { return }
    try store.write { try $0.blobArrived(digest, size: size) }
  }

  private func collectStaged(_ digest: Digest, _ source: String) throws -> Bool {
    if try store.read({ try $0.awaitedSize(of: digest) }) != nil { return false }
    return try blobPins.withLock { pins in
      if pins[digest] != nil { return false }
      try blobs.dropStaged(digest, from: source)
      return true
    }
  }

  /// Strikes a blob from the table, where it is still free.
  private func forget(_ digest: Digest) throws -> Bool {
    try store.write { transaction in
      if blobPins.withLock({ $0[digest] != nil }) { return false }
      if try transaction.isBlobReferred(digest) { return false }
      if try transaction.draftedSize(of: digest) != nil { return false }
      if try transaction.hasBlob(digest) { try transaction.dropBlob(digest) }
      return true
    }
  }

  /// Reads every blob that is here; what is damaged or gone is wanted again. Answers those.
  package func checkBlobs(_ progress: (Int) -> Void = { _ in }) throws -> [Digest] {
    var lost: [Digest] = []
    for (place, digest) in try store.read({ try $0.blobs() }).enumerated() {
      progress(place)
      if try pinning(digest, { try blobs.check(digest) }) { continue }
      try store.write { try $0.blobLost(digest) }
      lost.append(digest)
    }
    return lost
  }
}
