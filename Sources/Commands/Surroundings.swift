import FoundationEssentials
import Glibc

/// What a command has around it: tests give it their own.
package struct Surroundings: Sendable {
  package let environment: [String: String]
  /// The directory that relative paths start from.
  package let workingDirectory: String
  /// Whether somebody watches standard error.
  package let errorIsTerminal: Bool
  /// Takes whole texts; a line end comes with them. False where nobody reads any more.
  package let output: @Sendable (String) -> Bool
  package let error: @Sendable (String) -> Void

  package init(
    environment: [String: String], workingDirectory: String, errorIsTerminal: Bool = false,
    output: @escaping @Sendable (String) -> Bool, error: @escaping @Sendable (String) -> Void
  ) {
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.errorIsTerminal = errorIsTerminal
    self.output = output
    self.error = error
  }

  /// Those of this process.
  static func ofProcess() -> Surroundings {
    Surroundings(
      environment: ProcessInfo.processInfo.environment,
      workingDirectory: FileManager.default.currentDirectoryPath,
      errorIsTerminal: isatty(2) == 1,
      output: { Surroundings.write($0, to: 1) }, error: { _ = Surroundings.write($0, to: 2) })
  }

  /// The path made absolute, otherwise as it was given.
  func absolute(_ path: String) -> String {
    path.utf8.first == 0x2F ? path : "\(workingDirectory)/\(path)"
  }

  /// Writes it all; false, quietly, where nobody reads any more.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var octets = Array(text.utf8)[...]
    while !octets.isEmpty {
      let written = octets.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        return false
      }
      octets = octets.dropFirst(written)
    }
    return true
  }
}
