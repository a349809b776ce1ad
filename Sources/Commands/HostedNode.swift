import Console
import HTTPCore
import Networking
import NodeCore
import Storage

/// What the shell asks of a node that is open in this process. Called from any thread.
package protocol HostedNode: Sendable {
  /// The site's code, which is also its path beneath `serve --root`.
  var code: String { get }

  func perform<O: Operation>(_ type: O.Type, _ arguments: Arguments, _ caller: Caller)
    throws -> O.Output

  /// Answers a request of another node or a browser. `prefix` is the part of the path that only
  /// says which node is meant: signatures cover it, routes leave it out.
  func reply(to request: HTTPRequest, prefix: String, _ context: RequestContext) -> HTTPReply

  /// The reply to what can be answered from memory, without waiting for anything; nil leaves it to
  /// `reply`.
  func readyReply(
    to request: HTTPRequest, prefix: String, _ context: RequestContext
  ) -> HTTPReply?

  /// Counts a request that was refused before anybody was known.
  func noteStranger(status: Int, network: String)

  /// Calls the body with the topics of holds that may have ended, and whether this node has
  /// something new for its upstream.
  func onGrowth(_ body: @escaping @Sendable (_ topics: [String], _ hasNews: Bool) -> Void)

  /// When its upstream link is due, in milliseconds UTC; nil where there is none to sync.
  func nextWake() throws -> Int64?

  /// One session with the upstream; its outcome is kept durably before it returns.
  func synchronize(_ interrupt: Interrupt) -> SessionOutcome

  /// Whether attachments are to be exchanged with the upstream.
  var hasBlobsToExchange: Bool { get }

  /// Exchanges attachments with the upstream until there is nothing to, or `mayGoOn`, asked between
  /// chunks, says no.
  func exchangeBlobs(_ interrupt: Interrupt, mayGoOn: @escaping () -> Bool) throws

  /// Removes attachments that nothing refers to: those that have just become so, or all.
  func tidy(thoroughly: Bool)

  /// Why attachments cannot be kept now, in English; nil where they can.
  var blobTrouble: String? { get }

  /// Changed records may be stored as they are from now on; the bell is rung when some were.
  func deferDeflating(_ bell: @escaping @Sendable () -> Void)

  /// Deflates some of them each time it is called; false once there are none.
  func deflation() -> () throws -> Bool

  /// Where it publishes pages; nil for nowhere.
  var pageSettings: PageSettings? { get }

  /// Rises with what pages may show; the bell rings when it does, from within a transaction.
  var pageRevision: Int64 { get }
  func onPageNews(_ bell: @escaping @Sendable () -> Void)

  /// One round; `mayGoOn` is asked between batches.
  func publishPages(mayGoOn: @escaping () -> Bool) throws -> PublishReport

  /// One round; nil where it was told to stop.
  func checkPages(mayGoOn: @escaping () -> Bool) throws -> [PageDamage]?

  /// Waits at the upstream until something is new there; false where the time went by.
  func watch(milliseconds: Int64, _ interrupt: Interrupt) throws -> Bool

  /// Whether the node waits at its upstream between sessions.
  var isWatching: Bool { get }

  /// Ends what operations wait for at other nodes, for good.
  func interrupt()

  func close() throws
}

extension HostedNode {
  package var hasBlobsToExchange: Bool { false }

  package func exchangeBlobs(
    _ interrupt: Interrupt, mayGoOn: @escaping () -> Bool
  ) throws {}

  package func tidy(thoroughly: Bool) {}

  package func readyReply(
    to request: HTTPRequest, prefix: String, _ context: RequestContext
  ) -> HTTPReply? {
    nil
  }

  package func noteStranger(status: Int, network: String) {}

  package var blobTrouble: String? { nil }

  package func deferDeflating(_ bell: @escaping @Sendable () -> Void) {}
  package func deflation() -> () throws -> Bool { { false } }

  package var pageSettings: PageSettings? { nil }
  package var pageRevision: Int64 { 0 }
  package func onPageNews(_ bell: @escaping @Sendable () -> Void) {}
  package func publishPages(mayGoOn: @escaping () -> Bool) throws -> PublishReport {
    PublishReport()
  }
  package func checkPages(mayGoOn: @escaping () -> Bool) throws -> [PageDamage]? { [] }
}

/// How a session went, for the log and for what the loop does next.
package enum SessionOutcome: Sendable {
  case done(pushed: Int, pulled: Int, setAside: Int, inStep: Bool?)
  case failed(Refusal)
}

/// Who asks for an operation, and how.
package struct Caller: Sendable {
  package let operatorName: String
  package let dryRun: Bool
  package let progress: @Sendable (String) -> Void

  package init(
    operatorName: String, dryRun: Bool,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.operatorName = operatorName
    self.dryRun = dryRun
    self.progress = progress
  }
}
