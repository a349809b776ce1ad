import Bytes
import Glibc
import Library
import SiteGroup
import Storage

/// Takes files in as blobs, before the transaction that refers to them; they are not collected
/// while this lives. The same content is kept once.
final class AttachmentIntake {
  private let node: Node
  private let keeps: Bool
  private var pinned: [Digest: Int64] = [:]
  /// Staged whole, while the place where blobs are kept cannot be used: their items wait.
  private var waiting: Set<Digest> = []

  /// Without `keeps`, files are only read.
  init(_ node: Node, keeps: Bool) {
    self.node = node
    self.keeps = keeps
  }

  deinit {
    for digest in pinned.keys { node.unpin(digest) }
  }

  func take(_ path: String) throws -> Attachment {
    let file: BlobFile
    do throws(BlobFault) {
      file = try BlobFile(path, O_RDONLY)
    } catch {
      throw Refusal(.unreadableFile, path, AttachmentIntake.words(error))
    }
    let (digest, size) = try measure(file, path)
    if pinned.updateValue(size, forKey: digest) == nil { node.pin(digest) }
    if keeps, try !isKept(digest) { try copy(file, digest, size, path) }
    let name = path.utf8.split(separator: 0x2F).last.flatMap { String($0) } ?? path
    return Attachment(
      digest: digest, size: size, name: name, mediaType: Attachment.mediaType(ofName: name))
  }

  /// Says in the transaction that the blobs are here.
  func settle(in transaction: Transaction) throws {
    for (digest, size) in pinned.sorted(by: { $0.key < $1.key })
    where !waiting.contains(digest) {
      try transaction.blobArrived(digest, size: size)
    }
  }

  private func measure(
    _ file: borrowing BlobFile, _ path: String
  ) throws -> (Digest, Int64) {
    var stream = DigestStream(node.store.identity.algorithm)
    var size: Int64 = 0
    while true {
      let chunk = try file.read(at: size, count: BlobLimits.chunkOctets)
      if chunk.isEmpty { break }
      stream.update(chunk)
      size += Int64(chunk.count)
      guard size <= ItemLimits.attachmentOctetsMax else {
        throw Refusal(.fileTooLarge, path, String(ItemLimits.attachmentOctetsMax))
      }
    }
    guard size > 0 else { throw Refusal(.emptyFile, path) }
    return (stream.finish(), size)
  }

  private func isKept(_ digest: Digest) throws(BlobFault) -> Bool {
    do throws(BlobFault) {
      return try node.blobs.size(of: digest) != nil
    } catch .unreachable, .denied {
      return false
    }
  }

  private func copy(
    _ file: borrowing BlobFile, _ digest: Digest, _ size: Int64, _ path: String
  ) throws {
    // A place of its own: two may take the same file in at a time.
    let source = "local-" + Hex.encode(node.ports.random(4))
    var offset: Int64 = 0
    do {
      while offset < size {
        let chunk = try file.read(at: offset, count: BlobLimits.chunkOctets)
        if chunk.isEmpty { break }
        offset = try node.blobs.stage(chunk, of: digest, at: offset, from: source)
      }
    } catch {
      try node.blobs.dropStaged(digest, from: source)
      throw error
    }
    do throws(BlobFault) {
      if try node.blobs.finish(digest, size: size, from: source) { return }
    } catch .unreachable, .denied {
      waiting.insert(digest)
      return
    }
    throw Refusal(.attachmentChanged, path)
  }

  private static func words(_ fault: BlobFault) -> String {
    switch fault {
    case .input(_, let what): what
    case .readOnly: String(cString: strerror(EACCES))
    case .full: String(cString: strerror(ENOSPC))
    case .unreachable(_, let what), .denied(_, let what): what
    case .missing, .damaged: ""
    }
  }
}
