import Bytes
import Replication

/// What every request with effects begins with: the life of both stores, and the ticket that finds
/// clones and old copies.
///
///     0 version · 1 client's epoch · 2 server's epoch as the client knows it · 3 ticket last
///     accepted · 4 ticket of this session · 5 client's time · 6 number of the request
package struct SessionHead: Sendable, Equatable {
  package var epoch: [UInt8]
  package var knownEpoch: [UInt8]?
  package var last: [UInt8]?
  package var next: [UInt8]
  /// Milliseconds UTC.
  package var time: Int64
  /// Rises with every request over the link: an earlier one that comes late is told by it.
  package var number: Int64

  package init(
    epoch: [UInt8], knownEpoch: [UInt8]?, last: [UInt8]?, next: [UInt8], time: Int64,
    number: Int64
  ) {
    self.epoch = epoch
    self.knownEpoch = knownEpoch
    self.last = last
    self.next = next
    self.time = time
    self.number = number
  }

  init(_ fields: MessageFields) throws(Malformed) {
    try fields.checkVersion()
    epoch = try fields.octets(1)
    knownEpoch = fields.optionalOctets(2)
    last = fields.optionalOctets(3)
    next = try fields.octets(4)
    time = try fields.integer(5)
    number = try fields.integer(6)
  }

  func write(to fields: inout MessageFields) {
    fields.set(0, SyncLimits.version)
    fields.set(1, epoch)
    fields.set(2, knownEpoch)
    fields.set(3, last)
    fields.set(4, next)
    fields.set(5, time)
    fields.set(6, number)
  }
}
