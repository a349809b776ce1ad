import Bytes
import Replication
import SQLite

/// One neighbour, as this node sees it: cursors, tickets, fingerprint, how the last sessions went.
package struct LinkState: Sendable {
  package let id: Int64
  package let peer: SiteCode
  package let isUpstream: Bool
  /// The life of the peer's store that was last reconciled with.
  package var peerEpoch: [UInt8]?
  /// How far this node has read the peer's stream.
  package var cursor: Int64
  /// How far this node has sent its own stream to the upstream.
  package var pushed: Int64
  /// How far the peer has read this node's stream.
  package var acknowledged: Int64
  /// How far this node has read the orders of the peer's stream, and the peer those of this one's:
  /// they go before the rest.
  package var orders: Int64
  package var ordersAcknowledged: Int64
  /// How much the upstream has that waits for the window; and its ETag then.
  package var held: Int64?
  package var heldEtag: String?
  /// The last sequence given to an entry of this link.
  package var head: Int64
  /// Client: how many requests it has sent. Server: the number of the last one it took.
  package var requests: Int64
  /// Server: the ticket of the last session. Client: `last` accepted and `next` on its way.
  package var ticket: [UInt8]?
  package var last: [UInt8]?
  package var next: [UInt8]?
  /// After `rejoin`: cells of any author are taken from this peer.
  package var isRefilling: Bool
  /// The greatest stamp of this site's that the peer may have accepted.
  package var offered: Int64
  package var fingerprint: Fingerprint
  /// The upstream's ETag after the last session that ended in step.
  package var etag: String?
  package var isInStep: Bool?
  package var lastSuccessAt: Int64?
  package var lastError: String?
  package var unreachableSince: Int64?
  /// Server: when the child was last heard.
  package var seenAt: Int64?
  package var failures: Int64
  /// When the next session is due; survives restarts.
  package var dueAt: Int64?
  /// Why only an operator can go on: `ticket` or `lacks`.
  package var operatorNeeded: String?

  fileprivate static let columns = """
    id, peer, upstream, peer_epoch, cursor, pushed, acknowledged, head, ticket, last, next, refill,
    offered, count, sum, etag, in_step, last_success_at, last_error, unreachable_since, seen_at,
    failures, due_at, operator_needed, requests, orders, orders_acknowledged, held, held_etag
    """

  fileprivate init(_ row: Statement) throws {
    guard let peer = SiteCode(row.text(1)), let sum = DigestSum(row.blob(14)) else {
      throw StoreFault.damaged("a link does not parse")
    }
    id = row.integer(0)
    self.peer = peer
    isUpstream = row.integer(2) != 0
    peerEpoch = row.optionalBlob(3)
    (cursor, pushed, acknowledged) = (row.integer(4), row.integer(5), row.integer(6))
    head = row.integer(7)
    (ticket, last, next) = (row.optionalBlob(8), row.optionalBlob(9), row.optionalBlob(10))
    isRefilling = row.integer(11) != 0
    offered = row.integer(12)
    fingerprint = Fingerprint(count: Int(row.integer(13)), sum: sum)
    etag = row.optionalText(15)
    isInStep = row.optionalInteger(16).map { $0 != 0 }
    lastSuccessAt = row.optionalInteger(17)
    lastError = row.optionalText(18)
    unreachableSince = row.optionalInteger(19)
    seenAt = row.optionalInteger(20)
    failures = row.integer(21)
    dueAt = row.optionalInteger(22)
    operatorNeeded = row.optionalText(23)
    requests = row.integer(24)
    (orders, ordersAcknowledged) = (row.integer(25), row.integer(26))
    (held, heldEtag) = (row.optionalInteger(27), row.optionalText(28))
  }
}

extension Snapshot {
  package func allLinks() throws -> [LinkState] {
    try connection.all("SELECT \(LinkState.columns) FROM links ORDER BY id") {
      try LinkState($0)
    }
  }

  package func link(to peer: SiteCode) throws -> LinkState? {
    try connection.first(
      "SELECT \(LinkState.columns) FROM links WHERE peer = ?", [.text(peer.text)]
    ) { try LinkState($0) }
  }

  package func upstreamLink() throws -> LinkState? {
    try connection.first("SELECT \(LinkState.columns) FROM links WHERE upstream = 1") {
      try LinkState($0)
    }
  }

  /// The preset dictionaries that a peer has announced: only these may be used towards it.
  package func peerDictionaries(_ link: Int64) throws -> [Int64] {
    try meta("dictionaries/\(link)").map { $0.split(separator: ",").compactMap { Int64($0) } } ?? []
  }

