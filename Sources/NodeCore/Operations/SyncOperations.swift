import Library
import Replication
import SiteGroup
import Storage
import SyncProtocol

extension OperationTable {
  static let sync: [any Operation.Type] = [
    Sync.self, Verify.self, Backup.self, Rejoin.self, MoveBlobs.self,
  ]
}

/// One session with the upstream, now.
struct Sync: Operation {
  static let spec = OperationSpec(
    "sync", zh: "立即与上级同步", en: "synchronizes with the upstream now", changes: true,
    [
      .flag("push", zh: "只推送", en: "push only"),
      .flag("pull", zh: "只拉取", en: "pull only"),
      .flag("watch", zh: "同步后持续等待上级更新", en: "go on, as often as the upstream has news"),
      .flag("wait", zh: "先等待上级更新（至多几秒）", en: "wait for news first, a few seconds at most"),
    ])

  struct Output: Answer {
    var pushed = 0
    var pulled = 0
    var refused = 0
    var setAside = 0
    var bytesSent = 0
    var bytesReceived = 0
    var inStep = false
    var blobsPushed = 0
    var blobsPulled = 0
    /// Attachments that are still missing here.
    var blobsPending = 0
    /// Why this node cannot keep attachments now.
    var blobsError: String?
    /// Present, and true, with `--watch` and `--wait` alone.
    var watching: Bool?
    var waited: Bool?

    enum CodingKeys: String, CodingKey {
      case pushed, pulled, refused, watching, waited
      case setAside = "set_aside"
      case bytesSent = "bytes_sent"
      case bytesReceived = "bytes_received"
      case inStep = "in_step"
      case blobsPushed = "blobs_pushed"
      case blobsPulled = "blobs_pulled"
      case blobsPending = "blobs_pending"
      case blobsError = "blobs_error"
    }

    var exitStatus: Int32 { refused > 0 || setAside > 0 ? 1 : 0 }

    var goesOn: Bool { watching ?? false }
    var isQuiet: Bool {
      waited == true
        && pushed + pulled + refused + setAside + blobsPushed + blobsPulled == 0
    }

    func text(_ language: Language) -> String {
      let (zh, en) =
        inStep ? ("，与上级一致", "; in step with the upstream") : ("，尚未一致", "; not in step yet")
      var blobs = Words(zh: "", en: "")
      if blobsPushed + blobsPulled + blobsPending > 0 {
        blobs = Words(
          zh: "；附件推送 \(blobsPushed)，拉取 \(blobsPulled)，待到 \(blobsPending)",
          en: "; attachments pushed \(blobsPushed), pulled \(blobsPulled), "
            + "pending \(blobsPending)")
      }
      if let blobsError {
        let cause = CauseWords.text(blobsError, .zh)
        blobs = Words(
          zh: blobs.zh + "；附件无法保存：\(cause)",
          en: blobs.en + "; attachments cannot be kept: \(blobsError)")
      }
      return Words(
        zh: "推送 \(pushed)，拉取 \(pulled)，被拒 \(refused)，搁置 \(setAside)；"
          + "发送 \(bytesSent) 字节，接收 \(bytesReceived) 字节" + zh + blobs.zh,
        en: "pushed \(pushed), pulled \(pulled), refused \(refused), set aside \(setAside); "
          + "sent \(bytesSent) bytes, received \(bytesReceived)" + en + blobs.en
      )[language]
    }
  }

  private let scope: SyncSession.Scope
  private let isWatching: Bool
  private let waits: Bool

  init(_ arguments: Arguments) throws {
    let (push, pull) = (arguments.flag("push"), arguments.flag("pull"))
    if push && pull { throw Refusal(.conflictingOptions, "--push", "--pull") }
    scope = push ? .pushOnly : pull ? .pullOnly : .both
    isWatching = arguments.flag("watch")
    waits = arguments.flag("wait")
  }

  func run(in context: OperationContext) throws -> Output {
    if context.dryRun { return try rehearsal(context.node) }
    var output: Output
    do {
      if waits { _ = try context.node.watch(seconds: Sync.waitSeconds) }
      output = try session(context)
    } catch let refusal as Refusal where isWatching && refusal.reason == .unreachable {
      context.progress(refusal.message(.en))
      context.node.network.pause(milliseconds: Sync.pauseMilliseconds)
      output = Output()
    }
    if isWatching { output.watching = true }
    if waits { output.waited = true }
    return output
  }

  /// Shorter than commands wait for the store, which this one holds meanwhile. The caller asks
  /// again, so that nothing here outlives who asked.
  private static let waitSeconds = 6
  private static let pauseMilliseconds = 5000

  private func session(_ context: OperationContext) throws -> Output {
    let node = context.node
    let outcome = try node.synchronize(scope, by: context.operatorName)
    // Where no daemon does it: what was purged goes at once.
    try? node.collectDroppedBlobs()
    // What fails here waits for the next time: the records are in step all the same.
    let blobs = try node.exchangeBlobs(scope)
    return Output(
      pushed: outcome.report.pushed, pulled: outcome.report.pulled,
      refused: outcome.report.refused, setAside: outcome.report.setAside,
      bytesSent: outcome.octetsSent + blobs.octetsSent,
      bytesReceived: outcome.octetsReceived + blobs.octetsReceived,
      inStep: outcome.report.isInStep, blobsPushed: blobs.pushed, blobsPulled: blobs.fetched,
      blobsPending: blobs.pending, blobsError: blobs.placeFault?.cause ?? blobs.quotaDetail)
  }

  /// What would be pushed; what would be pulled only the session itself can tell.
  private func rehearsal(_ node: Node) throws -> Output {
    let (link, isInStep) = try node.compareWithUpstream()
    var output = Output(inStep: isInStep)
    if scope != .pullOnly {
      output.pushed = try node.store.read { try $0.pendingUpwardCount(link) }
    }
    return output
  }
}

/// Gives the store a new life, so that its neighbours reconcile with it and give back what it lost.
struct Rejoin: Operation {
  static let spec = OperationSpec(
    "rejoin", zh: "以新身份重新接入：恢复备份或更换服务器之后使用",
    en: "begins anew with all neighbours, after a restored copy or a new server", changes: true)

  struct Output: Answer {
    let code: String
    let links: Int

    func text(_ language: Language) -> String {
      Words(
        zh: "节点 \(code) 将与 \(links) 个邻居重新核对全部数据",
        en: "the node \(code) will reconcile everything with \(links) neighbours"
      )[language]
    }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    if !context.dryRun { try context.node.rejoin(by: context.operatorName) }
    let links = try context.read { snapshot, _ in try snapshot.allLinks().count }
    return Output(code: context.node.site.text, links: links)
  }
}
