import HTTPCore
import NodeCore

/// What the shell asks of a node that is open in this process. Called from any thread.
package protocol HostedNode: Sendable {
  /// The site's code, which is also its path beneath `serve --root`.
  var code: String { get }

  func perform<O: Operation>(_ type: O.Type, _ arguments: Arguments, _ caller: Caller)
    throws -> O.Output
}

/// Who asks for an operation, and how.
package struct Caller: Sendable {
  package let operatorName: String
  package let dryRun: Bool
  package let progress: @Sendable (String) -> Void

  package init(
    operatorName: String, dryRun: Bool,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.operatorName = operatorName
    self.dryRun = dryRun
    self.progress = progress
  }
}
