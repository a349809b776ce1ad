import Replication
import SiteGroup

/// Over which links an item goes because it was placed, or its repost ordered.
///
/// What somebody else placed or ordered, a child is sent. What is of its own side's hand asks for
/// the item, and is granted only where the item stands, or once stood, in a column from which that
/// side takes or took: else whoever knows a key could have the item by placing it.
struct LinkReach {
  private let scope: LinkScope
  private var given: Set<Int64> = []
  private var asked: Set<Int64> = []
  /// Columns that hold the item, and by whose hands.
  private var places: [(column: RecordKey, by: [SiteCode])] = []

  init(_ scope: LinkScope) { self.scope = scope }

  /// Everyone who ever placed there.
  static func placers(of placement: PlacementRecord) -> [SiteCode] {
    placement.record.names(under: PlacementCause.prefix).compactMap {
      PlacementCause(cell: $0)?.site
    }
  }

  /// A placement in `column`, or a mandate, that goes over `links`.
  mutating func add(_ links: Set<Int64>, by sites: [SiteCode], column: RecordKey? = nil) {
    if let column { places.append((column, sites)) }
    for link in links {
      if isOfOthers(sites, link) { given.insert(link) } else { asked.insert(link) }
    }
  }

  func links(of item: ItemRecord) -> Set<Int64> {
    let open = asked.subtracting(given)
    if open.isEmpty { return given }
    return given.union(open.filter { isReached(item, $0) })
  }

  private func isReached(_ item: ItemRecord, _ link: Int64) -> Bool {
    item.columnsEver.contains { scope.reached[$0]?.contains(link) ?? false }
      || places.contains {
        scope.reached[$0.column]?.contains(link) ?? false && isOfOthers($0.by, link)
      }
  }

  private func isOfOthers(_ sites: [SiteCode], _ link: Int64) -> Bool {
    sites.contains { !scope.isWithin($0, link: link) }
  }
}
