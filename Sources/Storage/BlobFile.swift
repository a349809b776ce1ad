import Glibc

/// One open file. Errors carry the path.
package struct BlobFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let files: BlobFiles

  package init(
    _ path: String, _ flags: Int32, by files: BlobFiles = BlobFiles()
  ) throws(BlobFault) {
    let fault = files.fault?(.open, path)
    self.path = path
    self.files = files
    descriptor = fault == nil ? open(path, flags | O_CLOEXEC, 0o600) : -1
    if descriptor < 0 { throw .of(path, fault ?? errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// At most `count` octets; fewer only at the end of the file.
  package func read(at offset: Int64, count: Int) throws(BlobFault) -> [UInt8] {
    try files.begin(.read, path)
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
    if problem != 0 { throw .of(path, problem) }
    return octets
  }

  package func write(_ octets: [UInt8], at offset: Int64) throws(BlobFault) {
    if let number = files.fault?(.write, path) {
      // A write that fails may well have come half way.
      _ = octets.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count / 2, Int(offset)) }
      throw .of(path, number)
    }
    var done = 0
    while done < octets.count {
      let written = octets.withUnsafeBytes { buffer in
        pwrite(
          descriptor, buffer.baseAddress.map { $0 + done }, octets.count - done,
          Int(offset) + done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw .of(path) }
      done += written
    }
  }

  package func cut(to size: Int64) { _ = ftruncate(descriptor, Int(size)) }

  package func flush() throws(BlobFault) {
    try files.begin(.sync, path)
    if fsync(descriptor) != 0 { throw .of(path) }
  }
}
