import Bytes
import HTTPCore
import Networking
import Synchronization

/// A bucket in memory behind the program's own HTTP server: enough of an object store to answer
/// what is asked of one, and to fail in the ways that one fails.
final class FakeS3: Sendable {
  struct State {
    var objects: [String: [UInt8]] = [:]
    /// Answered in place of everything.
    var failure: HTTPResponse?
    var requests: [HTTPRequest] = []
  }

  private let state: Locked
  private let server: HTTPServer

  final class Locked: Sendable {
    let value = Mutex(State())
  }

  init() throws {
    let state = Locked()
    self.state = state
    server = try HTTPServer(addresses: [.tcp(host: "127.0.0.1", port: 0)], workers: 2) {
      request, _ in .respond(state.value.withLock { FakeS3.answer(request, &$0) })
    }
    try server.start()
  }

  var endpoint: String { "http://127.0.0.1:\(server.boundPort)" }
  func stop() { server.stop(drainMilliseconds: 0) }
  func set(_ body: (inout State) -> Void) { state.value.withLock { body(&$0) } }
  var names: [String] { state.value.withLock { $0.objects.keys.sorted() } }
  var requests: [HTTPRequest] { state.value.withLock { $0.requests } }

  /// As stores answer: with more in it than anybody should repeat.
  static func error(_ status: Int, _ code: String) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: "application/xml",
      body: Array(
        """
        <?xml version="1.0"?><Error><Code>\(code)</Code><Message>m</Message>\
        <AWSAccessKeyId>AKHIDDEN</AWSAccessKeyId><StringToSign>HIDDEN</StringToSign></Error>
        """.utf8))
  }

  private static func answer(_ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
    state.requests.append(request)
    if let failure = state.failure { return failure }
    let named = request.fields["x-amz-content-sha256"] ?? ""
    guard DigestAlgorithm.sha256.digest(request.body).description == named else {
      return error(400, "XAmzContentSHA256Mismatch")
    }
    var parts = request.target.segments ?? []
    guard parts.first == "bucket" else { return error(404, "NoSuchBucket") }
    parts.removeFirst()
    if parts.isEmpty { return list(request, state) }
    let name = parts.joined(separator: "/")
    switch request.method {
    case .put:
      if let source = request.fields["x-amz-copy-source"] {
        guard let octets = state.objects[String(source.dropFirst("/bucket/".count))] else {
          return error(404, "NoSuchKey")
        }
        state.objects[name] = octets
        return HTTPResponse(status: 200)
      }
      state.objects[name] = request.body
      return HTTPResponse(status: 200)
    case .delete:
      state.objects[name] = nil
      return HTTPResponse(status: 204)
    default: return read(name, request, state)
    }
  }

  private static func read(
    _ name: String, _ request: HTTPRequest, _ state: State
  ) -> HTTPResponse {
    guard let octets = state.objects[name] else {
      return request.method == .head ? HTTPResponse(status: 404) : error(404, "NoSuchKey")
    }
    if request.method == .head {
      var response = HTTPResponse(status: 200)
      response.fields.append("Content-Length", String(octets.count))
      return response
    }
    let ends = (request.fields["range"] ?? "").dropFirst("bytes=".count).split(separator: "-")
      .compactMap { Int($0) }
    guard ends.count == 2, ends[0] < octets.count else { return error(416, "InvalidRange") }
    return HTTPResponse(
      status: 206, contentType: "application/octet-stream",
      body: Array(octets[ends[0]...min(ends[1], octets.count - 1)]))
  }

  private static func list(_ request: HTTPRequest, _ state: State) -> HTTPResponse {
    let query = request.target.queryItems ?? []
    func value(_ name: String) -> String { query.first { $0.name == name }?.value ?? "" }
    let keys = state.objects.keys.sorted()
      .filter { $0.hasPrefix(value("prefix")) && $0 > value("start-after") }.prefix(2)
    let text = keys.map { "<Contents><Key>\($0)</Key><Size>1</Size></Contents>" }.joined()
    return HTTPResponse(
      status: 200, contentType: "application/xml",
      body: Array("<ListBucketResult>\(text)</ListBucketResult>".utf8))
  }
}
