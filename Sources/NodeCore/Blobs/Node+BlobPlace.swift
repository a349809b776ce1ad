import Bytes
import Library
import SiteGroup
import Storage

/// Bringing blobs to the place where the configuration wants them kept.
extension Node {
  /// Keeps what is staged whole and could not be kept before. `thoroughly`: also looks whether what
  /// is wanted is there already. Faults of the place are remembered by the store of blobs.
  package func landBlobs(thoroughly: Bool) throws {
    do {
      for (digest, source) in try blobs.allStaged() {
        guard let size = try store.read({ try $0.awaitedSize(of: digest) }),
          try blobs.stagedCount(digest, from: source) == size
        else { continue }
        try pinningIfFree(digest) {
          guard try blobs.finish(digest, size: size, from: source) else { return }
          try store.write { try $0.blobArrived(digest, size: size) }
        }
      }
      if thoroughly { try findBlobs() }
    } catch let fault as BlobFault where fault.isOfPlace {}
  }

  private func findBlobs() throws {
    for one in try store.read({ try $0.dueBlobs(limit: BlobLimits.listMax) }) {
      try pinningIfFree(one.digest) {
        guard try blobs.size(of: one.digest) == one.size, try blobs.check(one.digest) else {
          return
        }
        try store.write { try $0.blobArrived(one.digest, size: one.size) }
      }
    }
  }

  /// Takes what is kept in the wrong place to the right one. Answers what was damaged there.
  package func moveBlobs(_ progress: (Int, Int) -> Void) throws -> (moved: Int, lost: [Digest]) {
    let misplaced = try blobs.misplaced()
    var (moved, lost) = (0, [Digest]())
    for (place, digest) in misplaced.enumerated() {
      progress(place, misplaced.count)
      do {
        try pinning(digest) { try blobs.settle(digest) }
        moved += 1
      } catch BlobFault.damaged {
        try store.write { try $0.blobLost(digest) }
        lost.append(digest)
      } catch BlobFault.missing {
        // Collected meanwhile.
      }
    }
    return (moved, lost)
  }

  /// Nothing where something else is doing something with the blob.
  private func pinningIfFree(_ digest: Digest, _ body: () throws -> Void) rethrows {
    let isFree = blobPins.withLock { pins in
      if pins[digest] != nil { return false }
      pins[digest] = 1
      return true
    }
    if !isFree { return }
    defer { unpin(digest) }
    try body()
  }
}

extension Snapshot {
  /// The size of a blob that a record or a draft refers to and that is not here; else nil.
  func awaitedSize(of digest: Digest) throws -> Int64? {
    if try hasBlob(digest) { return nil }
    return try wantedBlobSize(digest) ?? draftedSize(of: digest)
  }

  /// The size of a blob that a draft refers to.
  func draftedSize(of digest: Digest) throws -> Int64? {
    for draft in try drafts() {
      if let found = draft.record.attachments.first(where: { $0.digest == digest }) {
        return found.size
      }
    }
    return nil
  }
}
