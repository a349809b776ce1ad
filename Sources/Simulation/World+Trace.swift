import NodeCore
import Replication
import Storage
import SyncProtocol

/// Words for what travels and for what two ends disagree on.
extension World {
  func describe(_ call: SyncCall) -> String {
    switch call.endpoint {
    case .link, .audit: return call.endpoint.rawValue
    case .pull:
      guard let pull = try? PullRequest(call.body) else { return "?" }
      return "pull after \(pull.after ?? pull.cursor), \(pull.wants.count) wants, "
        + "\(pull.asides.count) asides"
    case .push:
      guard let push = try? PushRequest(call.body) else { return "?" }
      return "push \(describe(push.items))"
    case .reconcile:
      guard let request = try? ReconcileRequest(call.body) else { return "?" }
      return "reconcile \(request.compared.count) ranges, "
        + "\(request.listed.reduce(0) { $0 + $1.held.count }) keys"
    }
  }

  func describe(_ reply: SyncReply, to call: SyncCall) -> String {
    guard case .ok(let body, _) = reply else { return "\(reply)" }
    switch call.endpoint {
    case .link, .audit: return "ok"
    case .pull:
      guard let pull = try? PullResponse(body) else { return "?" }
      return "cursor \(pull.cursor): \(describe(pull.items))"
    case .push:
      guard let push = try? PushResponse(body) else { return "?" }
      return "refused \(push.refused.map { "\($0.key) \($0.reason)" }), wants \(push.wants)"
    case .reconcile:
      guard let response = try? ReconcileResponse(body) else { return "?" }
      return "head \(response.head), \(response.differing.count) ranges differ, "
        + response.answers.map { "\($0.key) \($0.answer)" }.joined(separator: " ")
    }
  }

  private func describe(_ items: [StreamItem]) -> String {
    items.map { item in
      switch item {
      case .left(let key): "left \(key)"
      case .patch(let key, _): "patch \(key)"
      case .whole(let dictionary, let bytes):
        (try? codec.inflated(bytes, dictionary: dictionary)).flatMap {
          (try? Record(canonical: $0)).map { "\($0.key)" }
        } ?? "?"
      }
    }.joined(separator: " ")
  }

  /// Keys on which the two ends of a link agree differently, with digests and what is set aside.
  func disagreement(_ child: SiteCode) throws -> String {
    func agreed(_ node: Node, _ peer: SiteCode) throws -> [RecordKey: String] {
      try site(node.site).undisturbed {
        try node.store.read { snapshot in
          guard let link = try snapshot.link(to: peer) else { return [:] }
          var agreed: [RecordKey: String] = [:]
          try snapshot.stream(link.id, after: -1) { entry in
            let digest = entry.entry.agreed.map { String("\($0)".prefix(6)) } ?? "nothing"
            agreed[entry.key] = entry.entry.hasLeft ? "left" : digest
            return true
          }
          for aside in try snapshot.asides(link.id) {
            agreed[aside.key, default: "none"] +=
              " aside \(aside.side) \(aside.direction) \(aside.reason)"
          }
          return agreed
        }
      }
    }
    let (lower, upper) = (site(child).node, upstream(of: child).node)
    let (mine, theirs) = (try agreed(lower, upper.site), try agreed(upper, lower.site))
    return Set(mine.keys).union(theirs.keys).sorted().filter { mine[$0] != theirs[$0] }
      .map { "\($0): \(mine[$0] ?? "none") / \(theirs[$0] ?? "none")" }.joined(separator: "; ")
  }
}
