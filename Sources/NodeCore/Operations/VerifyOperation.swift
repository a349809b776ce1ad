import Bytes
import Library
import Replication
import Storage

/// Recomputes the digests of all records, and compares each link with its other end.
struct Verify: Operation {
  static let spec = OperationSpec(
    "verify", zh: "核对本节点数据及各链路是否一致",
    en: "checks this node's data and whether its links are in step", changes: true,
    [
      .flag(
        "repair", zh: "从邻居取回损坏的记录", en: "brings damaged records back from the neighbours")
    ])

  struct Link: Codable, Sendable {
    let site: String
    let count: Int
    let fingerprint: String
    /// Null where the other end could not be asked, or never held a session.
    @Nullable var inStep: Bool?
    /// Why it could not be asked.
    let unreachable: String?

    enum CodingKeys: String, CodingKey {
      case site, count, fingerprint, unreachable
      case inStep = "in_step"
    }
  }

  /// What `--repair` did; with `--dry-run`, what it would do.
  struct Repair: Codable, Sendable {
    let repaired: [String]
    /// To come with a child's next session.
    let awaited: [String]
    /// What was written last is gone: no neighbour had it.
    let lost: [String]
    let bytesSent: Int
    let bytesReceived: Int

    enum CodingKeys: String, CodingKey {
      case repaired, awaited, lost
      case bytesSent = "bytes_sent"
      case bytesReceived = "bytes_received"
    }

    init(_ outcome: StoreRepair.Outcome) {
      repaired = outcome.repaired.map(\.description)
      awaited = outcome.awaited.map(\.description)
      lost = outcome.lost.map(\.description)
      (bytesSent, bytesReceived) = (outcome.octetsSent, outcome.octetsReceived)
    }

    func lines(_ language: Language) -> [String] {
      let isChinese = language == .zh
      var lines = [
        isChinese
          ? "修复 \(repaired.count) 条；发送 \(bytesSent) 字节，接收 \(bytesReceived) 字节"
          : "repaired \(repaired.count); sent \(bytesSent) bytes, received \(bytesReceived)"
      ]
      if !awaited.isEmpty {
        lines.append(
          (isChinese ? "等待下级下次同步送回：" : "to come with the next session of a child: ")
            + awaited.joined(separator: ", "))
      }
      if !lost.isEmpty {
        lines.append(
          (isChinese ? "最后的修改已丢失，没有邻居存有：" : "the last changes are lost, no neighbour had them: ")
            + lost.joined(separator: ", "))
      }
      return lines
    }
  }

  struct Output: Answer {
    let ok: Bool
    let links: [Link]
    /// Keys of records whose octets are not what their digest says.
    let damaged: [String]
    /// Digests of attachments that were damaged or gone; they are fetched again.
    let damagedBlobs: [String]
    let repair: Repair?
    /// Why the store of attachments cannot be used: then none of them was read.
    let blobStoreError: String?

    enum CodingKeys: String, CodingKey {
      case ok, links, damaged, repair
      case damagedBlobs = "damaged_blobs"
      case blobStoreError = "blob_store_error"
    }

    private var isDamaged: Bool {
      if !damagedBlobs.isEmpty { return true }
      return repair.map { !$0.lost.isEmpty || !$0.awaited.isEmpty } ?? !damaged.isEmpty
    }

    var exitStatus: Int32 {
      if isDamaged || links.contains(where: { $0.inStep == false }) { return 1 }
      if links.contains(where: { $0.unreachable != nil }) || blobStoreError != nil { return 3 }
      return links.allSatisfy { $0.inStep == true } ? 0 : 1
    }

    func complaint(_ language: Language) -> Refusal? {
      let link = links.first { $0.unreachable != nil }
      return link.map { Refusal(.unreachable, $0.site, $0.unreachable ?? "") }
    }

