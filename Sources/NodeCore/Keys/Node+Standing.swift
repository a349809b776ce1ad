import HTTPCore
import Library
import Replication
import SiteGroup
import Storage

/// What follows from a child's standing in the registry.
extension Node {
  /// Voids the tokens of a child, and its key; who waits here with it is answered at once.
  func revoke(_ child: SiteCode, withKey: Bool) throws {
    try keys.change { file in
      file.tokens.removeAll { $0.site == child.text }
      if withKey { file.children.removeAll { $0.site == child.text } }
    }
    store.announce([child])
  }

  /// What a child that is suspended or retired is told instead of an answer.
  func exclusion(of child: SiteCode) throws -> ProblemDetails? {
    let state = try store.read { _ in library.directory.tree.sites[child]?.state }
    switch state {
    case .suspended:
      return ProblemDetails(
        .operatorNeeded, status: 403, title: "this site is suspended", code: "site_suspended")
    case .retired:
      return ProblemDetails(
        .operatorNeeded, status: 403, title: "this site is retired", code: "site_retired")
    case .expected, .enrolled, nil: return nil
    }
  }
}
