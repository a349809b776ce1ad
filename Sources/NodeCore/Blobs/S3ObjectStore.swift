import Bytes
import Glibc
import HTTPCore
import Replication
import Storage

/// Objects in a bucket of an S3-compatible store: PUT, GET of ranges, HEAD, COPY, DELETE and
/// ListObjectsV2, each signed. One request a connection; nothing is kept between them. An object is
/// put at once: 5 GiB is what the protocol allows, more than an attachment may have.
package struct S3ObjectStore: ObjectStore {
  private let settings: S3Settings
  private let base: BaseURL
  private let folder: [String]
  private let signer: AWSSigner
  private let network: any Network
  private let now: @Sendable () -> Int64

  /// `now` is in milliseconds UTC. Nil where the bucket's name makes no host.
  package init?(
    _ settings: S3Settings, site: SiteCode, network: any Network,
    now: @escaping @Sendable () -> Int64
  ) {
    let endpoint = settings.endpoint
    let prefix = settings.prefix.split(separator: "/").map(String.init)
    if settings.usesPathStyle {
      base = endpoint
      folder = [settings.bucket] + prefix + [site.text]
    } else {
      let text = "\(endpoint.scheme.rawValue)://\(settings.bucket).\(endpoint.authority)"
      guard let url = try? BaseURL(text + endpoint.prefix) else { return nil }
      base = url
      folder = prefix + [site.text]
    }
    self.settings = settings
    signer = AWSSigner(
      accessKeyID: settings.accessKeyID, secret: settings.secretAccessKey,
      region: settings.region)
    self.network = network
    self.now = now
  }

  package var place: String { "\(settings.endpoint)/\(settings.bucket)" }

  // MARK: objects

  package func size(of name: String) throws(BlobFault) -> Int64? {
    let response = try exchange(request(.head, target(name)))
    if response.status == 404 {
      // An answer without content does not tell a missing object from a missing bucket.
      try probe()
      return nil
    }
    guard response.status == 200, let text = response.fields["content-length"],
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let size = Int64(text)
    else { throw fault(response) }
    return size
  }

  package func octets(
    of name: String, in range: Range<Int64>
  ) throws(BlobFault) -> [UInt8]? {
    if range.isEmpty { return [] }
    var request = request(.get, target(name))
    request.fields.append("Range", BlobRange.request(range))
    let response = try exchange(request)
    switch response.status {
    case 206 where response.body.count == range.count: return response.body
    case 200 where response.body.count == range.count && range.lowerBound == 0:
      return response.body
    case 206, 200, 416: return nil
    case 404 where S3Answer.code(response) == "NoSuchKey": return nil
    default: throw fault(response)
    }
  }

  package func put(
    _ name: String, file: String, size: Int64, sha256: Digest
  ) throws(BlobFault) {
    let reader = PutReader(try BlobFile(file, O_RDONLY))
    let content = HTTPContent(count: size) { offset in
      try reader.read(offset, Int(min(S3ObjectStore.pieceOctets, size - offset)))
    }
    let response = try exchange(
      request(.put, target(name), contentDigest: sha256), content: content)
    guard response.status == 200 else { throw fault(response) }
  }

  private static let pieceOctets: Int64 = 256 << 10

  package func copy(_ name: String, to other: String) throws(BlobFault) {
    let source = ([settings.bucket] + (settings.usesPathStyle ? folder.dropFirst() : folder[...]))
      .joined(separator: "/")
    let response = try exchange(
      request(
        .put, target(other),
        fields: ["x-amz-copy-source": "/\(source)/\(name)"]))
    // A copy that failed after it began is answered 200, with an error inside.
    guard response.status == 200, S3Answer.code(response) == nil else { throw fault(response) }
  }

  package func remove(_ name: String) throws(BlobFault) {
    let response = try exchange(request(.delete, target(name)))
    let isGone =
      [200, 204].contains(response.status)
      || (response.status == 404 && S3Answer.code(response) == "NoSuchKey")
    guard isGone else { throw fault(response) }
  }

  package func names(
    from beginning: String, after name: String?
  ) throws(BlobFault) -> [String] {
    let own = (settings.usesPathStyle ? folder.dropFirst() : folder[...]).map { "\($0)/" }.joined()
    var query = [
      (name: "list-type", value: "2"), (name: "prefix", value: own + beginning),
    ]
    if let name { query.append((name: "start-after", value: own + name)) }
    let response = try exchange(request(.get, bucketTarget(query)))
    guard response.status == 200 else { throw fault(response) }
    return S3Answer.names(response).filter { $0.utf8.starts(with: own.utf8) }
      .compactMap { String($0.utf8.dropFirst(own.utf8.count)) }
  }

  package func probe() throws(BlobFault) {
    let query = [(name: "list-type", value: "2"), (name: "max-keys", value: "1")]
    let response = try exchange(request(.get, bucketTarget(query)))
    guard response.status == 200 else { throw fault(response) }
  }

  // MARK: requests

  private func target(_ name: String) -> RequestTarget {
    RequestTarget(segments: folder + name.split(separator: "/").map(String.init))
  }

  private func bucketTarget(_ query: [(name: String, value: String)]) -> RequestTarget {
    RequestTarget(segments: settings.usesPathStyle ? [settings.bucket] : [""], query: query)
  }

  private static let emptyDigest = DigestAlgorithm.sha256.digest([UInt8]())

  private func request(
    _ method: HTTPMethod, _ target: RequestTarget, fields: HTTPFields = HTTPFields(),
    contentDigest: Digest = emptyDigest
  ) -> HTTPRequest {
    var request = base.request(method, target, fields: fields)
    request.fields.append("X-Amz-Content-Sha256", contentDigest.description)
    return request
  }

  private func exchange(
    _ request: HTTPRequest, content: HTTPContent? = nil
  ) throws(BlobFault) -> HTTPResponse {
    var request = request
    let named = request.fields["x-amz-content-sha256"].flatMap { Hex.decode($0) }
    signer.sign(
      &request, contentDigest: named.flatMap { Digest($0) } ?? Self.emptyDigest,
      seconds: now() / 1000)
    do throws(TransportFault) {
      let transport = try network.transport(to: base)
      if let content { return try transport.exchange(request, content: content) }
      return try transport.exchange(request, readMilliseconds: nil)
    } catch {
      throw .unreachable(place: place, error.words)
    }
  }

  /// What a refusal means: the store is busy, or an operator must mend something. Of the answer
  /// only the code is told: the rest may name keys.
  private func fault(_ response: HTTPResponse) -> BlobFault {
    let words = ["\(response.status)", S3Answer.code(response) ?? ""]
      .filter { !$0.isEmpty }.joined(separator: " ")
    let isLater = response.status >= 500 || [408, 429].contains(response.status)
    return isLater
      ? .unreachable(place: place, words) : .denied(place: place, words)
  }
}

