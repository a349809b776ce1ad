import Bytes
import Replication
import SyncProtocol
import Testing

@Suite struct MessageTests {
  private func pullRequest() throws -> PullRequest {
    let added = AsideNote.Added(digest: MessageSamples.digest, reason: "forbidden")
    return PullRequest(
      head: MessageSamples.head, cursor: 9, pageBytes: 1 << 20, dictionaries: [0, 1],
      fingerprint: MessageSamples.fingerprint, isPending: true, wants: [try MessageSamples.key()],
      asides: [
        AsideNote(direction: 0, key: try MessageSamples.key(2), added: added),
        AsideNote(direction: 1, key: try MessageSamples.key(3), added: nil),
      ])
  }

  private func pushResponse() throws -> PushResponse {
    var response = PushResponse(time: 5)
    response.refused = [
      PushResponse.Refused(
        key: try MessageSamples.key(), digest: MessageSamples.digest, reason: "clock",
        detail: "life by 360423")
    ]
    response.wants = [try MessageSamples.key(2)]
    response.unreadable = [PushResponse.Unreadable(place: 4, reason: "truncated")]
    return response
  }

  private func link() -> LinkDescription {
    LinkDescription(
      epoch: [1], knownEpoch: nil, time: 5, head: 4, dictionaries: [0, 1],
      fingerprint: MessageSamples.fingerprint, site: "360400", pageBytes: 1 << 20,
      algorithm: "sm3", missingBlobs: 2, room: [10, 0, 5, 0, 3])
  }

  @Test func `every message reads as it was written`() throws {
    let pull = try pullRequest()
    #expect(try PullRequest(pull.body) == pull)
    let page = PullResponse(
      cursor: 9, hasMore: true, fingerprint: MessageSamples.fingerprint, etag: "\"e\"", time: 5,
      items: try MessageSamples.items() + [.left(try MessageSamples.key())])
    #expect(try PullResponse(page.body) == page)
    let push = PushRequest(head: MessageSamples.head, items: try MessageSamples.items())
    #expect(try PushRequest(push.body) == push)
    let pushed = try pushResponse()
    #expect(try PushResponse(pushed.body) == pushed)
    #expect(try LinkDescription(link().body) == link())
    let blobs = BlobList(
      time: 5, hasMore: true,
      wanted: [BlobList.Wanted(digest: MessageSamples.digest, size: 9, held: 3)])
    #expect(try BlobList(blobs.body) == blobs)
    let progress = BlobProgress(held: 3, isWhole: true)
    #expect(try BlobProgress(progress.body) == progress)
  }

  @Test func `what a newer version adds to a head is passed over`() throws {
    let body = try MessageBody.changed(link().body) { $0.fields[900] = .array([.null]) }
    #expect(try LinkDescription(body) == link())
  }

  @Test(arguments: [0, 1, 4, 5, 6, 10, 11, 13, 14] as [UInt64])
  func `a pull without one of its fields, or with another type there, is refused`(
    _ field: UInt64
  ) throws {
    let body = try pullRequest().body
    for value in [nil, CBORValue.null] {
      let changed = try MessageBody.changed(body) { $0.fields[field] = value }
      #expect(throws: Malformed.self) { try PullRequest(changed) }
    }
  }

  @Test func `a message of another version of the protocol is refused`() throws {
    let bodies = [
      try pullRequest().body, link().body, try MessageSamples.enrolRequest().body,
      PushRequest(head: MessageSamples.head, items: []).body,
    ]
    let readers: [([UInt8]) throws -> Void] = [
      { _ = try PullRequest($0) }, { _ = try LinkDescription($0) }, { _ = try EnrolRequest($0) },
      { _ = try PushRequest($0) },
    ]
    for (body, read) in zip(bodies, readers) {
      try read(body)
      let other = try MessageBody.changed(body) {
        $0.fields[0] = .integer(SyncLimits.version + 1)
      }
      #expect(throws: Malformed.self) { try read(other) }
    }
  }

  @Test func `a body that begins with no map of numbers is no message`() throws {
    let bodies: [CBORValue] = [.null, .array([]), .map([CBORPair(.string("0"), .unsigned(1))])]
    for value in bodies {
      #expect(throws: Malformed.self) { try PushResponse(value.canonical) }
      #expect(throws: Malformed.self) { try PullResponse(value.canonical) }
    }
    #expect(throws: Malformed.self) { try PushResponse([]) }
  }

  @Test func `an item that has no place in its message is refused`() throws {
    let left = CBORValue.array([
      .unsigned(12), .array([.string("360423"), .unsigned(4), .octets([UInt8](0..<12))]),
    ])
    let strange = CBORValue.array([.unsigned(99), .null])
    let empty = CBORValue.array([])
    let page = PullResponse(
      cursor: 1, hasMore: false, fingerprint: Fingerprint(), etag: "", time: 5, items: [])
    #expect(
      try PullResponse(MessageBody.changed(page.body) { $0.items = [left] }).items.count == 1)
    let push = PushRequest(head: MessageSamples.head, items: []).body
    for item in [left, strange, empty] {
      let changed = try MessageBody.changed(push) { $0.items = [item] }
      #expect(throws: Malformed.self, "nothing leaves upward") { try PushRequest(changed) }
    }
    for item in [strange, empty] {
      let pulled = try MessageBody.changed(page.body) { $0.items = [item] }
      #expect(throws: Malformed.self) { try PullResponse(pulled) }
      let asked = try MessageBody.changed(pullRequest().body) { $0.items = [item] }
      #expect(throws: Malformed.self) { try PullRequest(asked) }
      let answered = try MessageBody.changed(pushResponse().body) { $0.items = [item] }
      #expect(throws: Malformed.self) { try PushResponse(answered) }
    }
  }

  @Test func `a patch names eight octets of its base and sixteen of its result`() throws {
    let push = PushRequest(head: MessageSamples.head, items: try MessageSamples.items()).body
    for place in [2, 3] {
      let changed = try MessageBody.changed(push) { body in
        guard case .array(var parts) = body.items[1], case .octets(let octets) = parts[place]
        else { return }
        parts[place] = .octets(Array(octets.dropLast()))
        body.items[1] = .array(parts)
      }
      #expect(changed != push)
      #expect(throws: Malformed.self) { try PushRequest(changed) }
    }
  }

  @Test func `a blob has a size, and what is held of it is no less than nothing`() throws {
    func list(_ size: Int64, _ held: Int64) throws -> BlobList {
      try BlobList(
        BlobList(
          time: 5, hasMore: false,
          wanted: [BlobList.Wanted(digest: MessageSamples.digest, size: size, held: held)]
        ).body)
    }
    #expect(try list(1, 0).wanted.count == 1)
    #expect(throws: Malformed.self) { try list(0, 0) }
    #expect(throws: Malformed.self) { try list(1, -1) }
    #expect(throws: Malformed.self) {
      try BlobProgress(BlobProgress(held: -1, isWhole: false).body)
    }
    #expect(throws: Malformed.self) { try BlobProgress(BlobProgress(held: 1, isWhole: true).body + [0]) }
  }
}
