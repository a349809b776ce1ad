import Bytes
import Glibc
import NodeCore

/// The directory that pages are published into. Every step of a path is opened without following
/// links, so that nothing is ever written, read or removed outside. A file is there whole, and on
/// the disk, or as it was: staged, flushed, moved into place.
final class PageDirectory {
  let path: String
  private let root: Int32

  /// Where files are made before they are moved; web servers must not serve it.
  static let stagingName = ".sitegroup"

  /// Makes the directory where there is none.
  init(_ path: String, creating: Bool) throws(Refusal) {
    self.path = path
    if creating, mkdir(path, 0o755) == 0 { chmod(path, 0o755) }
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw OutputFile.failure(path) }
  }

  deinit { close(root) }

  // MARK: folders

  /// The open folder that a path stands in; nil where a step of it is no folder.
  private func folder(of path: String, creating: Bool) -> Int32? {
    var descriptor = dup(root)
    for step in path.split(separator: "/").dropLast() {
      if creating, mkdirat(descriptor, String(step), 0o755) == 0 {
        fchmodat(descriptor, String(step), 0o755, 0)
        fsync(descriptor)
      }
      let next = openat(
        descriptor, String(step), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(descriptor)
      guard next >= 0 else { return nil }
      descriptor = next
    }
    return descriptor
  }

  private func within<T>(
    _ path: String, creating: Bool, _ body: (Int32, String) throws(Refusal) -> T
  ) throws(Refusal) -> T? {
    guard let folder = folder(of: path, creating: creating) else { return nil }
    defer { close(folder) }
    return try body(folder, path.split(separator: "/").last.map(String.init) ?? path)
  }

  private func failure(_ path: String) -> Refusal { OutputFile.failure("\(self.path)/\(path)") }

  // MARK: writing

  /// A file that is written, and not in its place yet.
  final class Staged {
    fileprivate let descriptor: Int32
    fileprivate let name: String
    fileprivate let path: String

    fileprivate init(_ descriptor: Int32, name: String, path: String) {
      (self.descriptor, self.name, self.path) = (descriptor, name, path)
    }

    deinit { close(descriptor) }
  }

  /// The body writes the file, piece by piece. `number` is free among what is staged now.
  func stage(
    _ path: String, number: Int, _ body: ((ArraySlice<UInt8>) throws -> Void) throws -> Void
  ) throws -> Staged {
    let name = "\(PageDirectory.stagingName)/\(number)"
    let descriptor = try within(name, creating: true) { (folder, last) throws(Refusal) in
      unlinkat(folder, last, 0)
      let descriptor = openat(
        folder, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw failure(name) }
      return descriptor
    }
    guard let descriptor else { throw failure(name) }
    let staged = Staged(descriptor, name: name, path: path)
    // Readable for the web server, whatever this process's mask is.
    guard fchmod(descriptor, 0o644) == 0 else { throw failure(name) }
    try body { octets in
      var rest = octets
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw self.failure(path) }
        rest = rest.dropFirst(written)
      }
    }
    return staged
  }

  /// Puts them all in their places, durably.
  func commit(_ files: [Staged]) throws(Refusal) {
    for file in files where fsync(file.descriptor) != 0 { throw failure(file.path) }
    for file in files {
      let isMoved = try within(file.path, creating: true) { (folder, last) throws(Refusal) in
        // What stands there and is no file was put there by somebody else.
        guard renameat(root, file.name, folder, last) == 0 else { throw failure(file.path) }
        guard fsync(folder) == 0 else { throw failure(file.path) }
        return true
      }
      if isMoved == nil { throw failure(file.path) }
    }
  }

  /// What is not there is removed already. Folders that become empty go too.
  func remove(_ path: String) throws(Refusal) {
    _ = try within(path, creating: false) { (folder, last) throws(Refusal) in
      guard unlinkat(folder, last, 0) == 0 || errno == ENOENT else { throw failure(path) }
      guard fsync(folder) == 0 else { throw failure(path) }
    }
    var steps = path.split(separator: "/").dropLast()
    while !steps.isEmpty {
      let parent = steps.joined(separator: "/")
      let isGone = try within(parent, creating: false) { (folder, last) throws(Refusal) in
        unlinkat(folder, last, AT_REMOVEDIR) == 0
      }
      guard isGone == true else { return }
      steps = steps.dropLast()
    }
  }

  // MARK: reading

  /// The octets of a file in pieces; nil where no plain file stands at the path. Answers its size.
  func read(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(Refusal) -> Int64? {
    let found = try within(path, creating: false) { (folder, last) throws(Refusal) -> Int64? in
      let descriptor = openat(folder, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      var facts = stat()
      guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      var size: Int64 = 0
      while true {
        let count = chunk.withUnsafeMutableBytes {
          Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw failure(path) }
        if count == 0 { return size }
        size += Int64(count)
        body(chunk[..<count])
      }
    }
    return found ?? nil
  }

  /// Whether anything stands at the path, whatever it is.
  func hasEntry(_ path: String) -> Bool {
    guard let folder = folder(of: path, creating: false) else { return false }
    defer { close(folder) }
    var facts = stat()
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return fstatat(folder, last, &facts, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Everything beneath that is no folder, in byte order; the body answers false to stop.
  func each(_ body: (String) throws -> Bool) throws { _ = try each("", body) }

  private func each(_ parent: String, _ body: (String) throws -> Bool) throws -> Bool {
    for (name, isFolder) in entries(parent) {
      let path = parent.isEmpty ? name : "\(parent)/\(name)"
      if isFolder {
        guard try each(path, body) else { return false }
      } else {
        guard try body(path) else { return false }
      }
    }
    return true
  }

  private func entries(_ parent: String) -> [(name: String, isFolder: Bool)] {
    guard let folder = folder(of: parent + "/x", creating: false) else { return [] }
    // `dup` shares the place in the listing with the first descriptor of the folder.
    lseek(folder, 0, SEEK_SET)
    guard let stream = fdopendir(folder) else {
      close(folder)
      return []
    }
    defer { closedir(stream) }
    var found: [(String, Bool)] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { octets in
        String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." { continue }
      var facts = stat()
      guard fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
        // A name that is no UTF-8 is nobody's page.
        found.append((name, false))
        continue
      }
      found.append((name, facts.st_mode & S_IFMT == S_IFDIR))
    }
    return found.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// Whether a path is one of a file that is being made.
  static func isStaging(_ path: String) -> Bool {
    let head = Array("\(stagingName)/".utf8)
    return path.utf8.starts(with: head)
      && path.utf8.dropFirst(head.count).allSatisfy { (0x30...0x39).contains($0) }
  }
}
