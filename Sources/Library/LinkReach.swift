import Replication
import SiteGroup

/// Over which links an item goes because it was placed, or its repost ordered.
///
/// What somebody else placed or ordered, a child is sent. What is of its own side's hand asks for
/// the item, and is granted only where the item stands, or once stood, in a column from which that
/// side takes or took, or where an order of others, which it names, placed it: else whoever knows a
/// key could have the item by placing it.
struct LinkReach {
  private let scope: LinkScope
  private var given: Set<Int64> = []
  private var asked: Set<Int64> = []
  /// Columns that hold the item, and by whose hands.
  private var places: [(column: RecordKey, by: [SiteCode])] = []
  private var orders: [RecordKey] = []
  /// Mandates that a placement names as its cause, also where they have ceased to name its site.
  private var named: Set<RecordID> = []

  init(_ scope: LinkScope) { self.scope = scope }

  /// A placement that goes over `links`, by everyone who ever placed there.
  mutating func add(_ placement: PlacementRecord, over links: Set<Int64>) {
    let causes = placement.record.names(under: PlacementCause.prefix).compactMap {
      PlacementCause(cell: $0)
    }
    let sites = causes.map(\.site)
    if let column = placement.column { places.append((column, sites)) }
    named.formUnion(causes.filter { $0.kind == .mandate }.compactMap(\.id))
    add(links, by: sites)
  }

  /// A mandate that goes over `links`.
  mutating func add(_ mandate: RecordKey, over links: Set<Int64>) {
    orders.append(mandate)
    add(links, by: [mandate.owner])
  }

  private mutating func add(_ links: Set<Int64>, by sites: [SiteCode]) {
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
      } || orders.contains { named.contains($0.id) && isOfOthers([$0.owner], link) }
  }

  private func isOfOthers(_ sites: [SiteCode], _ link: Int64) -> Bool {
    sites.contains { !scope.isWithin($0, link: link) }
  }
}
