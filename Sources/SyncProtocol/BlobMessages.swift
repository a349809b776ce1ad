import Bytes
import Replication

/// `GET /sync/v1/blobs`: what the server lacks of the blobs that this link's records refer to:
/// a map 0 version · 5 time · 11 whether there is more, then `[40, digest, size, octets held]`.
package struct BlobList: Sendable, Equatable {
  package struct Wanted: Sendable, Equatable {
    package let digest: Digest
    package let size: Int64
    /// What the server holds of it from this client.
    package let held: Int64

    package init(digest: Digest, size: Int64, held: Int64) {
      self.digest = digest
      self.size = size
      self.held = held
    }
  }

  package let time: Int64
  package let hasMore: Bool
  package private(set) var wanted: [Wanted]

  package init(time: Int64, hasMore: Bool, wanted: [Wanted]) {
    self.time = time
    self.hasMore = hasMore
    self.wanted = wanted
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    time = try fields.integer(5)
    hasMore = fields.flag(11)
    wanted = []
    while !reader.isAtEnd {
      let start = reader.offset
      let count = try reader.array()
      guard count == 4, try reader.unsigned() == 40, let digest = Digest(try reader.octets())
      else { throw Malformed("not a blob of a list", at: start) }
      let (size, held) = (try reader.integer(), try reader.integer())
      guard size > 0, held >= 0 else { throw Malformed("a blob's size is negative", at: start) }
      wanted.append(Wanted(digest: digest, size: size, held: held))
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(5, time)
    fields.set(11, hasMore)
    var writer = CBORWriter()
    fields.write(to: &writer)
    for one in wanted {
      writer.array(4)
      writer.unsigned(40)
      writer.octets(one.digest.bytes)
      writer.integer(one.size)
      writer.integer(one.held)
    }
    return writer.bytes
  }
}

/// The answer to `PUT /sync/v1/blobs/DIGEST`: 0 version · 41 octets held · 42 whether the blob is
/// whole, sound and durable.
package struct BlobProgress: Sendable, Equatable {
  package let held: Int64
  package let isWhole: Bool

  package init(held: Int64, isWhole: Bool) {
    self.held = held
    self.isWhole = isWhole
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    held = try fields.integer(41)
    isWhole = fields.flag(42)
    guard held >= 0 else { throw Malformed("a count is negative", at: 0) }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(41, held)
    fields.set(42, isWhole)
    return fields.message
  }
}
