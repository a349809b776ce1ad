import Glibc

/// One open file of a blob directory, and what is done to names there. Errors carry the path.
package struct BlobFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  package init(_ path: String, _ flags: Int32) throws(BlobFault) {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw BlobFile.fault(path) }
  }

  deinit { close(descriptor) }

  /// At most `count` octets; fewer only at the end of the file.
  package func read(at offset: Int64, count: Int) throws(BlobFault) -> [UInt8] {
    var problem: Int32 = 0
    let octets = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled,
          Int(offset) + filled)
        if got < 0, errno == EINTR { continue }
        if got < 0 { problem = errno }
        if got <= 0 { return }
        filled += got
      }
    }
    if problem != 0 { throw BlobFile.fault(path, problem) }
    return octets
  }

  package func write(_ octets: [UInt8], at offset: Int64) throws(BlobFault) {
    var done = 0
    while done < octets.count {
      let written = octets.withUnsafeBytes { buffer in
        pwrite(
          descriptor, buffer.baseAddress.map { $0 + done }, octets.count - done,
          Int(offset) + done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw BlobFile.fault(path) }
      done += written
    }
  }

  package func cut(to size: Int64) { _ = ftruncate(descriptor, Int(size)) }

  package func flush() throws(BlobFault) {
    if fsync(descriptor) != 0 { throw BlobFile.fault(path) }
  }

  // MARK: names

  /// Nil where there is none.
  static func size(of path: String) throws(BlobFault) -> Int64? {
    var facts = stat()
    if stat(path, &facts) == 0 { return Int64(facts.st_size) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw fault(path)
  }

  static func makeDirectory(_ path: String) throws(BlobFault) {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw fault(path) }
  }

  static func move(_ path: String, to other: String) throws(BlobFault) {
    if rename(path, other) != 0 { throw fault(path) }
  }

  /// What is not there is removed already.
  static func remove(_ path: String) throws(BlobFault) {
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR { throw fault(path) }
  }

  /// In byte order; none where there is no such directory.
  static func names(in path: String) throws(BlobFault) -> [String] {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw fault(path)
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

  private static func fault(_ path: String, _ number: Int32 = errno) -> BlobFault {
    switch number {
    case ENOSPC, EDQUOT: .full
    case EROFS, EACCES, EPERM: .readOnly
    default: .input(path: path, String(cString: strerror(number)))
    }
  }
}
