import Bytes
import HTTPCore
import Library
import Replication
import Storage
import SyncProtocol

/// What an exchange of blobs with the upstream came to.
package struct BlobReport: Sendable, Equatable {
  package var fetched = 0
  package var pushed = 0
  /// Blobs that are still missing here.
  package var pending = 0
  /// It stopped early for something more urgent.
  package var isInterrupted = false
  package var failure: SyncSession.Failure?
  /// The place where this node keeps blobs could not be used.
  package var placeFault: BlobFault?
  /// What the upstream says of blobs that are more than this site may have there.
  package var quotaDetail: String?
  /// Octets at the socket.
  package var octetsSent = 0
  package var octetsReceived = 0

  package init() {}
}

/// Brings blobs from and to the upstream, in chunks, each going on where the last one ended. What
/// fails waits; it never stops the others, unless the upstream itself is out of reach.
final class BlobExchange {
  private let node: Node
  private let channel: SyncChannel
  private let mayGoOn: () -> Bool
  private var report = BlobReport()
  /// Blobs of so many octets and more are beyond the quota at the upstream.
  private var quotaOctets = Int64.max

  /// Asked between chunks: whether nothing more urgent waits.
  init(_ node: Node, _ channel: SyncChannel, mayGoOn: @escaping () -> Bool) {
    self.node = node
    self.channel = channel
    self.mayGoOn = mayGoOn
  }

  private struct Interrupted: Error {}

  func run(_ scope: SyncSession.Scope) throws -> BlobReport {
    do {
      // Nothing that leaves here is slower for what comes.
      if scope != .pullOnly { try push() }
      if scope != .pushOnly { try fetch() }
    } catch let failure as SyncSession.Failure {
      report.failure = failure
    } catch is Interrupted {
      report.isInterrupted = true
    } catch let fault as BlobFault where fault.isOfPlace {
      // Nothing more is brought here than can be kept.
      report.placeFault = fault
    }
    report.pending = try node.store.read { try $0.missingBlobsCount() }
    report.octetsSent = channel.transport.octetsSent
    report.octetsReceived = channel.transport.octetsReceived
    return report
  }

  // MARK: fetching

  private func fetch() throws {
    while true {
      let due = try node.store.read { try $0.dueBlobs(limit: BlobLimits.listMax) }
      for one in due {
        // A file that no table named came from no neighbour: the upstream may lack it, too.
        let isFound = try node.pinning(one.digest) { try isThere(one) }
        if try isFound || node.pinning(one.digest, { try fetch(one) }) {
          try node.store.write {
            try $0.blobArrived(
              one.digest, size: one.size, from: isFound ? nil : channel.site)
          }
        } else {
          let delay = BlobExchange.delayMilliseconds << min(one.tries, 9)
          try node.store.write { try $0.postponeBlob(one.digest, milliseconds: delay) }
        }
      }
      if due.count < BlobLimits.listMax { return }
    }
  }

  private static let delayMilliseconds: Int64 = 60_000

  private func isThere(_ one: MissingBlob) throws -> Bool {
    try node.blobs.size(of: one.digest) == one.size && node.blobs.check(one.digest)
  }

  /// Whether the blob is here afterwards.
  private func fetch(_ one: MissingBlob) throws -> Bool {
    var offset = try node.blobs.stagedCount(one.digest, from: source)
    if offset > one.size {
      try node.blobs.dropStaged(one.digest, from: source)
      offset = 0
    }
    while offset < one.size {
      let range = next(offset, of: one.size, portions.down)
      guard let octets = try chunk(one, range) else { return false }
      offset = try node.blobs.stage(octets, of: one.digest, at: offset, from: source)
    }
    guard try node.blobs.finish(one.digest, size: one.size, from: source) else { return false }
    report.fetched += 1
    return true
  }

  /// Nil where the upstream does not have it.
  private func chunk(_ one: MissingBlob, _ range: Range<Int64>) throws -> [UInt8]? {
    var request = channel.url.request(.get, target(one.digest))
    request.fields.append("Range", BlobRange.request(range))
    let response = try send(request, octets: range.count)
    guard response.status == 206, response.body.count == range.count else { return nil }
    return response.body
  }

  // MARK: pushing

  private func push() throws {
    guard let reason = try node.store.read({ try $0.reasonToPushBlobs() }) else { return }
    var after: Digest?
    while true {
      let list = try list(after)
      for one in list.wanted where one.size < quotaOctets {
        let isOffered = try node.store.read { snapshot in
          guard let link = try snapshot.upstreamLink(), try snapshot.hasBlob(one.digest) else {
            return false
          }
          return try snapshot.blobSizes(one.digest, onLink: link.id).contains(one.size)
        }
        if isOffered, try node.pinning(one.digest, { try push(one) }) { report.pushed += 1 }
      }
      guard list.hasMore, let last = list.wanted.last else { break }
      after = last.digest
    }
    try node.store.write { transaction in
      try transaction.clearBlobsToPush(reason)
      // The upstream lacks less than when it told its state: asked anew, it may lack it again.
      guard report.pushed > 0, let link = try transaction.upstreamLink() else { return }
      try transaction.change(link.id) { $0.etag = nil }
    }
  }

  private func list(_ after: Digest?) throws -> BlobList {
    let query = after.map { [(name: "after", value: $0.description)] } ?? []
    let target = RequestTarget(segments: ["sync", "v1", "blobs"], query: query)
    let response = try send(channel.url.request(.get, target), octets: 0)
    guard response.status == 200 else {
      throw SyncSession.Failure.problem(.incompatible, "blobs: \(response.status)")
    }
    return try body(response) { (octets) throws(Malformed) in try BlobList(octets) }
  }

