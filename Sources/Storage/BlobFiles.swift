import Glibc

/// A kind of call to the files of a blob directory.
package enum FileCall: Int, CaseIterable, Sendable {
  case open, read, write, sync, stat, makeDirectory, rename, remove, list
}

/// The files of a blob directory, and what is done to names there. Errors carry the path.
package struct BlobFiles: Sendable {
  /// Asked before each call; an error number makes it fail with that (for tests).
  let fault: (@Sendable (FileCall, String) -> Int32?)?

  package init(fault: (@Sendable (FileCall, String) -> Int32?)? = nil) { self.fault = fault }

  func begin(_ call: FileCall, _ path: String) throws(BlobFault) {
    if let number = fault?(call, path) { throw .of(path, number) }
  }

  /// Nil where there is none.
  func size(of path: String) throws(BlobFault) -> Int64? {
    try begin(.stat, path)
    var facts = stat()
    if stat(path, &facts) == 0 { return Int64(facts.st_size) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .of(path)
  }

  func makeDirectory(_ path: String) throws(BlobFault) {
    try begin(.makeDirectory, path)
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw .of(path) }
  }

  func move(_ path: String, to other: String) throws(BlobFault) {
    try begin(.rename, path)
    if rename(path, other) != 0 { throw .of(path) }
  }

  /// What is not there is removed already.
  func remove(_ path: String) throws(BlobFault) {
    try begin(.remove, path)
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR { throw .of(path) }
  }

  /// In byte order; none where there is no such directory.
  func names(in path: String) throws(BlobFault) -> [String] {
    try begin(.list, path)
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw .of(path)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { octets in
        String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.utf8.first != 0x2E { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension BlobFault {
  static func of(_ path: String, _ number: Int32 = errno) -> BlobFault {
    switch number {
    case ENOSPC, EDQUOT: .full
    case EROFS, EACCES, EPERM: .readOnly
    default: .input(path: path, String(cString: strerror(number)))
    }
  }
}
