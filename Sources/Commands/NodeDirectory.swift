import Glibc
import NodeCore

/// A node's directory as the shell sees it: who owns it, where its daemon listens.
struct NodeDirectory: Sendable {
  let path: String

  var lockPath: String { "\(path)/lock" }
  var socketPath: String { "\(path)/node.sock" }
  var configurationPath: String { "\(path)/\(Configuration.fileName)" }

  /// Whether a store stands here.
  var isNode: Bool { access("\(path)/\(Node.storeName)", F_OK) == 0 }

  func requireNode() throws(Refusal) {
    if isNode { return }
    guard errno == ENOENT || errno == ENOTDIR else {
      throw Refusal(.unreadableFile, path, String(cString: strerror(errno)))
    }
    throw Refusal(.notANode, path)
  }

  /// The file of certificate authorities that the configuration names; a relative path begins here.
  func certificatesFile(_ configuration: Configuration) -> String? {
    configuration.certificatesFile.map { $0.utf8.first == 0x2F ? $0 : "\(path)/\($0)" }
  }

  /// Where pages go; a relative path begins here.
  func pageSettings(_ configuration: Configuration) -> PageSettings? {
    guard var pages = configuration.pages else { return nil }
    if pages.directory.utf8.first != 0x2F { pages.directory = "\(path)/\(pages.directory)" }
    pages.directory = PageSettings.canonical(pages.directory)
    return pages
  }

  /// What the configuration file says; the defaults where there is none.
  func configuration(_ language: Language) throws(Refusal) -> Configuration {
    guard access(configurationPath, F_OK) == 0 else { return Configuration() }
    let text = try InputFile.text(
      of: configurationPath, bytesMax: Configuration.fileBytesMax)
    let configuration = try Configuration(text, path: configurationPath, language: language)
    return try withCredentials(configuration, language)
  }

  /// The directories beneath this one that hold a store, in byte order of their names.
  func nodesBeneath() throws(Refusal) -> [NodeDirectory] {
    guard let stream = opendir(path) else {
      throw Refusal(.unreadableFile, path, String(cString: strerror(errno)))
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
      .map { NodeDirectory(path: "\(path)/\($0)") }
      .filter(\.isNode)
  }

  /// Whether the directory had to be made.
  func make() throws(Refusal) -> Bool {
    if mkdir(path, 0o700) == 0 { return true }
    switch errno {
    case EEXIST: return false
    case EACCES, EROFS, EPERM: throw Refusal(.readOnly, path)
    case ENOSPC: throw Refusal(.diskFull, path)
    default: throw Refusal(.ioError, path, String(cString: strerror(errno)))
    }
  }

  /// Takes away a directory that was made in vain.
  func unmake() {
    unlink(lockPath)
    rmdir(path)
  }
}

/// The right to a node's directory. One process has it at a time, until the value goes; the kernel
/// takes it back from a process that dies.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Nil while another process has it.
  static func take(_ directory: NodeDirectory) throws(Refusal) -> DirectoryLock? {
    let descriptor = open(directory.lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      switch errno {
      case EACCES, EROFS, EPERM: throw Refusal(.readOnly, directory.path)
      case ENOSPC: throw Refusal(.diskFull, directory.path)
      default: throw Refusal(.ioError, directory.lockPath, String(cString: strerror(errno)))
      }
    }
    let lock = DirectoryLock(descriptor: descriptor)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno != EINTR { return nil }
    }
    return lock
  }

  deinit {
    // A child that is just being started has the file open too, until it runs its own program.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Waits for it, asking `meanwhile` in every round: a value from there ends the wait.
  static func wait<Other>(
    for directory: NodeDirectory, milliseconds: Int64, meanwhile: () throws -> Other?
  ) throws -> Claim<Other> {
    let deadline = Monotonic.milliseconds() + milliseconds
    while true {
      if let other = try meanwhile() { return .other(other) }
      if let lock = try DirectoryLock.take(directory) { return .lock(lock) }
      guard Monotonic.milliseconds() < deadline else {
        throw Refusal(.storeBusy, directory.path)
      }
      usleep(20_000)
    }
  }

  enum Claim<Other> {
    case lock(DirectoryLock)
    case other(Other)
  }
}
