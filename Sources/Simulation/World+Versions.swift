import NodeCore
import Replication
import Storage
import SyncProtocol

/// What the messages of an older program are like, which knows no patches, no sums,
/// and of the preset dictionaries the first at most.
extension World {
  func isOlder(_ code: SiteCode) -> Bool { setting.older == code }

  /// Whether both ends of a child's link speak as this program does: only the messages of sessions
  /// that go step by step are put into older words.
  func isPresent(linkOf child: SiteCode) -> Bool {
    child != shape.root && !isOlder(child) && !isOlder(upstream(of: child).code)
  }

  /// A request as its sender speaks, and as its receiver can read it.
  func spoken(_ call: SyncCall, by child: SiteCode) throws -> SyncCall {
    var call = call
    let parent = upstream(of: child).code
    switch call.endpoint {
    case .pull where isOlder(child):
      var request = try PullRequest(call.body)
      request.dictionaries = setting.olderDictionaries
      call.body = request.body
    case .push where isOlder(child) || isOlder(parent):
      var request = try PushRequest(call.body)
      request.items = try request.items.map { item in
        isOlder(child) ? try whole(item, at: site(child)) : try read(item, by: parent)
      }
      request.sum = nil
      call.body = request.body
    default: break
    }
    return call
  }

  func spoken(
    _ reply: SyncReply, to call: SyncCall, by parent: SiteCode, _ child: SiteCode
  ) throws -> SyncReply {
    guard isOlder(child) || isOlder(parent), case .ok(let body, let etag) = reply else {
      return reply
    }
    switch call.endpoint {
    case .link:
      var description = try LinkDescription(body)
      description.dictionaries = setting.olderDictionaries
      return .ok(body: description.body, etag: etag)
    case .pull:
      var page = try PullResponse(body)
      page.items = try page.items.map { item in
        isOlder(parent) ? try whole(item, at: site(parent)) : try read(item, by: child)
      }
      page.sum = nil
      return .ok(body: page.body, etag: etag)
    case .push, .reconcile, .audit: return reply
    }
  }

  /// What an older program would send in its place.
  private func whole(_ item: StreamItem, at sender: SimulatedSite) throws -> StreamItem {
    happenings[.older] += 1
    switch item {
    case .left: return item
    case .whole(let dictionary, let bytes):
      if olderKnows(dictionary) { return item }
      return older(try codec.inflated(bytes, dictionary: dictionary))
    case .patch(let key, _):
      let bytes = try sender.undisturbed {
        try sender.node.store.read { try $0.record(key)?.record.bytes }
      }
      return bytes.map(older) ?? item
    }
  }

  private func olderKnows(_ dictionary: Int64) -> Bool {
    dictionary == 0 || setting.olderDictionaries.contains(dictionary)
  }

  private func older(_ bytes: [UInt8]) -> StreamItem {
    let dictionary = RecordCodec.best(of: setting.olderDictionaries)
    return .whole(dictionary: dictionary, bytes: codec.deflated(bytes, dictionary: dictionary))
  }

  /// A dictionary that it has not announced is nothing to an older program; a patch it cannot
  /// apply, and wants the whole.
  private func read(_ item: StreamItem, by receiver: SiteCode) throws -> StreamItem {
    happenings[.older] += 1
    switch item {
    case .left: return item
    case .whole(let dictionary, _):
      try need(
        olderKnows(dictionary), "\(receiver) gets a dictionary that it never announced")
      return item
    case .patch(let key, let patch):
      return .patch(
        key,
        RecordPatch(
          base: Array(repeating: 0, count: RecordPatch.baseOctets), result: patch.result,
          prefixCount: 0, suffixCount: 0, middle: []))
    }
  }
}