  /// This store's life.
  package func epoch() throws -> [UInt8] {
    guard let epoch = try connection.first("SELECT epoch FROM state", [], { $0.blob(0) }) else {
      throw StoreFault.missing
    }
    return epoch
  }

  /// Changes with everything that a session would bring to the peer, and with the room it has here.
  package func etag(_ link: LinkState, epoch: [UInt8], room: [Int64]) throws -> String {
    var writer = CBORWriter()
    writer.octets(epoch)
    writer.octets(link.peerEpoch ?? [])
    writer.integer(link.head)
    writer.integer(Int64(link.fingerprint.count))
    writer.octets(link.fingerprint.sum.bytes)
    writer.integer(link.isRefilling ? 1 : 0)
    let missing = try missingBlobsCount(link.id)
    if missing > 0 { writer.integer(Int64(missing)) }
    for one in room { writer.integer(one) }
    let digest = DigestAlgorithm.sha256.digest(writer.bytes)
    return "\"" + Hex.encode(digest.prefix(12)) + "\""
  }

  package func pastEpochs(_ link: LinkState) throws -> [[UInt8]] {
    try connection.all("SELECT epoch FROM past_epochs WHERE link = ?", [.integer(link.id)]) {
      $0.blob(0)
    }
  }
}

extension Transaction {
  @discardableResult
  package func addLink(to peer: SiteCode, isUpstream: Bool) throws -> Int64 {
    try connection.run(
      "INSERT INTO links(peer, upstream) VALUES (?, ?) ON CONFLICT (peer) DO NOTHING",
      [.text(peer.text), .integer(isUpstream ? 1 : 0)])
    return try connection.first("SELECT id FROM links WHERE peer = ?", [.text(peer.text)]) {
      $0.integer(0)
    } ?? connection.lastRow
  }

  /// The link as this transaction has left it so far.
  package func linkState(_ id: Int64) throws -> LinkState {
    if let link = links[id] { return link }
    guard
      let link = try connection.first(
        "SELECT \(LinkState.columns) FROM links WHERE id = ?", [.integer(id)],
        { try LinkState($0) })
    else { throw StoreFault.damaged("no link \(id)") }
    links[id] = link
    return link
  }

  package func change(_ id: Int64, _ body: (inout LinkState) throws -> Void) throws {
    let known = try linkState(id)
    try body(&links[id, default: known])
    changedLinks.insert(id)
  }

  package func addPastEpoch(_ link: Int64, _ epoch: [UInt8]) throws {
    try connection.run(
      "INSERT OR IGNORE INTO past_epochs VALUES (?, ?)", [.integer(link), .blob(epoch)])
  }

  package func setPeerDictionaries(_ link: Int64, _ numbers: [Int64]) throws {
    try setMeta("dictionaries/\(link)", numbers.map(String.init).joined(separator: ","))
  }

  func save(_ link: LinkState) throws {
    try connection.run(
      """
      UPDATE links SET peer_epoch = ?2, cursor = ?3, pushed = ?4, acknowledged = ?5, head = ?6,
        ticket = ?7, last = ?8, next = ?9, refill = ?10, offered = ?11, count = ?12, sum = ?13,
        etag = ?14, in_step = ?15, last_success_at = ?16, last_error = ?17,
        unreachable_since = ?18, seen_at = ?19, failures = ?20, due_at = ?21, operator_needed = ?22,
        requests = ?23, orders = ?24, orders_acknowledged = ?25, held = ?26, held_etag = ?27
      WHERE id = ?1
      """,
      [
        .integer(link.id), SQLValue(link.peerEpoch), .integer(link.cursor), .integer(link.pushed),
        .integer(link.acknowledged), .integer(link.head), SQLValue(link.ticket),
        SQLValue(link.last), SQLValue(link.next), .integer(link.isRefilling ? 1 : 0),
        .integer(link.offered), .integer(Int64(link.fingerprint.count)),
        .blob(link.fingerprint.sum.bytes), SQLValue(link.etag),
        SQLValue(link.isInStep.map { $0 ? Int64(1) : 0 }), SQLValue(link.lastSuccessAt),
        SQLValue(link.lastError), SQLValue(link.unreachableSince), SQLValue(link.seenAt),
        .integer(link.failures), SQLValue(link.dueAt), SQLValue(link.operatorNeeded),
        .integer(link.requests), .integer(link.orders), .integer(link.ordersAcknowledged),
        SQLValue(link.held), SQLValue(link.heldEtag),
      ])
  }
}
