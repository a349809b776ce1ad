import Bytes
import NodeCore
import Replication
import Storage
import SyncProtocol

/// Reads the traffic, to know that what a run should meet has happened.
extension World {
  func inspect(_ call: SyncCall, from child: SiteCode) throws {
    let upstream = upstream(of: child).node
    switch call.endpoint {
    case .push:
      let request = try PushRequest(call.body)
      try inspect(request.items, at: upstream, from: child)
    case .pull:
      happenings[.wants] += try PullRequest(call.body).wants.count
    case .link, .reconcile, .audit: break
    }
  }

  func inspect(_ reply: SyncReply, to call: SyncCall, _ child: SiteCode) throws {
    guard case .ok(let body, _) = reply else { return }
    switch call.endpoint {
    case .push: happenings[.wants] += try PushResponse(body).wants.count
    case .pull:
      guard let parent = shape.parents[child] else { return }
      let page = try PullResponse(body)
      if page.hasMore { happenings[.pages] += 1 }
      try inspect(page.items, at: site(child).node, from: parent)
    case .link, .reconcile, .audit: break
    }
  }

  private func inspect(
    _ items: [StreamItem], at receiver: Node, from sender: SiteCode
  ) throws {
    if site(receiver.site).fault.isDead { return }
    for item in items {
      switch item {
      case .left: happenings[.left] += 1
      case .patch(let key, let patch):
        happenings[.patches] += 1
        let mine = try probe(receiver) { try $0.record(key) }
        if let mine, mine.digest.prefix(RecordPatch.baseOctets) != patch.base,
          mine.digest.prefix(RecordPatch.resultOctets) != patch.result
        {
          happenings[.wrongBases] += 1
        }
        try inspectBothEdited(key, at: receiver, from: sender)
      case .whole(let dictionary, let bytes):
        // What has decayed may be none.
        guard
          let record = try? Record(canonical: codec.inflated(bytes, dictionary: dictionary))
        else { continue }
        try inspectBothEdited(record.key, at: receiver, from: sender)
      }
    }
  }

  /// A record comes while the receiver has news of it for the sender.
  private func inspectBothEdited(
    _ key: RecordKey, at receiver: Node, from sender: SiteCode
  ) throws {
    let isPending = try probe(receiver) { snapshot in
      guard let link = try snapshot.link(to: sender), let mine = try snapshot.record(key),
        let entry = try snapshot.entry(link.id, mine.row)
      else { return false }
      return entry.isSent && entry.agreed != nil && entry.agreed != mine.digest
    }
    if isPending ?? false { happenings[.bothEdited] += 1 }
  }

  /// A look that no fault may hit.
  private func probe<Seen>(_ node: Node, _ body: (Snapshot) throws -> Seen?) throws -> Seen? {
    do {
      return try site(node.site).undisturbed { try node.store.read(body) }
    } catch is StoreFault where decays[node.site] != nil {
      return nil
    }
  }
}
