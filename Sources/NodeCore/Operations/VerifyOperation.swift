import Bytes
import Replication
import Storage

/// Whether everything in the store is as this program left it, and as the neighbours know it:
/// digests and seals, what is derived, the audit chain; and each link with its other end.
struct Verify: Operation {
  static let spec = OperationSpec(
    "verify", zh: "核对本节点数据及各链路是否一致",
    en: "checks this node's data and whether its links are in step", changes: true,
    [
      .flag(
        "repair", zh: "重建派生数据，从邻居取回被改动或损坏的记录",
        en: "derives anew, and brings back from the neighbours what was changed or damaged")
    ])

  private let repairs: Bool

  init(_ arguments: Arguments) throws { repairs = arguments.flag("repair") }

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    try checkPages(of: node.store, mayRepair: repairs && !context.dryRun)
    let found = try TamperCheck(node)
    var outcome: StoreRepair.Outcome?
    if repairs {
      let repairer = StoreRepair(node: node, act: context.act)
      outcome = try context.dryRun ? repairer.rehearse(found) : repairer.run(found)
    }
    let left = repairs && !context.dryRun ? try TamperCheck(node) : found
    if !context.dryRun { try node.noteDamages(left) }
    let (lost, fault) = try context.dryRun ? ([], nil) : blobs(context)
    let links = try node.store.read { try $0.allLinks() }.map { try answer($0, node) }
    // Last: without a line the links have said so by now.
    let isReachable = links.allSatisfy { $0.unreachable == nil }
    let chain = try ChainCheck(node, asksUpstream: isReachable).findings.map {
      Finding($0.fault)
    }
    let repair = outcome.map { outcome in
      let open = context.dryRun ? outcome.unrepaired : left.findings
      return Repair(outcome, unrepaired: open + chain)
    }
    let damaged = found.findings + chain
    let isSound = repair.map(\.isDone) ?? damaged.isEmpty
    return Output(
      ok: isSound && lost.isEmpty && fault == nil && links.allSatisfy { $0.inStep == true },
      links: links, damaged: damaged, damagedBlobs: lost.map(\.description), repair: repair,
      blobStoreError: fault?.cause)
  }

  private func answer(_ link: LinkState, _ node: Node) throws -> Link {
    let (isInStep, unreachable) = try state(of: link, node)
    return Link(
      site: link.peer.text, count: link.fingerprint.count,
      fingerprint: Hex.encode(link.fingerprint.sum.bytes), inStep: isInStep,
      unreachable: unreachable)
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