/// Reads a file for a closure, which cannot own what may not be copied.
private final class PutReader {
  private let file: BlobFile

  init(_ file: consuming BlobFile) { self.file = file }

  func read(_ offset: Int64, _ count: Int) throws(BlobFault) -> [UInt8] {
    try file.read(at: offset, count: count)
  }
}

/// What the store's XML answers say, as far as it is asked: texts of single elements.
enum S3Answer {
  /// The code of an error: letters and digits alone.
  static func code(_ response: HTTPResponse) -> String? {
    guard let text = texts(of: "Code", in: response.body).first, (1...60).contains(text.count),
      text.allSatisfy({ octet in
        (0x61...0x7A).contains(octet) || (0x41...0x5A).contains(octet)
          || (0x30...0x39).contains(octet)
      })
    else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  /// The names of a list. Names of blobs need no escapes: others are somebody else's.
  static func names(_ response: HTTPResponse) -> [String] {
    texts(of: "Key", in: response.body).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func texts(of element: String, in octets: [UInt8]) -> [ArraySlice<UInt8>] {
    let (start, end) = (Array("<\(element)>".utf8), Array("</\(element)>".utf8))
    var found: [ArraySlice<UInt8>] = []
    var rest = octets[...]
    while let begin = rest.firstRange(of: start) {
      rest = rest[begin.upperBound...]
      guard let finish = rest.firstRange(of: end) else { break }
      found.append(rest[..<finish.lowerBound])
      rest = rest[finish.upperBound...]
    }
    return found
  }
}
