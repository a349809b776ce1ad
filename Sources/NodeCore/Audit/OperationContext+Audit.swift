import HTTPCore
import Storage

extension OperationContext {
  /// Runs an operation as its caller asked, where the caller has the role for it: whatever it
  /// changes, and a refusal, is told to the audit with the caller's name.
  package func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments
  ) throws -> O.Output {
    let operation = try type.init(arguments)
    let act = AuditEvent(
      .ofOperation(type.spec), operatorName: operatorName, operation: type.spec.name,
      subject: OperationContext.subject(of: arguments, type.spec))
    do {
      try permit(type.spec, arguments)
    } catch let refusal as Refusal {
      note(refusal, of: act)
      throw refusal
    }
    do {
      return try operation.run(in: OperationContext(self, act))
    } catch {
      let refusal = Refusal.of(error)
      if type.spec.changes, !dryRun, refusal.isRuled { note(refusal, of: act) }
      throw error
    }
  }

  private func note(_ refusal: Refusal, of act: AuditEvent) {
    var event = act
    event.kind = .refusal
    event.result = refusal.reason.rawValue
    node.noteRefusal(event)
  }

  /// What stands on the line in its place: options may hold secrets and contents.
  private static func subject(of arguments: Arguments, _ spec: OperationSpec) -> String {
    spec.parameters.filter(\.isPositional).flatMap { arguments.texts($0.name) }
      .joined(separator: " ")
  }

  /// Tells the audit of what this operation did outside the store.
  package func tell() throws {
    guard let act, !dryRun else { return }
    try node.store.write { $0.tell(act) }
  }
}

extension Refusal {
  /// Whether a rule or a state of the site group stands against it; not a slip of the keyboard, an
  /// absent neighbour or a full disk.
  var isRuled: Bool {
    // A sign-in is told by itself.
    if reason == .wrongPassword || reason == .operatorLocked { return false }
    guard reason.facts.exitStatus == 4 else { return false }
    switch reason.facts.problem {
    case .itemRejected, .reauth, .incompatible: return true
    case .operatorNeeded, .retryLater, .rebaseRequired: return false
    }
  }
}

extension AuditEvent.Kind {
  static func ofOperation(_ spec: OperationSpec) -> AuditEvent.Kind {
    switch (spec.noun, spec.verb) {
    case ("site", "token"), ("site", "rekey"), ("enrol", _), ("key", _): .key
    case ("operator", _): .role
    case ("backup", _), ("rejoin", _), ("verify", _), ("audit", _): .recovery
    default: .change
    }
  }
}
