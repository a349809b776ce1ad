import Networking
import NodeCore
import Testing

@testable import Commands

extension Shell {
  /// The daemon of one node in this process, on a port of the system's choice. `name` is below this
  /// shell's directory; `vfs` names another file system; `log` is told each line.
  func serve(
    _ name: String, vfs: String? = nil, isJSON: Bool = false,
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> Daemon {
    let directory = NodeDirectory(path: name == "." ? self.directory : "\(self.directory)/\(name)")
    let lock = try #require(try DirectoryLock.take(directory))
    let node = try OpenNode(directory, lock: lock, language: .en, vfs: vfs)
    let daemon = try Daemon(
      nodes: [node], sockets: [directory.socketPath],
      listen: [.tcp(host: "127.0.0.1", port: 0)], isRoot: false,
      log: Log(isJSON: isJSON, offsetMinutes: 0, now: { 0 }, write: log))
    try daemon.start()
    return daemon
  }
}
