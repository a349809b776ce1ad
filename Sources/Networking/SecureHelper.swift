import CLinux
import Glibc

/// The program that speaks TLS: `sitegroup-https`, beside the one that runs.
package struct SecureHelper: Sendable, Equatable {
  package static let name = "sitegroup-https"

  package let path: String
  /// Replaces the system's certificate authorities.
  package let certificatesFile: String?

  package init(path: String, certificatesFile: String? = nil) {
    self.path = path
    self.certificatesFile = certificatesFile
  }

  /// Where it stands where it is installed.
  package static let installedPath: String = {
    var octets = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &octets, octets.count - 1)
    let own = octets.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let directory = own.prefix(upTo: own.lastIndex(of: 0x2F) ?? 0)
    return String(decoding: directory, as: UTF8.self) + "/" + name
  }()

  package var isInstalled: Bool { access(path, X_OK) == 0 }
}

/// A process of the helper, which ends with this value.
final class HelperProcess {
  private let identifier: pid_t

  /// Starts it with its end of a socket as standard input; gives the other end.
  static func start(
    _ helper: SecureHelper, _ base: String
  ) throws(SystemError) -> (process: HelperProcess, descriptor: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last("socketpair", helper.path) }
    defer { close(ends[1]) }
    do throws(SystemError) {
      let process = HelperProcess(try spawn(helper, base, input: ends[1]))
      _ = fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK)
      return (process, ends[0])
    } catch {
      close(ends[0])
      throw error
    }
  }

  private init(_ identifier: pid_t) { self.identifier = identifier }

  deinit {
    // It has nothing to lose, and may be waiting for an answer.
    kill(identifier, SIGKILL)
    while waitpid(identifier, nil, 0) < 0 && errno == EINTR {}
  }

  private static func spawn(
    _ helper: SecureHelper, _ base: String, input: Int32
  ) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    // The daemon blocks signals that must end this process.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = [helper.path, base] + (helper.certificatesFile.map { [$0] } ?? [])
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var identifier = pid_t()
    let status = posix_spawn(&identifier, helper.path, &actions, &attributes, &arguments, environ)
    if status != 0 { throw SystemError("start", helper.path, number: status) }
    return identifier
  }
}
