import Bytes
import Replication

/// What an upstream signs: that it saw this head of a child's chain at this time.
///
///     ["sitegroup audit head", child, upstream, child's epoch, number, digest, time]
package struct Countersignature: Sendable, Equatable {
  package let child: SiteCode
  package let upstream: SiteCode
  package let epoch: [UInt8]
  package let head: ChainHead
  /// Milliseconds UTC, by the upstream's clock.
  package let time: Int64

  package init(
    child: SiteCode, upstream: SiteCode, epoch: [UInt8], head: ChainHead, time: Int64
  ) {
    self.child = child
    self.upstream = upstream
    self.epoch = epoch
    self.head = head
    self.time = time
  }

  private static let label = "sitegroup audit head"

  private var octets: [UInt8] {
    var writer = CBORWriter()
    writer.array(7)
    writer.text(Countersignature.label)
    writer.text(child.text)
    writer.text(upstream.text)
    writer.octets(epoch)
    writer.integer(head.number)
    writer.octets(head.digest.bytes)
    writer.integer(time)
    return writer.bytes
  }

  /// HMAC under the link's key, with the tree's digest.
  package func proof(key: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
    algorithm.hmac(key: key, octets)
  }

  package func isProved(by proof: [UInt8], key: [UInt8], _ algorithm: DigestAlgorithm) -> Bool {
    constantTimeEqual(self.proof(key: key, algorithm), proof)
  }
}

/// The answer to `GET /sync/v1/audit`: 0 version · 5 server's time · 15 server's code; then the
/// heads of the caller's chain that the server has seen, oldest first.
///
///     [30, number, digest, client's epoch, time, fault]   fault: 0 none, 1 went back, 2 forked
package struct AuditHeads: Sendable, Equatable {
  package struct Seen: Sendable, Equatable {
    package let head: ChainHead
    package let epoch: [UInt8]
    package let at: Int64
    package let fault: Int64

    package init(head: ChainHead, epoch: [UInt8], at: Int64, fault: Int64) {
      self.head = head
      self.epoch = epoch
      self.at = at
      self.fault = fault
    }
  }

  package var time: Int64
  package var site: String
  package var heads: [Seen]

  package init(time: Int64, site: String, heads: [Seen]) {
    self.time = time
    self.site = site
    self.heads = heads
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    try fields.checkVersion()
    time = try fields.integer(5)
    site = try fields.text(15)
    heads = []
    while !reader.isAtEnd {
      let start = reader.offset
      let (number, count) = try reader.itemHead()
      guard (number, count) == (30, 6) else {
        throw Malformed("item \(number) has no place here", at: start)
      }
      let entry = try reader.integer()
      let digest = try Digest(&reader)
      heads.append(
        Seen(
          head: ChainHead(number: entry, digest: digest), epoch: try reader.octets(),
          at: try reader.integer(), fault: try reader.integer()))
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(5, time)
    fields.set(15, site)
    var writer = CBORWriter(reserving: 64 + 64 * heads.count)
    fields.write(to: &writer)
    for seen in heads {
      writer.array(6)
      writer.unsigned(30)
      writer.integer(seen.head.number)
      seen.head.digest.write(to: &writer)
      writer.octets(seen.epoch)
      writer.integer(seen.at)
      writer.integer(seen.fault)
    }
    return writer.bytes
  }
}
