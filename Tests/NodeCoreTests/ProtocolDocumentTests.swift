import Bytes
import Foundation
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// The octets in `Docs/Protocol.md` are what the program writes and reads.
@Suite struct ProtocolDocumentTests {
  /// The blocks of the document by name: ```` ```hex NAME ````.
  static func blocks() throws -> [String: [UInt8]] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Docs/Protocol.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    var blocks: [String: [UInt8]] = [:]
    var name: String?
    var digits = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let open = name {
        if line.hasPrefix("```") {
          blocks[open] = Hex.decode(digits)
          name = nil
        } else {
          digits += line.prefix { $0 != ";" }.filter { !$0.isWhitespace }
        }
      } else if line.hasPrefix("```hex ") {
        name = String(line.dropFirst(7))
        digits = ""
      }
    }
    return blocks
  }

  static let site = SiteCode("360423")
  static let centre = SiteCode("360400")

  static func record(title: String, at time: Int64) throws -> Record {
    let site = try #require(site)
    let key = RecordKey.item(site, externalID: "wn-2023-001")
    var edit = RecordEdit(key)
    edit.set("title", title)
    edit.set("body", "<p>全县…</p>")
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: 1))
    return try #require(
      Record.writing(edit, over: nil, as: Stamp(time: time, author: site)))
  }

  static func edited() throws -> (old: Record, new: Record) {
    let old = try record(title: "政府工作报告", at: 1_673_917_200_000)
    var edit = RecordEdit(old.key)
    edit.set("title", "2023年政府工作报告")
    let stamp = Stamp(time: 1_673_920_800_000, author: try #require(site))
    return (old, try #require(Record.writing(edit, over: old, as: stamp)))
  }

  static func patch() throws -> RecordPatch {
    let (old, new) = try edited()
    let algorithm = DigestAlgorithm.sha256
    return RecordPatch(
      from: old.bytes, algorithm.digest(old.bytes), to: new.bytes, algorithm.digest(new.bytes),
      deflater: Deflater(level: 6, dictionary: []))
  }

  static func push() throws -> PushRequest {
    let (old, new) = try edited()
    let head = SessionHead(
      epoch: [1, 2, 3, 4, 5, 6, 7, 8], knownEpoch: [8, 7, 6, 5, 4, 3, 2, 1], last: nil,
      next: [16, 17, 18, 19, 20, 21, 22, 23], time: 1_673_920_800_123,
      number: 1)
    return PushRequest(
      head: head,
      items: [
        .whole(
          dictionary: 0, bytes: Deflater(level: 6, dictionary: []).deflate(old.bytes)),
        .patch(new.key, try patch()),
      ])
  }

  static func reconcile() throws -> (ReconcileRequest, ReconcileResponse) {
    let record = try edited().old
    let digest = DigestAlgorithm.sha256.digest(record.bytes)
    var fingerprint = Fingerprint()
    fingerprint.add(digest)
    let cut: [UInt8] = [4, 0x33]
    let request = ReconcileRequest(
      head: try push().head, begins: true,
      compared: [
        ReconcileRequest.Compared(
          range: KeyRange(from: [], below: cut), fingerprint: fingerprint)
      ],
      listed: [
        ReconcileRequest.Listed(
          range: KeyRange(from: cut, below: nil),
          held: [ReconcileRequest.Held(key: record.key, digest: digest, isSent: true)])
      ])
    let response = ReconcileResponse(
      epoch: [8, 7, 6, 5, 4, 3, 2, 1], head: 1017, time: 1_673_920_800_456,
      answers: [ReconcileResponse.Answered(key: record.key, answer: .send)],
      differing: [ReconcileResponse.Differing(place: 0, count: 12)])
    return (request, response)
  }

  static let token = "mfrggzdfmztwq2lknnwg23tpobyxe43u"
  static let secret = DigestAlgorithm.sha256.digest(Array(token.utf8)).bytes

  static func enrolRequest() throws -> EnrolRequest {
    EnrolRequest(
      code: try #require(site), name: "武宁县人民政府", kind: "county",
      nonce: Array(0..<16), secret: secret)
  }

  static func enrolResponse() throws -> EnrolResponse {
    EnrolResponse(
      to: try enrolRequest(), code: try #require(centre), name: "九江市数字经济发展中心",
      kind: "central", algorithm: "sha-256", nonce: Array(16..<32), time: 1_673_917_200_000,
      secret: secret)
  }

  @Test func `the document holds the octets of every example`() throws {
    let blocks = try Self.blocks()
    var writer = CBORWriter()
    StreamItem.patch(try Self.edited().new.key, try Self.patch()).write(to: &writer)
    let examples: [(String, [UInt8])] = [
      ("record", try Self.edited().old.bytes),
      ("record-digest", DigestAlgorithm.sha256.digest(try Self.edited().old.bytes).bytes),
      ("record-folded", PresetWords.folder.fold(try Self.edited().old.bytes)),
      ("record-form-2", RecordCodec().deflated(try Self.edited().old.bytes, dictionary: 2)),
      ("patch", writer.bytes),
      ("push", try Self.push().body),
      ("reconcile", try Self.reconcile().0.body),
      ("reconcile-answer", try Self.reconcile().1.body),
      ("enrol-request", try Self.enrolRequest().body),
      ("enrol-response", try Self.enrolResponse().body),
      ("enrol-key", try Self.enrolResponse().key(Self.secret, to: try Self.enrolRequest())),
    ]
    for (name, octets) in examples {
      #expect(blocks[name] == octets, "\(name): \(Hex.encode(octets))")
    }
  }

  @Test func `the examples of the document read back`() throws {
    let blocks = try Self.blocks()
    let record = try Record(canonical: try #require(blocks["record"]))
    #expect(record.value("title") == "政府工作报告")
    let stored = try #require(blocks["record-form-2"])
    #expect(try RecordCodec().inflated(stored, dictionary: 2) == record.bytes)
    let push = try PushRequest(try #require(blocks["push"]))
    #expect(push.items.count == 2)
    guard case .patch(_, let patch) = push.items[1] else {
      Issue.record("no patch")
      return
    }
    let digest = DigestAlgorithm.sha256.digest(record.bytes)
    let made = patch.applied(
      to: record.bytes, digest, algorithm: .sha256, inflater: Inflater(dictionary: []))
    let new = try Record(canonical: try #require(made).bytes)
    #expect(new.value("title") == "2023年政府工作报告")
    let (asked, answered) = try Self.reconcile()
    #expect(try ReconcileRequest(try #require(blocks["reconcile"])) == asked)
    #expect(try ReconcileResponse(try #require(blocks["reconcile-answer"])) == answered)
    let request = try EnrolRequest(try #require(blocks["enrol-request"]))
    #expect(request.isProved(by: Self.secret))
    let response = try EnrolResponse(try #require(blocks["enrol-response"]))
    #expect(response.isProved(by: Self.secret, to: request))
    #expect(response.key(Self.secret, to: request) == blocks["enrol-key"])
  }
}
