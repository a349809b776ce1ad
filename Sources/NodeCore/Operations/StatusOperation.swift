import HTTPCore
import Library
import Replication
import SQLite
import SiteGroup
import Storage

/// A node at one glance.
struct Status: Operation {
  static let spec = OperationSpec(
    "status", zh: "显示本节点的状态", en: "shows how this node is", changes: false)

  struct Site: Codable, Sendable {
    let code: String
    let name: String
    let kind: String?
  }

  /// When what is no order may go, and what waits for that.
  struct Window: Codable, Sendable {
    let times: String
    let isOpen: Bool
    @Nullable var opensAt: String?
    let waitingUp: Int
    /// As of the last session.
    let waitingDown: Int

    enum CodingKeys: String, CodingKey {
      case times
      case isOpen = "open"
      case opensAt = "opens_at"
      case waitingUp = "waiting_up"
      case waitingDown = "waiting_down"
    }
  }

  struct Upstream: Codable, Sendable {
    let site: String?
    @Nullable var url: String?
    let inStep: Bool?
    @Nullable var lastSuccessAt: String?
    @Nullable var lastError: String?
    @Nullable var unreachableSince: String?
    let nextSyncAt: String?
    let window: Window?
    /// Why only an operator can go on.
    let operatorNeeded: String?

    enum CodingKeys: String, CodingKey {
      case site, url, window
      case inStep = "in_step"
      case lastSuccessAt = "last_success_at"
      case lastError = "last_error"
      case unreachableSince = "unreachable_since"
      case nextSyncAt = "next_sync_at"
      case operatorNeeded = "operator_needed"
    }
  }

  struct Counts: Codable, Sendable {
    let columns: Int
    let items: Int
    let placements: Int
    let records: Int
  }

  struct Child: Codable, Sendable {
    let code: String
    let name: String
    let state: String
    @Nullable var lastSeenAt: String?
    /// Records that it has not acknowledged.
    let behind: Int
    let operatorNeeded: String?
    let totals: TotalsAnswer

    enum CodingKeys: String, CodingKey {
      case code, name, state, behind, totals
      case lastSeenAt = "last_seen_at"
      case operatorNeeded = "operator_needed"
    }
  }

  /// Attachments, where some are missing or they are kept in an object store.
  struct Blobs: Codable, Sendable {
    let pending: Int
    let store: String?
    /// Why the store cannot be used, as its last answer says.
    let error: String?
  }

  /// What is published, and whether it is still as it was; null where nothing is to be.
  struct Pages: Codable, Sendable {
    let count: Int
    /// Found by the last check.
    let damaged: Int
    @Nullable var publishedAt: String?
    @Nullable var checkedAt: String?
    /// Why it cannot be told what is published.
    let error: String?

    enum CodingKeys: String, CodingKey {
      case count, damaged, error
      case publishedAt = "published_at"
      case checkedAt = "checked_at"
    }
  }

  /// Why nothing is written now: the disk is full, read-only, failing or damaged.
  struct Trouble: Codable, Sendable {
    let code: String
    let zh: String
    let en: String
  }

  struct Output: Answer {
    let site: Site
    let upstream: Upstream?
    let counts: Counts
    /// Records that wait to go up.
    let pending: Int
    let setAside: Int
    /// Keys that a neighbour does not know of; they are kept.
    let unknown: Int
    /// Keys of records that were found damaged, and are sent to nobody: `verify --repair`.
    let damaged: [String]
    let blobs: Blobs?
    let pages: Pages?
    let sites: [Child]
    let trouble: Trouble?

    enum CodingKeys: String, CodingKey {
      case site, upstream, counts, pending, unknown, damaged, blobs, pages, sites, trouble
      case setAside = "set_aside"
    }

