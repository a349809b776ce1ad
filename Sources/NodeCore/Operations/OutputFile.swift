import Glibc

/// A file that somebody named for an operation to write. It is there whole, and on the disk, or not
/// at all: written beside, flushed, moved into place.
package struct OutputFile {
  package let path: String
  private let replaces: Bool

  package init(_ path: String, replaces: Bool) {
    self.path = path
    self.replaces = replaces
  }

  private var beside: String { path + ".new" }

  /// Refuses where something stands there that must not be replaced, or its folder takes nothing.
  package func check() throws(Refusal) {
    let folder = OutputFile.folder(of: path)
    guard access(folder, W_OK) == 0 else {
      switch errno {
      case ENOENT, ENOTDIR:
        throw Refusal(.unreadableFile, folder, String(cString: strerror(errno)))
      default: throw OutputFile.failure(folder)
      }
    }
    if !replaces, access(path, F_OK) == 0 { throw Refusal(.fileExists, path) }
  }

  /// The body writes the file that it is told.
  package func write(_ body: (String) throws -> Void) throws {
    try check()
    unlink(beside)
    do {
      try body(beside)
      try OutputFile.flush(beside)
    } catch {
      unlink(beside)
      throw error
    }
    guard rename(beside, path) == 0 else {
      defer { unlink(beside) }
      throw OutputFile.failure(path)
    }
    try OutputFile.flush(OutputFile.folder(of: path))
  }

  /// Makes a file that only its owner reads.
  package static func create(_ path: String, _ octets: [UInt8]) throws(Refusal) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    try put(octets, descriptor, path)
  }

  private static func put(
    _ octets: [UInt8], _ descriptor: Int32, _ path: String
  ) throws(Refusal) {
    var rest = octets[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure(path) }
      rest = rest.dropFirst(written)
    }
  }

  /// Adds to the end of a file that is there.
  package static func append(_ path: String, _ octets: [UInt8]) throws(Refusal) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    try put(octets, descriptor, path)
  }

  /// A file, or the names in a folder, are on the disk when this returns.
  package static func flush(_ path: String) throws(Refusal) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  package static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: 0x2F) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  package static func failure(_ path: String) -> Refusal {
    switch errno {
    case EACCES, EROFS, EPERM: Refusal(.readOnly, path)
    case ENOSPC, EDQUOT: Refusal(.diskFull, path)
    default: Refusal(.ioError, path, String(cString: strerror(errno)))
    }
  }
}
