import Library
import Replication
import SiteGroup
import Storage

/// What this node knows of a neighbour's copy of an item.
package struct SiteCopy: Codable, Sendable, Equatable {
  package let code: String
  package let hasCurrent: Bool
  /// The page's address, where this node has published one.
  @Nullable package var page: String?
  /// The last session that showed it so.
  @Nullable package var acknowledgedAt: String?

  enum CodingKeys: String, CodingKey {
    case code
    case hasCurrent = "has_current"
    case page
    case acknowledgedAt = "acknowledged_at"
  }

  static func table(_ sites: [SiteCopy], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["站点", "为最新", "确认时间"]) : TextTable(["site", "current", "acknowledged"])
    for site in sites {
      let current =
        site.hasCurrent ? Words(zh: "是", en: "yes") : Words(zh: "否", en: "no")
      table.add([site.code, current[language], site.acknowledgedAt ?? ""])
    }
    return table.text
  }
}

extension Snapshot {
  /// This node's copy and those of the neighbours that the item goes to or came from.
  func copies(
    of stored: StoredRecord, site: SiteCode, page: String? = nil, text: (Int64) -> String
  ) throws -> [SiteCopy] {
    let links = try allLinks()
    var copies = [
      SiteCopy(
        code: site.text, hasCurrent: true, page: page, acknowledgedAt: text(stored.changedAt))
    ]
    for (id, entry) in try entries(of: stored.row) where !entry.hasLeft {
      guard let link = links.first(where: { $0.id == id }) else { continue }
      let hasCurrent = entry.agreed == stored.digest
      let heard = link.isUpstream ? link.lastSuccessAt : link.seenAt
      copies.append(
        SiteCopy(
          code: link.peer.text, hasCurrent: hasCurrent, page: nil,
          acknowledgedAt: hasCurrent ? heard.map(text) : nil))
    }
    return copies.sorted { $0.code.utf8.lexicographicallyPrecedes($1.code.utf8) }
  }
}
