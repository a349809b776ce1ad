import Library
import Replication
import SiteGroup
import Storage

/// Names that a node has for itself before its parent's registry reaches it.
package struct NodeProfile: Sendable, Equatable {
  package var name: String
  package var kind: SiteKind

  package init(name: String, kind: SiteKind) {
    self.name = name
    self.kind = kind
  }
}

extension Node {
  package func profile() throws -> NodeProfile {
    try store.read { snapshot in
      NodeProfile(
        name: try snapshot.meta("name") ?? site.text,
        kind: try snapshot.meta("kind").flatMap(SiteKind.init) ?? .department)
    }
  }

  /// Writes who this node is; a root registers itself.
  package func begin(
    as profile: NodeProfile, isRoot: Bool, by operatorName: String? = nil
  ) throws {
    try store.write { transaction in
      if let operatorName {
        transaction.attribute(
          to: AuditEvent(
            .change, operatorName: operatorName, operation: "init", subject: site.text), .always)
      }
      try transaction.setMeta("name", profile.name)
      try transaction.setMeta("kind", profile.kind.rawValue)
      if isRoot {
        try transaction.write(
          SiteRecord.register(
            site, name: profile.name, kind: profile.kind, state: .enrolled, by: site))
      }
    }
  }

  /// The parent's side of an enrolment: registers the child and opens its link.
  package func admit(_ child: SiteCode, as profile: NodeProfile, in transaction: Transaction) throws
  {
    let isKnown = try transaction.link(to: child) != nil
    try transaction.addLink(to: child, isUpstream: false)
    // A token lifts no suspension.
    let isSuspended = library.directory.tree.sites[child]?.state == .suspended
    try transaction.write(
      SiteRecord.register(
        child, name: profile.name, kind: profile.kind, state: isSuspended ? nil : .enrolled,
        by: site))
    if isKnown { return }
    try transaction.settle()
    try library.scope.addedLink(to: child, in: transaction)
  }

  /// The child's side: opens the link to its upstream. A site that gets a new server begins with an
  /// empty store: until it is first in step it takes its own cells from above.
  package func join(_ parent: SiteCode, in transaction: Transaction) throws {
    let link = try transaction.addLink(to: parent, isUpstream: true)
    try transaction.change(link) { $0.isRefilling = true }
    try library.scope.addedLink(to: parent, in: transaction)
  }
}
