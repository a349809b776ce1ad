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
    let (state, isUnsure) = try store.glance {
      (library.directory.tree.sites[child]?.state, library.directory.lacksSites)
    }
    switch state {
    case .suspended:
      return ProblemDetails(
        .operatorNeeded, status: 403, title: "this site is suspended", code: "site_suspended")
    case .retired:
      return ProblemDetails(
        .operatorNeeded, status: 403, title: "this site is retired", code: "site_retired")
    case nil where isUnsure:
      // Its record may be the one that is damaged, and say that it is suspended.
      return ProblemDetails(
        .retryLater, status: 503, title: "the registry of sites is damaged here",
        code: Reason.damagedStore.rawValue, retryAfter: 300)
    case .expected, .enrolled, nil: return nil
    }
  }
}
