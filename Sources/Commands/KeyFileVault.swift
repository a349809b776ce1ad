import FoundationEssentials
import Glibc
import NodeCore

/// Keeps a node's secrets in `keys.json` of its directory, readable by its owner alone. A save is
/// on the disk, whole, before it returns: written beside, flushed, moved into place.
struct KeyFileVault: KeyVault {
  let directory: String

  var path: String { "\(directory)/keys.json" }
  private static let bytesMax = 16 << 20

  func load() throws -> KeyFile {
    guard access(path, F_OK) == 0 else { return KeyFile() }
    return try KeyFileVault.read(path)
  }

  static func read(_ path: String) throws -> KeyFile {
    let bytes = try InputFile.bytes(of: path, bytesMax: KeyFileVault.bytesMax)
    do {
      return try JSONDecoder().decode(KeyFile.self, from: Data(bytes))
    } catch {
      // The decoder's words could hold a secret: they go no further.
      throw Refusal(.damagedStore, path, "JSON")
    }
  }

  func save(_ file: KeyFile) throws {
    let beside = path + ".new"
    unlink(beside)
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure() }
    do {
      defer { close(descriptor) }
      try write(AnswerJSON.encode(file), to: descriptor)
      guard fsync(descriptor) == 0 else { throw failure() }
    } catch {
      unlink(beside)
      throw error
    }
    guard rename(beside, path) == 0 else { throw failure() }
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure() }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw failure() }
  }

  private func write(_ octets: [UInt8], to descriptor: Int32) throws(Refusal) {
    var rest = octets[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      rest = rest.dropFirst(written)
    }
  }

  private func failure() -> Refusal {
    switch errno {
    case EACCES, EROFS, EPERM: Refusal(.readOnly, directory)
    case ENOSPC, EDQUOT: Refusal(.diskFull, directory)
    default: Refusal(.ioError, path, String(cString: strerror(errno)))
    }
  }
}
