import Bytes
import Replication

/// `POST /sync/v1/push`: the session's head with 23 sum of the wholes' digests, then records.
/// Idempotent by nature.
package struct PushRequest: Sendable, Equatable {
  package var head: SessionHead
  package var items: [StreamItem]
  /// Of the digests that the client has of the wholes; nil from one that does not tell.
  package var sum: DigestSum?

  package init(head: SessionHead, items: [StreamItem], sum: DigestSum? = nil) {
    self.head = head
    self.items = items
    self.sum = sum
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    head = try SessionHead(fields)
    sum = fields.optionalOctets(23).flatMap { DigestSum($0) }
    items = []
    while !reader.isAtEnd {
      let start = reader.offset
      let (number, count) = try reader.itemHead()
      let item = try StreamItem(number, count: count, &reader)
      if case .left = item { throw Malformed("nothing leaves upward", at: start) }
      items.append(item)
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    head.write(to: &fields)
    fields.set(23, sum?.bytes)
    var writer = CBORWriter(reserving: items.reduce(128) { $0 + $1.weight })
    fields.write(to: &writer)
    for item in items { item.write(to: &writer) }
    return writer.bytes
  }
}

/// The answer to a push: 5 server's time · 24 whether nothing was taken, the sum being another · 30
/// whether no orders wait for the client; then what was refused and which records are wanted whole.
///
///     [20, key, digest, reason, detail]   refused, in part or whole
///     [21, key]                           wanted whole
///     [22, place, reason]                 the so-manieth record of the push does not parse
package struct PushResponse: Sendable, Equatable {
  package struct Refused: Sendable, Equatable {
    package let key: RecordKey
    package let digest: Digest
    package let reason: String
    package let detail: String

    package init(key: RecordKey, digest: Digest, reason: String, detail: String) {
      self.key = key
      self.digest = digest
      self.reason = reason
      self.detail = detail
    }
  }

  package struct Unreadable: Sendable, Equatable {
    package let place: Int
    package let reason: String

    package init(place: Int, reason: String) {
      self.place = place
      self.reason = reason
    }
  }

  package var time: Int64
  package var refused: [Refused] = []
  package var wants: [RecordKey] = []
  package var unreadable: [Unreadable] = []
  /// The wholes are not what their sum says: it is as if the request had not come.
  package var isUnsound: Bool
  /// Nothing waits for the client that is to go before the rest of what it pushes. False also where
  /// the server does not tell.
  package var hasNoOrders = false

  /// Everything was taken.
  package var isClean: Bool {
    !isUnsound && refused.isEmpty && wants.isEmpty && unreadable.isEmpty
  }

  package init(time: Int64, isUnsound: Bool = false) {
    self.time = time
    self.isUnsound = isUnsound
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    time = try fields.integer(5)
    isUnsound = fields.flag(24)
    hasNoOrders = fields.flag(30)
    while !reader.isAtEnd {
      let start = reader.offset
      let (number, count) = try reader.itemHead()
      switch (number, count) {
      case (20, 5):
        let key = try reader.recordKey()
        let digest = try Digest(&reader)
        let reason = try reader.text()
        refused.append(
          Refused(key: key, digest: digest, reason: reason, detail: try reader.text()))
      case (21, 2): wants.append(try reader.recordKey())
      case (22, 3):
        let place = try reader.count()
        unreadable.append(Unreadable(place: place, reason: try reader.text()))
      default: throw Malformed("item \(number) has no place here", at: start)
      }
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(5, time)
    fields.set(24, isUnsound)
    fields.set(30, hasNoOrders)
    var writer = CBORWriter()
    fields.write(to: &writer)
    for one in refused {
      writer.array(5)
      writer.unsigned(20)
      writer.recordKey(one.key)
      one.digest.write(to: &writer)
      writer.text(one.reason)
      writer.text(one.detail)
    }
    for key in wants {
      writer.array(2)
      writer.unsigned(21)
      writer.recordKey(key)
    }
    for one in unreadable {
      writer.array(3)
      writer.unsigned(22)
      writer.unsigned(UInt64(one.place))
      writer.text(one.reason)
    }
    return writer.bytes
  }
}
