import Storage

/// What an operation says: one value, many views. Its coding keys are the JSON that other programs
/// rely on (snake_case; lists under a plural name).
package protocol Answer: Codable, Sendable {
  /// 0 fine, 1 it worked and found something to act on, 3 a neighbour was unreachable.
  var exitStatus: Int32 { get }

  /// Whether the shell shows this and asks again, with the flag `wait`, until somebody ends it.
  var goesOn: Bool { get }

  /// Whether there is nothing to show.
  var isQuiet: Bool { get }

  /// What has to be told on standard error besides; nil where there is nothing.
  func complaint(_ language: Language) -> Refusal?

  /// The answer for people, without a final line end.
  func text(_ language: Language) -> String
}

extension Answer {
  package var exitStatus: Int32 { 0 }
  package var goesOn: Bool { false }
  package var isQuiet: Bool { false }
  package func complaint(_ language: Language) -> Refusal? { nil }
}

/// One thing that a node does for somebody, decoded from argv, JSON or a form.
package protocol Operation: Sendable {
  associatedtype Output: Answer

  static var spec: OperationSpec { get }

  /// Reads and checks its arguments; reads no state.
  init(_ arguments: Arguments) throws

  func run(in context: OperationContext) throws -> Output
}

/// What an operation runs with.
package struct OperationContext {
  package let node: Node
  /// Who asked, for the audit log.
  package let operatorName: String
  /// Whether to answer as if done, and do nothing.
  package let dryRun: Bool
  /// Says to people how far a long operation is.
  package let progress: @Sendable (String) -> Void
  /// What the audit is told of it; nil where it is not asked for by anybody.
  let act: AuditEvent?

  package init(
    node: Node, operatorName: String, dryRun: Bool = false,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.node = node
    self.operatorName = operatorName
    self.dryRun = dryRun
    self.progress = progress
    act = nil
  }

  init(_ context: OperationContext, _ act: AuditEvent) {
    node = context.node
    operatorName = context.operatorName
    dryRun = context.dryRun
    progress = context.progress
    self.act = act
  }
}
