import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// What the desk for blobs answers to conditions and ranges, and what its refusals leave behind.
@Suite struct `The desk for blobs` {
  private let group: BlobGroup
  private let digest: String
  private let octets: Data

  init() throws {
    group = try BlobGroup([("360400", nil), ("360423", "360400")])
    let file = try group.file("a.bin", octets: 3000)
    octets = try Data(contentsOf: URL(fileURLWithPath: file))
    let item = try group.publish("360423", "one", attaching: file)
    try group.sync("360423")
    digest = try group.run("360400", "item", "show", item)["attachments"][0]["digest"].string
  }

  private func answer(
    _ method: HTTPMethod, _ fields: [(String, String)] = [], of name: String? = nil,
    body: [UInt8] = []
  ) throws -> HTTPResponse {
    group.clock.withLock { $0 += 1000 }
    let url = try BaseURL("http://360400.test")
    var request = url.request(
      method, RequestTarget(segments: ["sync", "v1", "blobs", name ?? digest]))
    request.body = body
    for (name, value) in fields { request.fields.append(name, value) }
    let key = try #require(group.node("360423").keys.upstream).key
    let now = group.clock.withLock { $0 } / 1000
    RequestSigner(keyID: "360423", key: key, algorithm: .hmacSHA256).sign(
      &request, created: now, expires: now + 300, nonce: "desk-\(now)")
    return try group.wire.transport(to: url).exchange(request, readMilliseconds: nil)
  }

  @Test func `a range is sent as it was asked for, one beyond the end is 416`() throws {
    for (asked, first, last) in [
      ("bytes=0-9", 0, 9), ("bytes=2990-", 2990, 2999), ("bytes=-5", 2995, 2999),
      ("bytes=2990-9999", 2990, 2999),
    ] {
      let response = try answer(.get, [("Range", asked)])
      #expect(response.status == 206, "\(asked)")
      #expect(response.fields["content-range"] == "bytes \(first)-\(last)/3000", "\(asked)")
      #expect(response.body == Array(octets[first...last]), "\(asked)")
    }
    for asked in ["bytes=3000-", "bytes=9-2", "bytes=-0", "bytes=0-1,4-5", "lines=1-2"] {
      let response = try answer(.get, [("Range", asked)])
      #expect(response.status == 416, "\(asked)")
      #expect(response.fields["content-range"] == "bytes */3000" && response.body.isEmpty)
    }
    #expect(try answer(.get).body == Array(octets))
  }

  @Test func `conditions decide before ranges do`() throws {
    let (mine, other) = ("\"\(digest)\"", "\"other\"")
    let range = ("Range", "bytes=0-9")
    let all: [([(String, String)], Int)] = [
      ([("If-Match", mine), range], 206), ([("If-Match", "*"), range], 206),
      ([("If-Match", other), range], 412), ([("If-Match", "W/" + mine), range], 412),
      ([("If-None-Match", mine), range], 304), ([("If-None-Match", "W/" + mine)], 304),
      ([("If-None-Match", other), range], 206), ([("If-None-Match", "*")], 304),
      ([("If-Range", mine), range], 206), ([("If-Range", other), range], 200),
      ([("If-Range", "W/" + mine), range], 200),
    ]
    for (fields, status) in all {
      let response = try answer(.get, fields)
      #expect(response.status == status, "\(fields)")
      #expect(response.fields["etag"] == mine)
      #expect(response.body.count == [200: 3000, 206: 10, 304: 0, 412: 0][status], "\(fields)")
      #expect(response.fields.contains("signature"), "\(fields)")
    }
  }

  @Test func `HEAD tells the size and sends nothing`() throws {
    let response = try answer(.head)
    #expect(response.status == 200 && response.body.isEmpty)
    #expect(response.fields["content-length"] == "3000")
    #expect(response.fields["accept-ranges"] == "bytes")
    #expect(try answer(.head, [("If-None-Match", "\"\(digest)\"")]).status == 304)
    #expect(try answer(.head, [("If-Match", "\"other\"")]).status == 412)
    #expect(try answer(.post, body: [1]).status == 405)
  }

  @Test func `what the desk refuses is told once, with whose it was`() throws {
    let other = String(repeating: "0", count: 64)
    for _ in 0..<20 { #expect(try answer(.get, of: other).status == 404) }
    let wrong = [("Content-Range", "bytes 0-2/2999")]
    #expect(try answer(.put, wrong, body: [1, 2, 3]).status == 422)
    #expect(try answer(.get, of: "zz").status == 400)
    let told = try group.run("360400", "audit", "list", "--kind", "refusal", "--site", "360423")
    let entries = told["entries"].list.map {
      "\($0["operation"].string) \($0["result"].string) \($0["count"].int ?? 0)"
    }
    #expect(
      entries.sorted() == [
        "blobs GET incompatible 1", "blobs GET item_rejected 1", "blobs GET item_rejected 19",
        "blobs PUT item_rejected 1",
      ])
  }
}

@Suite struct `A pause for attachments` {
  @Test func `is kept as long as the upstream asks`() throws {
    let group = try BlobGroup([("360400", nil), ("360423", "360400")])
    let file = try group.file("a.bin", octets: 3000)
    let item = try group.publish("360423", "one", attaching: file)
    group.wire.set {
      $0.blobAnswer =
        ProblemDetails(.retryLater, status: 503, title: "busy", retryAfter: 120).response
    }
    #expect(try group.sync("360423")["blobs_pushed"] == 0)
    group.wire.set { ($0.blobAnswer, $0.blobRequests) = (nil, []) }
    group.clock.withLock { $0 += 60_000 }
    let early = try group.sync("360423")["blobs_pushed"].int
    let asked = group.wire.get { $0.blobRequests.count }
    #expect(early == 0 && asked == 0)
    group.clock.withLock { $0 += 61_000 }
    #expect(try group.sync("360423")["blobs_pushed"] == 1)
    #expect(try group.shows("360400", item))
  }
}
