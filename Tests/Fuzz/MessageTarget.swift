import Bytes
import Replication
import SyncProtocol

/// One kind of message: its body decoded and encoded again; nil where it is refused.
private struct MessageKind: Sendable {
  let samples: @Sendable () -> [[UInt8]]
  let echo: @Sendable ([UInt8]) -> [UInt8]?

  static let all: [MessageKind] = [
    MessageKind(samples: Samples.pullRequests, echo: { (try? PullRequest($0))?.body }),
    MessageKind(samples: Samples.pullResponses, echo: { (try? PullResponse($0))?.body }),
    MessageKind(samples: Samples.pushRequests, echo: { (try? PushRequest($0))?.body }),
    MessageKind(samples: Samples.pushResponses, echo: { (try? PushResponse($0))?.body }),
    MessageKind(samples: Samples.reconcileRequests, echo: { (try? ReconcileRequest($0))?.body }),
    MessageKind(samples: Samples.reconcileResponses, echo: { (try? ReconcileResponse($0))?.body }),
    MessageKind(samples: Samples.links, echo: { (try? LinkDescription($0))?.body }),
    MessageKind(samples: Samples.enrolRequests, echo: { (try? EnrolRequest($0))?.body }),
    MessageKind(samples: Samples.enrolResponses, echo: { (try? EnrolResponse($0))?.body }),
    MessageKind(samples: Samples.blobLists, echo: { (try? BlobList($0))?.body }),
    MessageKind(samples: Samples.blobProgresses, echo: { (try? BlobProgress($0))?.body }),
  ]
}

extension FuzzTarget {
  /// Sync messages of all kinds. What a newer version adds to a head is dropped, so only the
  /// second encoding must be the first.
  static let message = FuzzTarget(
    name: "message",
    seeds: {
      MessageKind.all.enumerated().flatMap { number, kind in
        kind.samples().map { [UInt8(number)] + $0 }
      }
    },
    words: [],
    run: { octets in
      guard let first = octets.first else { return }
      let kind = MessageKind.all[Int(first) % MessageKind.all.count]
      let body = Array(octets.dropFirst())
      guard let once = kind.echo(body) else { return }
      claim(kind.echo(once) == once, "a message that is sent on reads the same")
      var reader = CBORReader(body)
      while !reader.isAtEnd {
        guard (try? reader.skip()) != nil else {
          return claim(false, "a message that is accepted is canonical throughout")
        }
      }
    })
}

/// A message of each kind with something of everything in it.
private enum Samples {
  static let digest = DigestAlgorithm.sha256.digest([1, 2, 3])
  static let fingerprint = {
    var fingerprint = Fingerprint()
    fingerprint.add(digest)
    return fingerprint
  }()
  static let head = SessionHead(
    epoch: [1, 2], knownEpoch: [3], last: [4], next: [5], time: 1_700_000_000_000, number: 7)
  static let secret = [UInt8](repeating: 7, count: 32)
  static let nonce = [UInt8](repeating: 9, count: EnrolRequest.nonceOctets)
  static let patch = RecordPatch(
    base: digest.prefix(RecordPatch.baseOctets), result: digest.prefix(RecordPatch.resultOctets),
    prefixCount: 3, suffixCount: 2, middle: [3, 0])
  static let items: [StreamItem] = [
    .whole(dictionary: 1, bytes: [3, 0]), .patch(sampleKey, patch),
  ]
  static let enrolRequest = EnrolRequest(
    code: sampleKey.owner, name: "武宁县人民政府", kind: "county", nonce: nonce, secret: secret)

  static func pullRequests() -> [[UInt8]] {
    let asides = [
      AsideNote(
        direction: 0, key: sampleKey, added: AsideNote.Added(digest: digest, reason: "forbidden")),
      AsideNote(direction: 1, key: sampleKey, added: nil),
    ]
    let request = PullRequest(
      head: head, cursor: 9, pageBytes: 1 << 20, dictionaries: [0, 1], fingerprint: fingerprint,
      isPending: true, wants: [sampleKey], asides: asides)
    return [request.body]
  }

  static func pullResponses() -> [[UInt8]] {
    let response = PullResponse(
      cursor: 9, hasMore: true, fingerprint: fingerprint, etag: "\"e\"", time: 5,
      items: items + [.left(sampleKey)])
    return [response.body]
  }

  static func pushRequests() -> [[UInt8]] { [PushRequest(head: head, items: items).body] }

  static func pushResponses() -> [[UInt8]] {
    var response = PushResponse(time: 5)
    response.refused = [
      PushResponse.Refused(key: sampleKey, digest: digest, reason: "clock", detail: "life by a")
    ]
    response.wants = [sampleKey]
    response.unreadable = [PushResponse.Unreadable(place: 1, reason: "truncated")]
    return [response.body]
  }

  static func reconcileRequests() -> [[UInt8]] {
    let below = sampleKey.octets + [0]
    let request = ReconcileRequest(
      head: head, begins: true,
      compared: [
        ReconcileRequest.Compared(
          range: KeyRange(from: below, below: nil), fingerprint: fingerprint)
      ],
      listed: [
        ReconcileRequest.Listed(
          range: KeyRange(from: [], below: below),
          held: [ReconcileRequest.Held(key: sampleKey, digest: digest, isSent: true)])
      ])
    return [request.body]
  }

  static func reconcileResponses() -> [[UInt8]] {
    let response = ReconcileResponse(
      epoch: [1], head: 4, time: 5,
      answers: [ReconcileResponse.Answered(key: sampleKey, answer: .send)],
      differing: [ReconcileResponse.Differing(place: 0, count: 3)])
    return [response.body]
  }

  static func links() -> [[UInt8]] {
    let link = LinkDescription(
      epoch: [1], knownEpoch: [2], time: 5, head: 4, dictionaries: [0, 1],
      fingerprint: fingerprint, site: "360400", pageBytes: 1 << 20, algorithm: "sm3",
      missingBlobs: 2)
    return [link.body]
  }

  static func enrolRequests() -> [[UInt8]] { [enrolRequest.body] }

  static func enrolResponses() -> [[UInt8]] {
    let response = EnrolResponse(
      to: enrolRequest, code: sampleKey.owner, name: "中心", kind: "central",
      algorithm: "sha-256", nonce: nonce, time: 5, secret: secret)
    return [response.body]
  }

  static func blobLists() -> [[UInt8]] {
    [
      BlobList(
        time: 5, hasMore: true, wanted: [BlobList.Wanted(digest: digest, size: 9, held: 3)]
      ).body
    ]
  }

  static func blobProgresses() -> [[UInt8]] { [BlobProgress(held: 3, isWhole: true).body] }
}
