import Console
import HTTPCore
import Library
import Networking
import NodeCore
import Replication
import Storage

/// A node that this process has opened, and with it the right to its directory.
final class OpenNode: HostedNode {
  let directory: NodeDirectory
  let configuration: Configuration
  private let node: Node
  private let endpoint: SyncEndpoint
  private let lock: DirectoryLock
  private let ending: Interrupt
  /// The connection of sessions and watches, which take turns.
  private let line = Lock<(interrupt: Interrupt, network: KeptNetwork)?>(nil)
  /// When blobs that could not be kept are tried again.
  private let landAt = Lock<Int64>(0)
  private static let landMilliseconds: Int64 = 30_000

  /// `vfs` names another file system for the store than the machine's own. `loadsAtOnce`: as of
  /// `Node.open`.
  init(
    _ directory: NodeDirectory, lock: DirectoryLock, language: Language, vfs: String? = nil,
    loadsAtOnce: Bool = true
  ) throws {
    self.directory = directory
    self.lock = lock
    configuration = try directory.configuration(language)
    ending = try Interrupt()
    var settings = try configuration.nodeSettings()
    settings.pages = directory.pageSettings(configuration)
    do {
      node = try Node.open(
        directory: directory.path, settings: settings,
        ports: SystemPorts.store, vault: KeyFileVault(directory: directory.path),
        network: SocketNetwork(
          interrupt: ending, certificatesFile: directory.certificatesFile(configuration)),
        vfs: vfs, loadsAtOnce: loadsAtOnce)
    } catch {
      throw Refusal.of(error, directory: directory.path)
    }
    endpoint = SyncEndpoint(node)
  }

  var code: String { node.site.text }
  var isWatching: Bool { configuration.watch }