  /// Whether the upstream has it afterwards. It may have been purged meanwhile.
  private func push(_ one: BlobList.Wanted) throws -> Bool {
    var (offset, setbacks) = (one.held, 0)
    while setbacks < BlobExchange.setbacksMax {
      if offset >= one.size { offset = 0 }
      let range = next(offset, of: one.size, portions.up)
      var request = channel.url.request(.put, target(one.digest))
      do {
        request.body = try node.blobs.octets(of: one.digest, in: range)
      } catch BlobFault.damaged, BlobFault.missing {
        try node.store.write { try $0.blobLost(one.digest) }
        return false
      }
      request.fields.append("Content-Type", "application/octet-stream")
      request.fields.append("Content-Range", BlobRange.field(range, of: one.size))
      let response = try send(request, octets: range.count)
      note(response, one)
      guard response.status == 200 else { return false }
      let progress = try body(response) { (octets) throws(Malformed) in
        try BlobProgress(octets)
      }
      if progress.isWhole { return true }
      // Another end than ours: what was staged there was not sound, or somebody else goes on.
      if progress.held != range.upperBound { setbacks += 1 }
      offset = progress.held
    }
    return false
  }

  /// Nothing as large is tried again in this exchange, once the upstream has no room for it.
  private func note(_ response: HTTPResponse, _ one: BlobList.Wanted) {
    guard let problem = ProblemDetails(response), problem.code == Reason.quota.rawValue else {
      return
    }
    quotaOctets = min(quotaOctets, one.size)
    report.quotaDetail = problem.detail ?? ""
  }

  private static let setbacksMax = 3

  // MARK: requests

  private var source: String { channel.site.text }

  private func target(_ digest: Digest) -> RequestTarget {
    RequestTarget(segments: ["sync", "v1", "blobs", digest.description])
  }

  private var portions: Portions { node.portions.withLock { $0 } }

  private func next(_ offset: Int64, of size: Int64, _ portion: Portion) -> Range<Int64> {
    var count = Int64(min(BlobLimits.chunkOctets, portion.octets))
    if let rate = node.settings.blobBytesPerSecond {
      count = min(count, max(rate, BlobExchange.chunkOctetsMin))
    }
    return offset..<min(size, offset + count)
  }

  private static let chunkOctetsMin: Int64 = 16 << 10

  /// Sends one request, no faster than the configuration allows. `octets` are the blob's own.
  private func send(_ request: HTTPRequest, octets: Int) throws -> HTTPResponse {
    if !mayGoOn() { throw Interrupted() }
    let start = node.ports.now()
    let response = try channel.exchange(request).get()
    if let rate = node.settings.blobBytesPerSecond, rate > 0 {
      let due = Int64(octets) * 1000 / rate - (node.ports.now() - start)
      if due > 0 { channel.network.pause(milliseconds: Int(min(due, 60_000))) }
    }
    return response
  }

  private func body<T>(
    _ response: HTTPResponse, _ read: ([UInt8]) throws(Malformed) -> T
  ) throws -> T {
    do throws(Malformed) {
      return try read(response.body)
    } catch {
      throw SyncSession.Failure.malformed("\(error.what) (octet \(error.offset))")
    }
  }
}

extension Node {
  /// Exchanges blobs with the upstream, where there is anything to; one exchange at a time. Never
  /// fails a session: what went wrong is in the report.
  package func exchangeBlobs(
    _ scope: SyncSession.Scope = .both, over network: (any Network)? = nil,
    mayGoOn: @escaping () -> Bool = { true }
  ) throws -> BlobReport {
    guard keys.upstream != nil, settings.upstream != nil, mayExchangeBlobs,
      try hasBlobsToExchange()
    else {
      var report = BlobReport()
      report.pending = try store.read(asksFollowers: false) { try $0.missingBlobsCount() }
      return report
    }
    return try withBlobGate {
      let channel = try channel(over: network ?? self.network)
      return try BlobExchange(self, channel, mayGoOn: mayGoOn).run(scope)
    }
  }

  /// The upstream asked for so long a pause.
  func pauseBlobs(seconds: Int) {
    let milliseconds = Int64(min(max(seconds, 0), Node.blobsPauseSecondsMax)) * 1000
    blobsNotBefore.withLock { $0 = ports.now() + milliseconds }
  }

  private static let blobsPauseSecondsMax = 3600

  /// A pause longer than any was noted by a clock that was ahead.
  private var mayExchangeBlobs: Bool {
    let left = blobsNotBefore.withLock { $0 } - ports.now()
    return left <= 0 || left > Int64(Node.blobsPauseSecondsMax) * 1000
  }

  package func hasBlobsToExchange() throws -> Bool {
    try store.read(asksFollowers: false) {
      try $0.reasonToPushBlobs() != nil || !$0.dueBlobs(limit: 1).isEmpty
    }
  }

  private func withBlobGate<T>(_ body: () throws -> T) throws -> T {
    var waits = 0
    while blobGate.withLock({ isTaken in
      defer { isTaken = true }
      return isTaken
    }) {
      waits += 1
      if waits > Node.sessionWaitsMax { throw Refusal(.storeBusy, site.text) }
      network.pause(milliseconds: 50)
    }
    defer { blobGate.withLock { $0 = false } }
    return try body()
  }
}