    func text(_ language: Language) -> String {
      var table = TextTable(
        [
          Words(zh: "站点", en: "site")[language], Words(zh: "记录", en: "records")[language],
          Words(zh: "指纹", en: "fingerprint")[language],
          Words(zh: "一致", en: "in step")[language],
        ], right: [1])
      for link in links {
        let state =
          switch link.inStep {
          case true?: Words(zh: "是", en: "yes")
          case false?: Words(zh: "否", en: "no")
          case nil where link.unreachable == nil: Words(zh: "尚未同步", en: "not yet")
          case nil: Words(zh: "无法连接", en: "unreachable")
          }
        table.add([
          link.site, String(link.count), String(link.fingerprint.prefix(16)), state[language],
        ])
      }
      let summary =
        damaged.isEmpty
        ? Words(zh: "本地数据完好", en: "the data here is sound")
        : Words(
          zh: "损坏的记录：\(damaged.joined(separator: "、"))",
          en: "damaged records: \(damaged.joined(separator: ", "))")
      var lines = [table.text, summary[language]]
      if !damagedBlobs.isEmpty {
        let names = damagedBlobs.map { String($0.prefix(16)) }.joined(separator: ", ")
        lines.append(
          Words(zh: "将重新取回的附件：\(names)", en: "attachments to be fetched again: \(names)")[
            language])
      }
      if let blobStoreError {
        let cause = CauseWords.text(blobStoreError, language)
        lines.append(
          Words(
            zh: "附件存储不可用，附件未核对：\(cause)",
            en: "the attachment store fails, attachments were not read: \(cause)")[language])
      }
      lines += (repair?.lines(language) ?? [])
      return lines.joined(separator: "\n")
    }
  }

  private let repairs: Bool

  init(_ arguments: Arguments) throws { repairs = arguments.flag("repair") }

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    try checkPages(of: node.store, mayRepair: repairs && !context.dryRun)
    let damages = try node.store.read { try $0.damages() }
    var repair: Repair?
    if repairs {
      let repairer = StoreRepair(node: node, act: context.act)
      repair = Repair(
        try context.dryRun ? repairer.rehearse(damages) : repairer.run(damages))
    }
    let (lost, fault) = try context.dryRun ? ([], nil) : blobs(context)
    var links: [Link] = []
    for link in try node.store.read({ try $0.allLinks() }) {
      let (isInStep, unreachable) = try state(of: link, node)
      links.append(
        Link(
          site: link.peer.text, count: link.fingerprint.count,
          fingerprint: Hex.encode(link.fingerprint.sum.bytes), inStep: isInStep,
          unreachable: unreachable))
    }
    let isSound = repair.map { $0.lost.isEmpty && $0.awaited.isEmpty } ?? damages.isEmpty
    let areInStep = links.allSatisfy { $0.inStep == true }
    return Output(
      ok: isSound && lost.isEmpty && fault == nil && areInStep, links: links,
      damaged: damages.map(\.key.description), damagedBlobs: lost.map(\.description),
      repair: repair, blobStoreError: fault?.cause)
  }

  /// Reads all attachments. One that is damaged or gone is wanted again.
  private func blobs(_ context: OperationContext) throws -> (lost: [Digest], BlobFault?) {
    let node = context.node
    do {
      try node.blobs.probe()
      let lost = try node.checkBlobs { context.progress("\($0)") }
      try node.landBlobs(thoroughly: true)
      try node.collectBlobs()
      return (lost, nil)
    } catch let fault as BlobFault where fault.isOfPlace {
      return ([], fault)
    }
  }

  /// Where pages are damaged nothing that is read is certain. An index comes back from its table;
  /// for the rest there is the backup.
  private func checkPages(of store: Store, mayRepair: Bool) throws {
    var faults = try store.pageFaults()
    if !faults.isEmpty, mayRepair {
      try? store.renewIndexes()
      faults = try store.pageFaults()
    }
    if let fault = faults.first { throw StoreFault.damaged(fault) }
  }

  /// The upstream is asked; a child is as its last session left it, unless something changed here.
  private func state(
    of link: LinkState, _ node: Node
  ) throws -> (isInStep: Bool?, unreachable: String?) {
    if link.isUpstream {
      do {
        return (try node.compareWithUpstream().isInStep, nil)
      } catch let refusal as Refusal
        where refusal.reason == .unreachable || refusal.reason == .retryLater
      {
        return (nil, refusal.details.first ?? "")
      }
    }
    guard link.isInStep == true else { return (link.isInStep, nil) }
    return (try node.store.read { try $0.pendingDownwardCount(link) } == 0, nil)
  }
}
