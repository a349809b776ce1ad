import Bytes
import HTTPCore
import Library
import Replication
import Storage
import SyncProtocol

/// The serving end for blobs: `/sync/v1/blobs` and `/sync/v1/blobs/DIGEST`. A child reads and
/// writes only blobs that a record in the scope of its link refers to. The endpoint signs.
struct BlobDesk {
  static let path = "/sync/v1/blobs"

  let node: Node
  let peer: SiteCode

  func answer(_ request: HTTPRequest, _ path: String) -> HTTPResponse {
    let name = String(path.utf8.dropFirst(BlobDesk.path.utf8.count + 1)) ?? ""
    do {
      if name.isEmpty {
        return request.method == .get ? try list(request) : SyncEndpoint.notAllowed("GET")
      }
      guard name.utf8.count == 2 * Digest.byteCount, let octets = Hex.decode(name),
        let digest = Digest(octets)
      else { return refusal(.incompatible, "not a digest", request) }
      switch request.method {
      case .get, .head: return try send(digest, request)
      case .put: return try take(digest, request)
      default: return SyncEndpoint.notAllowed("GET, HEAD, PUT")
      }
    } catch let fault as BlobFault {
      return refused(fault)
    } catch {
      return SyncEndpoint.response(SyncEndpoint.problem(error, at: node.site), etag: nil)
    }
  }

  // MARK: what is lacking here

  private func list(_ request: HTTPRequest) throws -> HTTPResponse {
    let after = request.target.queryItems?.first { $0.name == "after" }?.value
    let digest = after.flatMap { Hex.decode($0) }.flatMap { Digest($0) }
    let (missing, now) = try node.store.read { snapshot in
      guard let link = try snapshot.link(to: peer) else { return ([MissingBlob](), snapshot.now) }
      return (
        try snapshot.missingBlobs(link.id, after: digest, limit: BlobLimits.listMax),
        snapshot.now
      )
    }
    // What is here whole and cannot be kept now is not to be sent again and again.
    let isWaiting = node.blobs.lastFault != nil
    let wanted = try missing.map { one in
      BlobList.Wanted(
        digest: one.digest, size: one.size,
        held: try node.blobs.stagedCount(one.digest, from: peer.text))
    }.filter { !isWaiting || $0.held < $0.size }
    let list = BlobList(
      time: now, hasMore: missing.count == BlobLimits.listMax, wanted: wanted)
    return HTTPResponse(status: 200, contentType: SyncChannel.contentType, body: list.body)
  }

  // MARK: sending

  private func send(_ digest: Digest, _ request: HTTPRequest) throws -> HTTPResponse {
    let (isReferred, isHere) = try node.store.read { snapshot in
      (try !sizes(digest, in: snapshot).isEmpty, try snapshot.hasBlob(digest))
    }
    guard isReferred else { return foreign(digest, request) }
    guard isHere, let size = try whole(digest) else { return BlobDesk.unknown }
    var response = HTTPResponse(status: 200)
    response.fields.append("Accept-Ranges", "bytes")
    let etag = "\"\(digest)\""
    response.fields.append("ETag", etag)
    let isRanged: Bool
    switch EntityTags.evaluate(request, etag: etag) {
    case .notModified:
      response.status = 304
      return response
    case .failed:
      response.status = 412
      return response
    case .proceed(let honoursRange): isRanged = honoursRange && request.fields.contains("range")
    }
    if request.method == .head {
      response.fields.append("Content-Length", String(size))
      return response
    }
    let asked = isRanged ? request.fields["range"] ?? "" : "bytes=0-"
    guard var range = BlobRange.requested(asked, size: size) else {
      response.status = 416
      response.fields.append("Content-Range", "bytes */\(size)")
      return response
    }
    let end = range.lowerBound + Int64(BlobLimits.chunkOctets)
    range = range.lowerBound..<min(range.upperBound, end)
    if isRanged {
      response.status = 206
      response.fields.append("Content-Range", BlobRange.field(range, of: size))
    } else if range.upperBound < size {
      return refusal(.incompatible, "so large a blob is sent by ranges alone", request)
    }
    response.fields.append("Content-Type", "application/octet-stream")
    response.body = try node.blobs.octets(of: digest, in: range)
    return response
  }

  /// Its size; where the file has gone, it is wanted again.
  private func whole(_ digest: Digest) throws -> Int64? {
    if let size = try node.blobs.size(of: digest) { return size }
    try node.store.write { try $0.blobLost(digest) }
    return nil
  }

  // MARK: taking

