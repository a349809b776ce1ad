import Dispatch
import Foundation
import FoundationNetworking
import HTTPCore
import Networking
import Synchronization

/// The server at the other end, over TLS. One request at a time; redirects, cookies and caches are
/// none of its business.
final class Upstream: Sendable {
  private let base: BaseURL
  private let session: URLSession
  private let listener = Listener()

  init(_ base: BaseURL) {
    self.base = base
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpShouldSetCookies = false
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    // Whoever started this program has deadlines of its own.
    configuration.timeoutIntervalForRequest = 600
    session = URLSession(configuration: configuration, delegate: listener, delegateQueue: nil)
  }

  enum Content {
    case memory([UInt8])
    case file(Spool)
  }

  /// Nil where nobody waits any more.
  func exchange(
    _ request: HTTPRequest, _ content: Content, whileOpen isOpen: () -> Bool
  ) -> HTTPResponse? {
    guard var native = native(request) else { return Self.failed("an address that is none") }
    listener.begin()
    let task: URLSessionTask
    switch content {
    case .memory(let octets):
      if !octets.isEmpty { native.httpBody = Data(octets) }
      task = session.dataTask(with: native)
    case .file(let spool):
      task = session.uploadTask(with: native, fromFile: URL(fileURLWithPath: spool.path))
    }
    task.resume()
    while !listener.waits(milliseconds: 200) {
      if isOpen() { continue }
      task.cancel()
      return nil
    }
    let outcome = listener.outcome
    if let fault = outcome.fault { return Self.failed(fault) }
    // Certificates were checked against the system's authorities: what came does not count.
    if !CertificatesFile.isInUse { return Self.failed(SecureFault.filePassedOver) }
    return outcome.response
  }

  private func native(_ request: HTTPRequest) -> URLRequest? {
    guard let url = URL(string: "https://\(base.authority)\(request.target.raw)") else {
      return nil
    }
    var native = URLRequest(url: url)
    native.httpMethod = request.method.name
    for (name, value) in request.fields where !Self.ownFields.contains(name.lowercased()) {
      native.addValue(value, forHTTPHeaderField: name)
    }
    // Content-Digest is over what the server sent.
    native.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    return native
  }

  /// What the transfer sets by itself.
  private static let ownFields: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "expect", "accept-encoding",
  ]

  private static func failed(_ what: String) -> HTTPResponse {
    HTTPResponse(status: 502, fields: [SecureFault.field: what])
  }
}

/// Gathers one answer, up to the limit.
private final class Listener: NSObject, URLSessionDataDelegate {
  struct Outcome: Sendable {
    var response = HTTPResponse(status: 502)
    var fault: String?
  }

  private let state = Mutex(Outcome())
  private let ended = DispatchSemaphore(value: 0)

  var outcome: Outcome { state.withLock { $0 } }

  func begin() { state.withLock { $0 = Outcome() } }

  /// Whether the answer has come to its end.
  func waits(milliseconds: Int) -> Bool {
    ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse {
      var fields = HTTPFields()
      let names = response.allHeaderFields.keys.compactMap { $0 as? String }.sorted()
      for name in names where !Self.dropped.contains(name.lowercased()) && Self.isToken(name) {
        fields.append(name, response.value(forHTTPHeaderField: name) ?? "")
      }
      state.withLock { $0.response = HTTPResponse(status: response.statusCode, fields: fields) }
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isTooLarge = state.withLock { state in
      if state.response.body.count + data.count > Courier.answerBytesMax {
        state.fault = "the answer is too large"
        return true
      }
      state.response.body.append(contentsOf: data)
      return false
    }
    if isTooLarge { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    if let error {
      let words = SecureFault.words(
        code: (error as NSError).code, description: error.localizedDescription)
      state.withLock { $0.fault = $0.fault ?? words }
    }
    ended.signal()
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    // The redirection itself is the answer: signatures hold for one address.
    completionHandler(nil)
  }

  /// Framing is this program's own; a fault is told by nobody else.
  private static let dropped: Set<String> = [
    "connection", "content-length", "transfer-encoding", "keep-alive",
    SecureFault.field.lowercased(),
  ]

  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3A }
  }
}