    func text(_ language: Language) -> String { StatusText(output: self, language).text }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    let profile = try context.node.profile()
    let pages = pages(context)
    return try context.read { snapshot, library in
      let directory = library.directory
      let links = try snapshot.allLinks()
      let upstream = links.first(where: \.isUpstream)
      let own = directory.tree.sites[directory.site]
      return Output(
        site: Site(
          code: directory.site.text, name: own?.name ?? profile.name,
          kind: (own?.kind ?? profile.kind).rawValue),
        upstream: try self.upstream(upstream, context, snapshot),
        counts: Counts(
          columns: directory.columnsCount, items: try snapshot.itemsCount().all,
          placements: try snapshot.placementsCount(), records: try snapshot.recordsCount()),
        pending: try upstream.map { try snapshot.pendingUpwardCount($0) } ?? 0,
        setAside: try links.reduce(0) { $0 + (try snapshot.asidesCount($1.id)) },
        unknown: try links.reduce(0) { $0 + (try snapshot.unknowns($1.id).count) },
        damaged: try snapshot.damagedKeys().map(\.description),
        blobs: blobs(try snapshot.missingBlobsCount(), context.node.blobs),
        pages: pages,
        sites: try children(links, snapshot, directory, context),
        trouble: context.node.store.trouble.map(trouble))
    }
  }

  private func pages(_ context: OperationContext) -> Pages? {
    guard let settings = context.node.settings.pages else { return nil }
    var (summary, fault) = (PageSummary(), String?.none)
    do {
      summary = try context.node.pages.summary(of: settings.directory)
    } catch {
      fault = Refusal.of(error, directory: "pages.db").message(.en)
    }
    return Pages(
      count: summary.count, damaged: summary.damagedCount,
      publishedAt: summary.publishedAt.map { context.text(of: $0) },
      checkedAt: summary.checkedAt.map { context.text(of: $0) }, error: fault)
  }

  private func trouble(_ error: SQLiteError) -> Trouble {
    let refusal = Refusal.of(error, directory: Node.storeName)
    return Trouble(
      code: refusal.reason.rawValue, zh: refusal.message(.zh), en: refusal.message(.en))
  }

  private func window(
    _ link: LinkState?, _ context: OperationContext, _ snapshot: Snapshot
  ) throws -> Window? {
    let node = context.node
    guard let window = node.settings.window else { return nil }
    let isOpen = node.isWindowOpen
    return Window(
      times: window.text, isOpen: isOpen,
      opensAt: node.windowOpensAt.map { context.text(of: $0) },
      waitingUp: isOpen ? 0 : try link.map { try snapshot.pendingUpwardCount($0, .others) } ?? 0,
      waitingDown: isOpen ? 0 : Int(link?.held ?? 0))
  }

  private func upstream(
    _ link: LinkState?, _ context: OperationContext, _ snapshot: Snapshot
  ) throws -> Upstream? {
    let url = context.node.settings.upstream?.description
    if url == nil, link == nil { return nil }
    func time(_ time: Int64?) -> String? { time.map { context.text(of: $0) } }
    return Upstream(
      site: link?.peer.text, url: url, inStep: link?.isInStep,
      lastSuccessAt: time(link?.lastSuccessAt), lastError: link?.lastError,
      unreachableSince: time(link?.unreachableSince), nextSyncAt: time(link?.dueAt),
      window: try window(link, context, snapshot),
      operatorNeeded: link?.operatorNeeded)
  }

  private func blobs(_ pending: Int, _ store: any BlobStore) -> Blobs? {
    if pending == 0, store.place == nil { return nil }
    return Blobs(pending: pending, store: store.place, error: store.lastFault?.cause)
  }

  /// The sites next below, enrolled or not.
  private func children(
    _ links: [LinkState], _ snapshot: Snapshot, _ directory: Directory,
    _ context: OperationContext
  ) throws -> [Child] {
    try directory.tree.children(of: directory.site).map { code in
      let site = directory.tree.sites[code]
      let link = links.first { $0.peer == code && !$0.isUpstream }
      return Child(
        code: code.text, name: site?.name ?? "",
        state: (site?.state ?? .expected).rawValue,
        lastSeenAt: link?.seenAt.map { context.text(of: $0) },
        behind: try link.map { try snapshot.pendingDownwardCount($0) } ?? 0,
        operatorNeeded: link?.operatorNeeded,
        totals: TotalsAnswer(
          try snapshot.totals(ofChild: code, directory), context.node.settings.siteLimits.quota))
    }
  }
}

/// The same for people.
private struct StatusText {
  let output: Status.Output
  let language: Language

  init(output: Status.Output, _ language: Language) {
    (self.output, self.language) = (output, language)
  }

