import CLinux
import Glibc

/// A process of the program under test. Its output comes over pipes; nothing else is inherited.
struct ChildProcess: Sendable {
  let id: pid_t
  let output: Int32
  let errors: Int32

  /// Nil where the system gives no process. `errorFile` takes standard error in place of a pipe.
  init?(
    _ program: String, _ words: [String], environment: [String: String], errorFile: String? = nil
  ) {
    var outputs: [Int32] = [-1, -1]
    var problems: [Int32] = [-1, -1]
    guard pipe2(&outputs, O_CLOEXEC) == 0 else { return nil }
    if let errorFile {
      problems[1] = open(errorFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    } else if pipe2(&problems, O_CLOEXEC) != 0 {
      return nil
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputs[1], 1)
    posix_spawn_file_actions_adddup2(&actions, problems[1], 2)
    let arguments = ([program] + words).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var id = pid_t()
    let status = posix_spawn(&id, program, &actions, nil, arguments, variables)
    close(outputs[1])
    close(problems[1])
    guard status == 0 else {
      close(outputs[0])
      if errorFile == nil { close(problems[0]) }
      return nil
    }
    self.id = id
    output = outputs[0]
    errors = problems[0]
  }

  func kill() { Glibc.kill(id, SIGKILL) }

  /// Waits for its end: the exit status, or nil where a signal ended it.
  func reap() -> Int32? {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    close(output)
    if errors >= 0 { close(errors) }
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }

  /// What it says on both pipes until it closes them, or until `deadline`, a moment; whether it
  /// closed them.
  func read(until deadline: Double) -> (output: [UInt8], errors: [UInt8], ended: Bool) {
    var texts: [[UInt8]] = [[], []]
    var descriptors = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while descriptors.contains(where: { $0.fd >= 0 }) {
      let left = deadline - Moment.now()
      if left <= 0 { return (texts[0], texts[1], false) }
      guard poll(&descriptors, 2, Int32(min(left * 1000, 60_000)) + 1) > 0 else { continue }
      for index in 0..<2 where descriptors[index].fd >= 0 && descriptors[index].revents != 0 {
        let count = Glibc.read(descriptors[index].fd, &buffer, buffer.count)
        if count > 0 {
          texts[index] += buffer[..<count]
        } else if count == 0 || errno != EINTR {
          descriptors[index].fd = -1
        }
      }
    }
    return (texts[0], texts[1], true)
  }
}