  func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ caller: Caller
  ) throws -> O.Output {
    let context = OperationContext(
      node: node, operatorName: caller.operatorName, dryRun: caller.dryRun,
      progress: caller.progress)
    do {
      defer { tidy(thoroughly: false) }
      return try context.perform(type, arguments)
    } catch {
      throw Refusal.of(error, directory: directory.path)
    }
  }

  func reply(to request: HTTPRequest, prefix: String, _ context: RequestContext) -> HTTPReply {
    let reply = endpoint.reply(
      to: request, path: OpenNode.path(request, below: prefix), mayHold: !context.timedOut)
    // Whoever is known is answered with a signature.
    if case .respond(let response) = reply, response.status >= 400,
      !response.fields.contains("signature")
    {
      noteStranger(status: response.status, network: NetworkName.of(context.peerAddress))
    }
    return OpenNode.reply(reply, context)
  }

  func readyReply(
    to request: HTTPRequest, prefix: String, _ context: RequestContext
  ) -> HTTPReply? {
    endpoint.readyReply(
      to: request, path: OpenNode.path(request, below: prefix), mayHold: !context.timedOut
    ).map { OpenNode.reply($0, context) }
  }

  private static func path(_ request: HTTPRequest, below prefix: String) -> String {
    if prefix.isEmpty { return request.path }
    return String(decoding: request.path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  private static func reply(_ reply: SyncEndpoint.Reply, _ context: RequestContext) -> HTTPReply {
    switch reply {
    case .respond(let response) where response.status == 429:
      // Who does not heed it has to wait for it at least.
      .respondLater(response, milliseconds: 1000)
    case .respond(let response): .respond(response)
    case .respondLater(let response, let milliseconds):
      .respondLater(response, milliseconds: milliseconds)
    case .hold(let topic, let milliseconds):
      .hold(topic: topic, milliseconds: max(1, milliseconds - context.heldMilliseconds))
    }
  }

  func noteStranger(status: Int, network: String) {
    node.noteStranger(status: status, network: network)
  }

  func onGrowth(_ body: @escaping @Sendable (_ topics: [String], _ hasNews: Bool) -> Void) {
    let keys = node.keys
    node.store.onGrowth { peers in
      let upstream = keys.upstream?.site
      body(peers.map { "link/\($0)" }, peers.contains { $0 == upstream })
    }
  }

  func nextWake() throws -> Int64? { try node.nextWake() }

  func synchronize(_ interrupt: Interrupt) -> SessionOutcome {
    // Without watches, nothing uses it before long.
    defer { if !isWatching { line.withLock { $0 = nil } } }
    do {
      let report = try node.synchronize(over: line(interrupt), obeysWindow: true).report
      return .done(
        pushed: report.pushed, pulled: report.pulled, setAside: report.setAside,
        inStep: report.isInStep)
    } catch {
      return .failed(Refusal.of(error, directory: directory.path))
    }
  }

  var hasBlobsToExchange: Bool { (try? node.hasBlobsToExchange()) ?? true }

  func exchangeBlobs(_ interrupt: Interrupt, mayGoOn: @escaping () -> Bool) throws {
    guard node.isWindowOpen else { return }
    do {
      let report = try node.exchangeBlobs(
        over: network(interrupt), mayGoOn: { self.node.isWindowOpen && mayGoOn() })
      // Items that waited for their attachments show now.
      if report.fetched > 0 { node.library.pageNews.note() }
    } catch {
      throw Refusal.of(error, directory: directory.path)
    }
  }

  func tidy(thoroughly: Bool) {
    let now = Monotonic.milliseconds()
    let isDue = landAt.withLock { at in
      if now < at { return false }
      at = now + OpenNode.landMilliseconds
      return true
    }
    // What cannot be kept or removed now is met again the next time.
    if isDue || thoroughly { try? node.landBlobs(thoroughly: thoroughly) }
    try? node.collectDroppedBlobs()
    if isDue { try? node.tellStrangers() }
    if thoroughly { try? node.tellRefusals() }
    if thoroughly { _ = try? node.collectBlobs() }
  }

  var blobTrouble: String? { node.blobs.lastFault?.cause }

  func deferDeflating(_ bell: @escaping @Sendable () -> Void) { node.store.deferDeflating(bell) }

  func deflation() -> () throws -> Bool { Deflation(node.store).step }

  // MARK: pages

  var pageSettings: PageSettings? { node.settings.pages }
  var pageRevision: Int64 { node.library.pageNews.revision }
  func onPageNews(_ bell: @escaping @Sendable () -> Void) { node.library.pageNews.onChange(bell) }

  func publishPages(mayGoOn: @escaping () -> Bool) throws -> PublishReport {
    do {
      return try PagePublisher(node).publish(mayGoOn: mayGoOn)
    } catch {
      throw Refusal.of(error, directory: node.settings.pages?.directory ?? directory.path)
    }
  }

  func checkPages(mayGoOn: @escaping () -> Bool) throws -> [PageDamage]? {
    do {
      return try PageCheck(node).run(mayGoOn: mayGoOn)?.damaged
    } catch {
      throw Refusal.of(error, directory: node.settings.pages?.directory ?? directory.path)
    }
  }

  func watch(milliseconds: Int64, _ interrupt: Interrupt) throws -> Bool {
    try node.watch(seconds: Int(max(1, milliseconds / 1000)), over: line(interrupt))
  }

  private func line(_ interrupt: Interrupt) -> KeptNetwork {
    line.withLock { line in
      if let line, line.interrupt === interrupt { return line.network }
      let new = KeptNetwork(network(interrupt))
      line = (interrupt, new)
      return new
    }
  }

  private func network(_ interrupt: Interrupt) -> SocketNetwork {
    SocketNetwork(
      interrupt: interrupt, certificatesFile: directory.certificatesFile(configuration))
  }

  func interrupt() { ending.fire() }

  /// Folds the log into the database. The lock goes with the value.
  func close() throws {
    try? node.tellRefusals()
    try node.store.checkpoint()
  }
}

extension Configuration {
  func nodeSettings() throws(Refusal) -> NodeSettings {
    let reposting: NodeSettings.Reposting =
      switch repost {
      case .auto: .auto
      case .manual: .manual
      }
    var settings = NodeSettings(
      timeZoneOffsetMinutes: timeZoneMinutes, reposting: reposting, upstream: try upstreamURL(),
      schedule: schedule, jitterMilliseconds: jitterMilliseconds,
      blobBytesPerSecond: blobBytesPerSecond, siteLimits: siteLimits)
    (settings.window, settings.bytesPerSecond) = (window, bytesPerSecond)
    settings.objectStore = objectStore?.settings
    settings.blobHome = objectStore?.home == .directory ? .directory : .objects
    settings.reviewsBeforePublishing = review == .required
    return settings
  }

  private func upstreamURL() throws(Refusal) -> BaseURL? {
    guard let upstream else { return nil }
    do {
      return try BaseURL(upstream)
    } catch {
      throw Refusal(.badURL, upstream)
    }
  }
}
