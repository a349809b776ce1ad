import Library
import Replication
import SiteGroup
import Storage

/// How far one site is with a mandate.
struct RepostSite: Codable, Sendable {
  let code: String
  let name: String
  /// pending, received, reposted, failed, offline or waived.
  let state: String
  @Nullable var at: String?
  let hoursLate: Int64
  let reason: String

  enum CodingKeys: String, CodingKey {
    case code, name, state, at, reason
    case hoursLate = "hours_late"
  }
}

/// How far the sites are that a mandate names: those at this node and below, whose receipts come
/// here.
struct RepostProgress {
  let snapshot: Snapshot
  let directory: Directory
  let now: Int64

  /// A node that was not heard for so long counts as offline.
  static let offlineAfterMilliseconds: Int64 = 3_600_000

  init(_ snapshot: Snapshot, _ directory: Directory) {
    self.snapshot = snapshot
    self.directory = directory
    now = snapshot.now
  }

  func sites(of mandate: MandateRecord) -> [SiteCode] {
    mandate.sites(in: directory.tree).filter { directory.tree.isWithin($0, directory.site) }
  }

  func state(
    of site: SiteCode, for mandate: MandateRecord
  ) throws -> (state: MandateState, at: Int64?, reason: String) {
    let receipt = ReceiptRecord(
      try snapshot.record(.receipt(of: site, for: mandate.key))?.record)
    if let receipt, receipt.state == .reposted { return (.reposted, receipt.at, "") }
    if let reason = mandate.waiver(site) { return (.waived, receipt?.at, reason) }
    switch receipt?.state {
    case .reposted?: return (.reposted, receipt?.at, "")
    case .received?: return (.received, receipt?.at, receipt?.reason ?? "")
    case .failed?: return (.failed, receipt?.at, receipt?.reason ?? "")
    case nil: return try silence(of: site)
    }
  }

  /// A site without a receipt: not yet heard, or out of reach.
  private func silence(of site: SiteCode) throws -> (MandateState, Int64?, String) {
    if site == directory.site { return (.pending, nil, "") }
    for code in [site] + directory.tree.above(site) {
      guard let link = try snapshot.link(to: code), !link.isUpstream else { continue }
      guard let seen = link.seenAt else { return (.offline, nil, "never_seen") }
      let isGone = now - seen > RepostProgress.offlineAfterMilliseconds
      return isGone ? (.offline, nil, "not_seen") : (.pending, nil, "")
    }
    return (.offline, nil, "never_enrolled")
  }

  func row(of site: SiteCode, for mandate: MandateRecord, time: (Int64) -> String) throws
    -> RepostSite
  {
    let (state, at, reason) = try state(of: site, for: mandate)
    let late =
      switch state {
      case .waived: Int64(0)
      case .reposted: mandate.hoursLate(at: at ?? now)
      case .pending, .received, .failed, .offline: mandate.hoursLate(at: now)
      }
    return RepostSite(
      code: site.text, name: directory.tree.sites[site]?.name ?? "", state: state.rawValue,
      at: at.map(time), hoursLate: mandate.isLifted && state != .reposted ? 0 : late,
      reason: reason)
  }
}

/// Words for the states of a mandate.
enum RepostWords {
  static func state(_ state: String, _ language: Language) -> String {
    guard language == .zh else { return state }
    return switch state {
    case "pending": "未响应"
    case "received": "已收到"
    case "reposted": "已转载"
    case "failed": "失败"
    case "offline": "离线"
    case "waived": "已豁免"
    case "open": "进行中"
    case "done": "已完成"
    case "lifted": "已解除"
    default: state
    }
  }

  static func reason(_ reason: String, _ language: Language) -> String {
    let words: [String: Words] = [
      "no_column": Words(zh: "没有合适的栏目", en: "no such column"),
      "no_item": Words(zh: "信息尚未到达", en: "the item has not come yet"),
      "not_showing": Words(zh: "信息不可见", en: "the item does not show"),
      "never_seen": Words(zh: "从未联系", en: "never heard of"),
      "not_seen": Words(zh: "超过一小时没有联系", en: "not heard for over an hour"),
      "never_enrolled": Words(zh: "尚未登记", en: "not enrolled"),
    ]
    return words[reason]?[language] ?? reason
  }
}

extension Snapshot {
  /// The mandate that an argument names.
  func mandate(named text: String, _ directory: Directory) throws -> MandateRecord {
    let key = try key(of: .mandate, named: text)
    guard let mandate = directory.mandates[key] else { throw Refusal(.unknownID, text) }
    return mandate
  }

  func title(ofItem key: RecordKey?) throws -> String {
    guard let key else { return "" }
    return ItemRecord(try record(key)?.record)?.title ?? ""
  }
}
