import Bytes
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// What every page says of its site.
struct SiteFacts: Sendable {
  let code: String
  let name: String
  let url: BaseURL?
  /// 网站标识码
  let identification: String
  let offsetMinutes: Int
  let algorithm: DigestAlgorithm

  /// The public address of a path; nil where the site has told none.
  func address(_ path: String) -> String? {
    url.map { "\($0)/" + (path == PagePath.home ? "" : path) }
  }

  func day(_ time: Int64) -> String {
    String(Timestamp.format(time, offsetMinutes: offsetMinutes).prefix(10))
  }

  /// `2024-05-20 09:00`, as the national guide writes PubDate.
  func minute(_ time: Int64) -> String {
    let text = Timestamp.format(time, offsetMinutes: offsetMinutes)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
  }
}

/// One of the site's columns with all that shows in it.
struct ColumnPages: Sendable {
  let key: RecordKey
  let path: String
  let levels: [String]
  let type: String
  /// Where it leads elsewhere (链接).
  let link: WebAddress?
  let items: [ShownItem]

  var name: String { levels.last ?? path }

  static let perPage = 20

  /// How many full pages stand behind the newest one. The newest holds the pins and 20 to 39
  /// others; a page behind it, once full, changes only when something in it or before it does.
  var olderPages: Int {
    let count = rest.count
    return count < 2 * ColumnPages.perPage ? 0 : (count - ColumnPages.perPage) / ColumnPages.perPage
  }

  private var rest: ArraySlice<ShownItem> { items.drop { $0.isPinned } }

  /// What stands on a page; numbers count from the oldest, nil is the newest.
  func items(onPage number: Int?) -> ArraySlice<ShownItem> {
    guard let number else { return items.dropLast(olderPages * ColumnPages.perPage) }
    let end = items.endIndex - (number - 1) * ColumnPages.perPage
    return items[(end - ColumnPages.perPage)..<end]
  }
}

/// An item with where it shows.
struct ItemPages: Sendable {
  var shown: ShownItem
  /// Numbers of the columns that it shows in, in their order.
  var columns: [Int]
}

/// Everything that the pages of a site show, apart from contents: read in one go.
struct SitePages: Sendable {
  let facts: SiteFacts
  let columns: [ColumnPages]
  private(set) var items: [RecordKey: ItemPages] = [:]

  init(_ facts: SiteFacts, columns: [ColumnPages]) {
    (self.facts, self.columns) = (facts, columns)
    for (number, column) in columns.enumerated() {
      for shown in column.items {
        var pages = items[shown.key] ?? ItemPages(shown: shown, columns: [])
        pages.columns.append(number)
        // What was reviewed shows on the page, wherever else the item stands.
        if pages.shown.snapshot == nil, shown.snapshot != nil { pages.shown = shown }
        items[shown.key] = pages
      }
    }
  }

  /// Items that show anywhere, the newest first, each once.
  func newest(_ count: Int) -> [ShownItem] {
    items.values.map(\.shown).sorted(by: SitePages.isNewer).prefix(count).map { $0 }
  }

  static func isNewer(_ a: ShownItem, _ b: ShownItem) -> Bool {
    let (one, other) = (a.publishedAt ?? .min, b.publishedAt ?? .min)
    return one != other ? one > other : a.key < b.key
  }
}

extension Node {
  /// What the pages of this node's site are to show now.
  func sitePages(_ settings: PageSettings?) throws -> SitePages {
    let profile = try profile()
    let facts = try store.read { _ in
      SiteFacts(
        code: site.text, name: library.directory.tree.sites[site]?.name ?? profile.name,
        url: settings?.url, identification: settings?.identification ?? site.text,
        offsetMinutes: self.settings.timeZoneOffsetMinutes, algorithm: store.identity.algorithm)
    }
    let keys = try store.read { _ in library.directory.columns(of: site).map(\.key) }
    // One read a column: others are served between them.
    let columns = try keys.compactMap { key in
      try store.read { snapshot in
        try library.directory.column(key).map { column in
          ColumnPages(
            key: key, path: column.path, levels: column.levels, type: column.type,
            link: WebAddress(column.url, schemes: ["http", "https"]),
            items: try snapshot.shownItems(in: key))
        }
      }
    }
    return SitePages(facts, columns: columns)
  }
}