  private func word(_ zh: String, _ en: String) -> String { language == .zh ? zh : en }

  var text: String {
    let kind = SiteAnswer.kindName(output.site.kind, language)
    var lines = ["\(output.site.code)  \(output.site.name)  \(kind)"]
    let counts = output.counts
    lines.append(
      word(
        "栏目 \(counts.columns)，信息 \(counts.items)，栏目归属 \(counts.placements)，"
          + "记录 \(counts.records)",
        "\(counts.columns) columns, \(counts.items) items, \(counts.placements) placements, "
          + "\(counts.records) records"))
    if let trouble = output.trouble {
      lines.append(word("无法写入：\(trouble.zh)", "nothing is written: \(trouble.en)"))
    }
    if let upstream = output.upstream { lines += upstreamLines(upstream) }
    lines.append(
      word(
        "待推送 \(output.pending)，搁置 \(output.setAside)",
        "\(output.pending) pending, \(output.setAside) set aside"))
    if output.unknown > 0 {
      lines.append(
        word(
          "对端不认识而保留的记录 \(output.unknown)",
          "\(output.unknown) kept that a neighbour does not know"))
    }
    if !output.damaged.isEmpty {
      lines.append(
        word(
          "损坏而不外发的记录（verify --repair 修复）：",
          "damaged, and sent to nobody (verify --repair mends them): ")
          + output.damaged.joined(separator: ", "))
    }
    if let blobs = output.blobs {
      lines.append(
        word("待到附件 \(blobs.pending)", "\(blobs.pending) attachments missing")
          + (blobs.store.map { "  \($0)" } ?? ""))
      if let error = cause(blobs.error) {
        lines.append("  \(word("附件存储不可用", "the attachment store fails"))  \(error)")
      }
    }
    if let pages = output.pages {
      lines.append(
        word(
          "已发布页面 \(pages.count)，异常 \(pages.damaged)",
          "\(pages.count) pages published, \(pages.damaged) damaged")
          + (pages.checkedAt.map { word("，核对于 \($0)", ", checked \($0)") } ?? "")
          + (pages.error.map { "  \($0)" } ?? ""))
    }
    return lines.map(TextTable.line).joined(separator: "\n")
      + (output.sites.isEmpty ? "" : "\n" + childrenTable)
  }

  private func upstreamLines(_ upstream: Status.Upstream) -> [String] {
    let name = [upstream.site, upstream.url].compactMap { $0 }.joined(separator: "  ")
    var lines = [word("上级  \(name)", "upstream  \(name)")]
    func add(_ zh: String, _ en: String, _ value: String?) {
      if let value { lines.append("  \(word(zh, en))  \(value)") }
    }
    add("最近成功", "last success", upstream.lastSuccessAt)
    add("无法连接，自", "unreachable since", upstream.unreachableSince)
    add("最近错误", "last error", cause(upstream.lastError))
    add("下次同步", "next sync", upstream.nextSyncAt)
    if let window = upstream.window {
      let state = window.isOpen ? word("开放", "open") : word("关闭", "closed")
      add("同步时段", "window", "\(window.times)  \(state)")
      add("时段开始", "opens", window.opensAt)
      if window.waitingUp + window.waitingDown > 0 {
        add(
          "等待时段", "waiting for it",
          word(
            "上行 \(window.waitingUp)，下行 \(window.waitingDown)",
            "\(window.waitingUp) up, \(window.waitingDown) down"))
      }
    }
    add("需要操作员处理", "an operator is needed", cause(upstream.operatorNeeded))
    return lines
  }

  private func cause(_ text: String?) -> String? {
    text.map { CauseWords.text($0, language) }
  }

  private var childrenTable: String {
    var table =
      language == .zh
      ? TextTable(["站点", "名称", "状态", "最近联系", "落后"], right: [4])
      : TextTable(["site", "name", "state", "last seen", "behind"], right: [4])
    for child in output.sites {
      let state =
        child.operatorNeeded == nil
        ? SiteAnswer.stateName(child.state, language) : word("需要操作员处理", "operator needed")
      table.add([child.code, child.name, state, child.lastSeenAt ?? "", String(child.behind)])
    }
    return table.text
  }
}
