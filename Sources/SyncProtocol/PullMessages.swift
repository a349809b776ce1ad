import Bytes
import Replication

/// Something set aside or cleared, as the client names it to the server.
///
///     [2, direction, key, digest, reason]   added
///     [3, direction, key]                   cleared
package struct AsideNote: Sendable, Equatable {
  /// 0 the client could not apply what it pulled; 1 the server refused what the client pushed.
  package let direction: Int64
  package let key: RecordKey
  /// Digest and reason; nil when it is cleared.
  package let added: Added?

  package struct Added: Sendable, Equatable {
    package let digest: Digest
    package let reason: String

    package init(digest: Digest, reason: String) {
      self.digest = digest
      self.reason = reason
    }
  }

  package init(direction: Int64, key: RecordKey, added: Added?) {
    self.direction = direction
    self.key = key
    self.added = added
  }
}

/// `POST /sync/v1/pull`: the session's head with 10 cursor · 11 page octets · 12 dictionaries ·
/// 13 and 14 fingerprint · 16 whether the client has something pending · 17 and 18 number and
/// digest of the head of its audit chain · 24 asks for a page whose records the server has read ·
/// 28 and 29 where the page begins, if behind the cursor, and behind the orders read; then items
/// [1, key] for each record wanted whole, and asides.
package struct PullRequest: Sendable, Equatable {
  package var head: SessionHead
  package var cursor: Int64
  package var pageBytes: Int
  package var dictionaries: [Int64]
  package var fingerprint: Fingerprint
  package var isPending: Bool
  package var wants: [RecordKey]
  package var asides: [AsideNote]
  /// How far the client has read the orders of the stream; nil from one that knows of none.
  package var orders: Int64?
  /// Whether it wants nothing but orders now.
  package var isOrdersOnly = false
  /// Where the page begins, for a client that has not applied all before it yet, and acknowledges
  /// no more than `cursor`; nil at the cursor.
  package var after: Int64?
  /// The same of `orders`.
  package var ordersAfter: Int64?
  /// The client's audit chain; nil while it is empty.
  package var chain: ChainHead?
  /// What the last answer held was not what its sum says: the server looks at what it sends.
  package var asksForChecked = false

  package init(
    head: SessionHead, cursor: Int64, pageBytes: Int, dictionaries: [Int64],
    fingerprint: Fingerprint, isPending: Bool, wants: [RecordKey], asides: [AsideNote],
    chain: ChainHead? = nil
  ) {
    self.head = head
    self.cursor = cursor
    self.pageBytes = pageBytes
    self.dictionaries = dictionaries
    self.fingerprint = fingerprint
    self.isPending = isPending
    self.wants = wants
    self.asides = asides
    self.chain = chain
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    head = try SessionHead(fields)
    cursor = try fields.integer(10)
    pageBytes = Int(clamping: try fields.integer(11))
    dictionaries = fields.integers(12)
    fingerprint = try fields.fingerprint(at: 13)
    isPending = fields.flag(16)
    orders = fields.optionalInteger(25)
    isOrdersOnly = fields.flag(26)
    (after, ordersAfter) = (fields.optionalInteger(28), fields.optionalInteger(29))
    asksForChecked = fields.flag(24)
    if let number = fields.optionalInteger(17) {
      guard number > 0, let digest = Digest(try fields.octets(18)) else {
        throw Malformed("not the head of a chain", at: 0)
      }
      chain = ChainHead(number: number, digest: digest)
    }
    (wants, asides) = ([], [])
    while !reader.isAtEnd {
      let start = reader.offset
      let (number, count) = try reader.itemHead()
      switch (number, count) {
      case (1, 2): wants.append(try reader.recordKey())
      case (2, 5):
        let (direction, key) = (try reader.integer(), try reader.recordKey())
        let digest = try Digest(&reader)
        asides.append(
          AsideNote(
            direction: direction, key: key,
            added: AsideNote.Added(digest: digest, reason: try reader.text())))
      case (3, 3):
        let direction = try reader.integer()
        asides.append(AsideNote(direction: direction, key: try reader.recordKey(), added: nil))
      default: throw Malformed("item \(number) has no place in a pull", at: start)
      }
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    head.write(to: &fields)
    fields.set(10, cursor)
    fields.set(11, Int64(pageBytes))
    fields.set(12, dictionaries)
    fields.set(fingerprint, at: 13)
    fields.set(16, isPending)
    fields.set(25, orders)
    fields.set(26, isOrdersOnly)
    fields.set(28, after)
    fields.set(29, ordersAfter)
    fields.set(24, asksForChecked)
    fields.set(17, chain?.number)
    fields.set(18, chain?.digest.bytes)
    var writer = CBORWriter()
    fields.write(to: &writer)
    for key in wants {
      writer.array(2)
      writer.unsigned(1)
      writer.recordKey(key)
    }
    for aside in asides {
      writer.array(aside.added == nil ? 3 : 5)
      writer.unsigned(aside.added == nil ? 3 : 2)
      writer.integer(aside.direction)
      writer.recordKey(aside.key)
      if let added = aside.added {
        added.digest.write(to: &writer)
        writer.text(added.reason)
      }
    }
    return writer.bytes
  }
}

/// The answer to a pull: 10 new cursor · 11 whether there is more · 13 and 14 fingerprint ·
/// 15 ETag of the link · 5 server's time · 17 countersignature of the chain's head · 23 sum of the
/// wholes' digests · 28 whether the server reads fields 28 and 29 of a request, where there is
/// more; then the records.
package struct PullResponse: Sendable, Equatable {
  package var cursor: Int64
  package var hasMore: Bool
  package var fingerprint: Fingerprint
  package var etag: String
  package var time: Int64
  /// How far orders have gone with this answer; nil where the client asked for no orders apart.
  package var orders: Int64?
  /// How much waits behind the orders, where these alone were asked for; nil for nothing.
  package var held: Int64?
  /// Whether the server knows of pages that begin behind the cursor.
  package var readsAfter = false
  package var items: [StreamItem]
  /// The upstream's HMAC over the head that the pull named, at `time`.
  package var proof: [UInt8]?
  /// Of the digests that the server has of the wholes; nil from one that does not tell.
  package var sum: DigestSum?

  package init(
    cursor: Int64, hasMore: Bool, fingerprint: Fingerprint, etag: String, time: Int64,
    items: [StreamItem], proof: [UInt8]? = nil
  ) {
    self.cursor = cursor
    self.hasMore = hasMore
    self.fingerprint = fingerprint
    self.etag = etag
    self.time = time
    self.items = items
    self.proof = proof
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    try self.init(MessageFields(&reader))
    while !reader.isAtEnd {
      let (number, count) = try reader.itemHead()
      items.append(try StreamItem(number, count: count, &reader))
    }
  }

  /// The fields alone, which the answer begins with.
  package init(beginning octets: ArraySlice<UInt8>) throws(Malformed) {
    var reader = CBORReader(Array(octets))
    try self.init(MessageFields(&reader))
  }

  /// Fields take no more.
  package static let beginningOctetsMax = 1024

  private init(_ fields: MessageFields) throws(Malformed) {
    cursor = try fields.integer(10)
    proof = fields.optionalOctets(17)
    orders = fields.optionalInteger(25)
    held = fields.optionalInteger(27)
    sum = fields.optionalOctets(23).flatMap { DigestSum($0) }
    hasMore = fields.flag(11)
    readsAfter = fields.flag(28)
    fingerprint = try fields.fingerprint(at: 13)
    etag = try fields.text(15)
    time = try fields.integer(5)
    items = []
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(5, time)
    fields.set(10, cursor)
    fields.set(11, hasMore)
    fields.set(fingerprint, at: 13)
    fields.set(15, etag)
    fields.set(17, proof)
    fields.set(25, orders)
    fields.set(27, held)
    if readsAfter { fields.set(28, true) }
    fields.set(23, sum?.bytes)
    var writer = CBORWriter(reserving: items.reduce(128) { $0 + $1.weight })
    fields.write(to: &writer)
    for item in items { item.write(to: &writer) }
    return writer.bytes
  }
}
