import Bytes
import Foundation
import Glibc
import HTTPCore
import Networking
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import SyncProtocol
import Testing

@testable import Commands

/// Requests that nobody may have sent, over a socket to the real daemon and after its restart: one
/// answer, octet by octet, and the database as it was.
@Suite struct `The gate of a daemon` {
  private typealias Change = (inout HTTPRequest) -> Void

  /// A push of one record, as the county's next request would be.
  private func push(_ centre: ServedCentre, secondsOff: Int64 = 0) throws -> HTTPRequest {
    let county = try #require(SiteCode("360423"))
    let database = try Connection(path: "\(centre.shell.directory)/c/node.db", mode: .existing)
    let epoch = try #require(try database.first("SELECT epoch FROM state") { $0.blob(0) })
    let head = try #require(
      try database.first("SELECT peer_epoch, ticket, requests FROM links") { row in
        SessionHead(
          epoch: row.blob(0), knownEpoch: epoch, last: row.blob(1), next: row.blob(1),
          time: SystemPorts.milliseconds(), number: row.integer(2) + 1)
      })
    var edit = RecordEdit(.item(county, externalID: "x"))
    edit.set("title", "x")
    let record = try #require(
      Record.writing(edit, over: nil, as: Stamp(time: 1, author: county)))
    let octets = RecordCodec().deflated(record.bytes, dictionary: 0)
    let request = PushRequest(head: head, items: [.whole(dictionary: 0, bytes: octets)])
    return try centre.signed(.post, "/sync/v1/push", body: request.body, secondsOff: secondsOff)
  }

  /// Everything but the audit, which tells of the refusals.
  private func dump(_ centre: ServedCentre) throws -> [String] {
    let database = try Connection(path: "\(centre.shell.directory)/c/node.db", mode: .existing)
    let tables = try database.all(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit' ORDER BY name"
    ) { $0.text(0) }
    return try tables.flatMap { table in
      let columns = try database.all("SELECT name FROM pragma_table_info('\(table)')") {
        "quote(\"\($0.text(0))\")"
      }.joined(separator: "||','||")
      return try database.all("SELECT \(columns) FROM \"\(table)\"") { "\(table) \($0.text(0))" }
        .sorted()
    }
  }

  private func flip(_ name: String, _ places: Int...) -> [(String, Change)] {
    places.map { place in
      (
        "\(name) at \(place)",
        { request in
          var octets = Array((request.fields[name] ?? "").utf8)
          octets[place] = octets[place] == 0x41 ? 0x42 : 0x41
          request.fields[name] = String(decoding: octets, as: UTF8.self)
        }
      )
    }
  }

  private func swap(_ old: String, _ new: String) -> (String, Change) {
    (
      "\(old) → \(new)",
      {
        let value = $0.fields["Signature-Input"] ?? ""
        $0.fields["Signature-Input"] = value.replacingOccurrences(of: old, with: new)
      }
    )
  }

  private var ofMessage: [(String, Change)] {
    [
      ("first octet", { $0.body[0] ^= 1 }), ("last octet", { $0.body[$0.body.count - 1] ^= 1 }),
      ("a middle octet", { $0.body[$0.body.count / 2] ^= 0x80 }),
      ("an octet more", { $0.body.append(0) }), ("an octet less", { $0.body.removeLast() }),
      ("no body", { $0.body = [] }), ("path", { $0.target = "/sync/v1/pull" }),
      ("another path", { $0.target = "/sync/v1/reconcile" }),
      ("query", { $0.target = "/sync/v1/push?x=1" }),
      ("authority", { $0.fields["Host"] = "other.test" }),
      ("type", { $0.fields["Content-Type"] = "text/plain" }),
      ("coding", { $0.fields["Content-Encoding"] = "gzip" }),
      ("no digest", { $0.fields.remove("content-digest") }),
      ("no type", { $0.fields.remove("content-type") }),
    ]
  }

  private var ofSignature: [(String, Change)] {
    let changes: [(String, Change)] = [
      ("two signatures", { $0.fields.append("Signature", $0.fields["Signature"] ?? "") }),
      ("two inputs", { $0.fields.append("Signature-Input", $0.fields["Signature-Input"] ?? "") }),
      ("no signature", { $0.fields.remove("signature") }),
      ("no input", { $0.fields.remove("signature-input") }),
    ]
    let inputs: [(String, String)] = [
      ("\"360423\"", "\"360424\""), ("\"360423\"", "\"\""), ("served-", "server-"),
      (";created=1", ";created=2"), ("hmac-sha256", "hmac-sm3"), ("\"@query\" ", ""),
      ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""), (";nonce=", ";once="),
    ]
    return changes + inputs.map { swap($0.0, $0.1) } + flip("Signature", 6, 7, 12, 20, 28, 36, 44)
      + flip("Content-Digest", 9, 20, 40)
  }

  @Test func `tells all that is forged, replayed or out of time the same, and applies nothing`()
    throws
  {
    let centre = try ServedCentre()
    centre.waitOutStart()
    let heard = try push(centre)
    #expect(try centre.answer(heard).status == 200)
    let before = try dump(centre)
    var wording: HTTPResponse?
    func expectRefused(_ request: HTTPRequest, _ what: String) throws {
      var response = try centre.answer(request)
      response.fields.remove("date")
      #expect(response.status == 401, "\(what)")
      let first = wording ?? response
      wording = first
      #expect(response.body == first.body && response.fields == first.fields, "\(what)")
    }
    try expectRefused(heard, "a replay")
    let changes = ofMessage + ofSignature
    #expect(changes.count >= 30)
    for (what, change) in changes {
      var request = try push(centre)
      change(&request)
      try expectRefused(request, what)
    }
    for seconds: Int64 in [-86_400, -400, 400, 86_400, 315_360_000] {
      try expectRefused(try push(centre, secondsOff: seconds), "\(seconds) s off")
    }
    #expect(try dump(centre) == before)

    let kept = try push(centre)
    try centre.restart()
    let restarted = try dump(centre)
    try expectRefused(heard, "a replay after the restart")
    try expectRefused(kept, "what was created before the restart")
    #expect(try dump(centre) == restarted)
    centre.waitOutStart()
    #expect(try centre.answer(push(centre)).status == 200)
    centre.daemon.end(SIGTERM)
  }
}
