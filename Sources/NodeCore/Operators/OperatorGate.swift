import Replication
import SiteGroup
import Storage

extension OperationContext {
  /// Whether the caller may do this at all, by the table of rights.
  func permit(_ spec: OperationSpec, _ arguments: Arguments) throws {
    try node.store.read(asksFollowers: false) { snapshot in
      try snapshot.permit(
        operatorName, spec.name, OperatorRights.roles(for: spec.name, changes: spec.changes))
      for parameter in spec.parameters {
        guard case .flag = parameter.kind, arguments.flag(parameter.name),
          let needed = OperatorRights.roles(for: spec.name, option: parameter.optionName)
        else { continue }
        try snapshot.permit(operatorName, "\(spec.name) \(parameter.optionName)", needed)
      }
    }
  }

  /// What an operation finds to be needed besides, once it knows on what it works.
  func require(_ act: String, in snapshot: Snapshot) throws {
    try snapshot.permit(operatorName, act, OperatorRights.roles(for: act, changes: true))
  }

  /// Who last changed an item's content may not be who passes it. 办法 Art. 13.
  func requireOther(thanEditorOf key: RecordKey, in snapshot: Snapshot) throws {
    guard try snapshot.hasOperators(),
      let last = try snapshot.lastAuditEntry(of: key, operations: OperationContext.edits),
      last.event.operatorName.utf8.elementsEqual(operatorName.utf8)
    else { return }
    throw Refusal(.ownWork, key.id.description, operatorName)
  }

  private static let edits: Set<String> = [
    "item add", "item edit", "item import", "conflicts restore",
  ]

  /// The same for content that is published as it is written, where review comes first here.
  func requireReview(of key: RecordKey, in snapshot: Snapshot) throws {
    guard node.settings.reviewsBeforePublishing, try snapshot.hasOperators() else { return }
    throw Refusal(.ownWork, key.id.description, operatorName)
  }
}

extension Snapshot {
  /// Until there is an operator, any name may do all.
  package func permit(_ name: String, _ act: String, _ needed: [OperatorRole]) throws {
    guard try hasOperators() else { return }
    guard let account = try operatorAccount(name) else { throw Refusal(.unknownOperator, name) }
    guard account.isEnabled else { throw Refusal(.operatorDisabled, name) }
    if needed.contains(where: { account.roles.contains($0.rawValue) }) { return }
    throw Refusal(
      .roleMissing, name, act, needed.map(\.rawValue).joined(separator: ", "))
  }
}
