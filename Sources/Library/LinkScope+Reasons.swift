import Replication
import SiteGroup

/// Reasons to send that are few, kept in memory: columns that go whole, and mandates.
extension LinkScope {
  func wholesNow() -> [RecordKey: Set<Int64>] {
    if downward.isEmpty { return [:] }
    var wholes: [RecordKey: Set<Int64>] = [:]
    let columns = directory.columns()
    for column in columns {
      for (site, _) in column.grants {
        if let link = childLink(towards: site) { wholes[column.key, default: []].insert(link) }
      }
    }
    for mapping in directory.liveMappings {
      guard let link = childLink(towards: mapping.owner) else { continue }
      for column in columns where mapping.takes(from: column, in: directory.tree) {
        wholes[column.key, default: []].insert(link)
      }
    }
    return wholes
  }

  func reachedNow(_ wholes: [RecordKey: Set<Int64>]) -> [RecordKey: Set<Int64>] {
    if downward.isEmpty { return [:] }
    var reached = wholes
    let columns = directory.columns()
    for mapping in directory.mappings.values where !mapping.isLive {
      guard let link = childLink(towards: mapping.owner) else { continue }
      for column in columns where mapping.names(column, in: directory.tree) {
        reached[column.key, default: []].insert(link)
      }
    }
    return reached
  }

  /// Whether the site is of the side of a link's child.
  func isWithin(_ site: SiteCode, link: Int64) -> Bool {
    childByLink[link].map { directory.tree.isWithin(site, $0) } ?? false
  }

  func linksByMandateNow() -> [RecordKey: Set<Int64>] {
    var found: [RecordKey: Set<Int64>] = [:]
    for (key, mandate) in directory.mandates {
      for link in links where !link.isUpstream {
        if directory.tree.within(link.peer).contains(where: {
          mandate.selects($0, in: directory.tree)
        }) {
          found[key, default: []].insert(link.id)
        }
      }
    }
    return found
  }

  func mandatesByItemNow() -> [RecordKey: [RecordKey]] {
    Dictionary(
      grouping: directory.mandates.values.filter { $0.item != nil }.map(\.key).sorted(),
      by: { directory.mandates[$0]?.item ?? $0 })
  }

  func childLink(towards site: SiteCode) -> Int64? {
    if let link = linkByChild[site] { return link }
    for code in directory.tree.above(site) { if let link = linkByChild[code] { return link } }
    return nil
  }
}