  private func take(_ digest: Digest, _ request: HTTPRequest) throws -> HTTPResponse {
    let (sizes, isHere) = try node.store.read { snapshot in
      (try self.sizes(digest, in: snapshot), try snapshot.hasBlob(digest))
    }
    guard !sizes.isEmpty else { return foreign(digest, request) }
    guard let (range, size) = request.fields["content-range"].flatMap(BlobRange.sent),
      range.count == request.body.count, range.count <= BlobLimits.chunkOctets
    else { return refusal(.incompatible, "Content-Range does not fit the body", request) }
    guard sizes.contains(size) else {
      return refusal(.itemRejected, "its records give it another size", request)
    }
    if isHere { return BlobDesk.progress(size, isWhole: true) }
    if let excess = try excess(of: digest, size: size) { return beyondQuota(digest, excess) }
    return try node.pinning(digest) {
      let held = try node.blobs.stage(
        request.body, of: digest, at: range.lowerBound, from: peer.text)
      guard held == size else { return BlobDesk.progress(held, isWhole: false) }
      guard try node.blobs.finish(digest, size: size, from: peer.text) else {
        return BlobDesk.progress(0, isWhole: false)
      }
      try node.store.write { try $0.blobArrived(digest, size: size, from: peer) }
      return BlobDesk.progress(size, isWhole: true)
    }
  }

  private func sizes(_ digest: Digest, in snapshot: Snapshot) throws -> [Int64] {
    guard let link = try snapshot.link(to: peer), !link.isUpstream else { return [] }
    return try snapshot.blobSizes(digest, onLink: link.id)
  }

  /// The bound that one more blob would break: beside what is here counts what the child has begun
  /// to send.
  private func excess(of digest: Digest, size: Int64) throws -> String? {
    let quota = node.settings.siteLimits.quota
    guard quota.boundsBlobs else { return nil }
    var used = try node.store.read { try $0.totals(ofChild: peer, node.library.directory) }
    let others = try node.blobs.allStaged().filter {
      $0.source == peer.text && $0.digest != digest
    }
    for one in others {
      let octets = try node.blobs.stagedCount(one.digest, from: one.source)
      used = used + SiteTotals(blobs: 1, blobOctets: octets)
    }
    return quota.excess(of: SiteTotals(blobs: 1, blobOctets: size), over: used)
  }

  private func beyondQuota(_ digest: Digest, _ excess: String) -> HTTPResponse {
    let refusal = Refusal(.quota, peer.text, excess)
    node.noteRefused(
      "blobs PUT", of: peer, subject: digest.description, refusal.reason.rawValue)
    let facts = refusal.reason.facts
    return ProblemDetails(
      facts.problem, status: facts.httpStatus, title: HTTPResponse.reason(facts.httpStatus),
      detail: refusal.message(.en), code: refusal.reason.rawValue
    ).response
  }

  // MARK: answers

  private static func progress(_ held: Int64, isWhole: Bool) -> HTTPResponse {
    HTTPResponse(
      status: 200, contentType: SyncChannel.contentType,
      body: BlobProgress(held: held, isWhole: isWhole).body)
  }

  private func refused(_ fault: BlobFault) -> HTTPResponse {
    switch fault {
    case .missing(let digest), .damaged(let digest):
      do {
        try node.store.write { try $0.blobLost(digest) }
      } catch {
        return SyncEndpoint.response(SyncEndpoint.problem(error, at: node.site), etag: nil)
      }
      return BlobDesk.unknown
    case .full, .readOnly, .input, .unreachable, .denied:
      let detail = Refusal.of(fault).message(.en)
      return SyncEndpoint.response(
        .problem(.retryLater, detail: detail, retryAfterSeconds: 30), etag: nil)
    }
  }

  private static let unknown = ProblemDetails(
    .itemRejected, status: 404, title: "no such blob for this link"
  ).response

  /// What a rule stands against is told to the audit too.
  private func refusal(
    _ problem: SyncProblem, _ detail: String, _ request: HTTPRequest
  ) -> HTTPResponse {
    node.noteRefused("blobs \(request.method.name)", of: peer, subject: detail, problem.rawValue)
    return SyncEndpoint.response(.problem(problem, detail: detail), etag: nil)
  }

  /// No record of this link refers to it: what is here and what is not are told the same.
  private func foreign(_ digest: Digest, _ request: HTTPRequest) -> HTTPResponse {
    node.noteRefused(
      "blobs \(request.method.name)", of: peer, subject: digest.description,
      SyncProblem.itemRejected.rawValue)
    return BlobDesk.unknown
  }
}
