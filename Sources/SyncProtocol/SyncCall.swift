/// One request of a session, without its transport.
package struct SyncCall: Sendable, Equatable {
  package enum Endpoint: String, Sendable, CaseIterable {
    case link, pull, push, reconcile
    /// The heads of the caller's audit chain that the server has seen.
    case audit

    /// Whether it is a `GET`, without a body and without effects.
    package var isRead: Bool { self == .link || self == .audit }
  }

  package var endpoint: Endpoint
  /// A CBOR sequence; empty for `link`.
  package var body: [UInt8]
  /// `link` alone: what the client knows already, and how long it would wait for news.
  package var etag: String?
  package var waitSeconds: Int

  package init(
    _ endpoint: Endpoint, body: [UInt8] = [], etag: String? = nil, waitSeconds: Int = 0
  ) {
    self.endpoint = endpoint
    self.body = body
    self.etag = etag
    self.waitSeconds = waitSeconds
  }
}

/// What a problem means for the caller; it alone decides what the caller does.
package enum SyncProblem: String, Sendable {
  case retryLater = "retry_later"
  case reauth
  case rebaseRequired = "rebase_required"
  case itemRejected = "item_rejected"
  case incompatible
  case operatorNeeded = "operator_needed"
}

/// The answer to a call, without its transport.
package enum SyncReply: Sendable, Equatable {
  case ok(body: [UInt8], etag: String?)
  case notModified
  case problem(SyncProblem, detail: String, retryAfterSeconds: Int? = nil)
}
