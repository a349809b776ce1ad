import Bytes
import Replication

/// `GET /sync/v1/link`: 0 version · 1 server's epoch · 2 the client's epoch as the server knows
/// it · 5 server's time · 10 head · 12 dictionaries · 13 and 14 fingerprint · 15 server's code ·
/// 18 page octets · 19 digest algorithm · 20 how many blobs of this
/// link's records the server lacks, missing for none · 43 the client's quota, missing for none.
package struct LinkDescription: Sendable, Equatable {
  package var epoch: [UInt8]
  package var knownEpoch: [UInt8]?
  package var time: Int64
  package var head: Int64
  package var dictionaries: [Int64]
  package var fingerprint: Fingerprint
  package var site: String
  package var pageBytes: Int
  package var algorithm: String
  package var missingBlobs: Int64
  /// Limits of records, octets, blobs and their octets (0: none), and the sixteenths that are free.
  package var room: [Int64]

  package init(
    epoch: [UInt8], knownEpoch: [UInt8]?, time: Int64, head: Int64, dictionaries: [Int64],
    fingerprint: Fingerprint, site: String, pageBytes: Int, algorithm: String,
    missingBlobs: Int64 = 0, room: [Int64] = []
  ) {
    self.epoch = epoch
    self.knownEpoch = knownEpoch
    self.time = time
    self.head = head
    self.dictionaries = dictionaries
    self.fingerprint = fingerprint
    self.site = site
    self.pageBytes = pageBytes
    self.algorithm = algorithm
    self.missingBlobs = missingBlobs
    self.room = room
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    try fields.checkVersion()
    epoch = try fields.octets(1)
    knownEpoch = fields.optionalOctets(2)
    time = try fields.integer(5)
    head = try fields.integer(10)
    dictionaries = fields.integers(12)
    fingerprint = try fields.fingerprint(at: 13)
    site = try fields.text(15)
    pageBytes = Int(clamping: try fields.integer(18))
    algorithm = try fields.text(19)
    missingBlobs = fields.optionalInteger(20) ?? 0
    room = fields.integers(43)
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(1, epoch)
    fields.set(2, knownEpoch)
    fields.set(5, time)
    fields.set(10, head)
    fields.set(12, dictionaries)
    fields.set(fingerprint, at: 13)
    fields.set(15, site)
    fields.set(18, Int64(pageBytes))
    fields.set(19, algorithm)
    fields.set(20, missingBlobs > 0 ? missingBlobs : nil)
    if !room.isEmpty { fields.set(43, room) }
    return fields.message
  }
}
