import Bytes
import HTTPCore
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// A file that is to be there, and what it is made from.
struct PlannedPage: Sendable {
  enum Content: Sendable {
    case home
    /// By the column's number; pages count from the oldest.
    case column(Int, page: Int?)
    /// Nil for the whole site.
    case feed(Int?)
    case item(RecordKey)
    /// Nil for the list of its parts.
    case sitemap(part: Int?)
    case attachment(Attachment)
  }

  let path: String
  let content: Content
  /// Of everything that the file is made from.
  let source: Digest

  /// `CODE:ID` of the item that it shows.
  var item: String? {
    if case .item(let key) = content { "\(key.owner):\(key.id)" } else { nil }
  }
}

/// All files of a site, in byte order of their paths. Knows what each is made from, not yet what
/// it says: a file whose source is what it was is not made again.
struct PagePlan: Sendable {
  let site: SitePages
  private(set) var pages: [PlannedPage] = []
  /// How many the map of the site has.
  private(set) var parts = 0
  private var attached: Set<Digest> = []

  /// Rises when the same source is to make another page.
  private static let layout: Int64 = 1

  /// `attachments`: of items that have any.
  init(_ site: SitePages, attachments: [RecordKey: [Attachment]]) {
    self.site = site
    add(PagePath.home, .home) { writer in
      for column in site.columns {
        PagePlan.write(column, &writer)
        PagePlan.write(column.items.prefix(ListPages.newestOnHome), &writer)
      }
    }
    add(PagePath.siteFeed, .feed(nil)) { writer in
      PagePlan.write(site.newest(SiteFeeds.entriesMax)[...], &writer)
    }
    for number in site.columns.indices { addColumn(number) }
    for (key, pages) in site.items.sorted(by: { $0.key < $1.key }) {
      addItem(key, pages, attachments[key] ?? [])
    }
    addSitemap()
    pages.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private mutating func addColumn(_ number: Int) {
    let column = site.columns[number]
    for page in [nil] + (0..<column.olderPages).map({ $0 + 1 }) {
      let path = PagePath.column(column.key, page: page)
      add(path, .column(number, page: page)) { writer in
        PagePlan.write(column, &writer)
        writer.integer(Int64(page ?? 0))
        // Whether an older and a newer page stand beside it.
        writer.bool(page == nil ? column.olderPages > 0 : page == column.olderPages)
        writer.integer(Int64(page == nil ? column.olderPages : 0))
        PagePlan.write(column.items(onPage: page), &writer)
      }
    }
    add(PagePath.feed(of: column.key), .feed(number)) { writer in
      PagePlan.write(column, &writer)
      PagePlan.write(column.items.prefix(SiteFeeds.entriesMax), &writer)
    }
  }

  private mutating func addItem(
    _ key: RecordKey, _ pages: ItemPages, _ attachments: [Attachment]
  ) {
    let columns = pages.columns.map { site.columns[$0] }
    add(PagePath.item(key), .item(key)) { writer in
      PagePlan.write([pages.shown], &writer)
      for column in columns { PagePlan.write(column, &writer) }
      for one in attachments { writer.octets(one.digest.bytes) }
    }
    for one in attachments {
      let path = PagePath.attachment(one)
      add(path, .attachment(one), ofSite: false) { $0.octets(one.digest.bytes) }
    }
  }

  private mutating func addSitemap() {
    guard site.facts.url != nil else { return }
    pages.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let mapped = mappedPaths
    let parts = (mapped.count + SiteFeeds.addressesMax - 1) / SiteFeeds.addressesMax
    self.parts = parts
    add(PagePath.sitemap, .sitemap(part: nil)) { writer in
      writer.integer(Int64(parts))
      if parts == 1 { for path in mapped { writer.text(path) } }
    }
    guard parts > 1 else { return }
    for part in 1...parts {
      let ofPart = PagePlan.part(part, of: mapped)
      add(PagePath.sitemap(part: part), .sitemap(part: part)) { writer in
        for path in ofPart { writer.text(path) }
      }
    }
  }

  /// In the order of the plan.
  private var mappedPaths: [String] {
    pages.filter { page in
      switch page.content {
      case .home, .column, .item: true
      case .feed, .attachment, .sitemap: false
      }
    }.map(\.path)
  }

  private static func part(_ number: Int, of paths: [String]) -> ArraySlice<String> {
    paths.dropFirst((number - 1) * SiteFeeds.addressesMax).prefix(SiteFeeds.addressesMax)
  }

  func addresses(ofPart number: Int) -> [String] {
    PagePlan.part(number, of: mappedPaths).compactMap { site.facts.address($0) }
  }

  // MARK: sources

  private mutating func add(
    _ path: String, _ content: PlannedPage.Content, ofSite: Bool = true,
    _ body: (inout CBORWriter) -> Void
  ) {
    // Two items may have the same file attached.
    if case .attachment(let one) = content, !attached.insert(one.digest).inserted { return }
    var writer = CBORWriter()
    writer.integer(PagePlan.layout)
    if ofSite {
      for text in [
        site.facts.code, site.facts.name, site.facts.url?.description ?? "",
        site.facts.identification, String(site.facts.offsetMinutes),
      ] { writer.text(text) }
    }
    body(&writer)
    pages.append(
      PlannedPage(
        path: path, content: content, source: site.facts.algorithm.digest(writer.bytes)))
  }

  private static func write(_ column: ColumnPages, _ writer: inout CBORWriter) {
    writer.text(column.key.description)
    writer.text(column.path)
    writer.text(column.type)
    writer.text(column.link?.text ?? "")
  }

  private static func write(_ items: ArraySlice<ShownItem>, _ writer: inout CBORWriter) {
    writer.array(items.count)
    for item in items {
      writer.text(item.key.description)
      writer.octets(item.digest.bytes)
      writer.text(item.title)
      writer.integer(item.publishedAt ?? .min)
      writer.bool(item.isPinned)
      writer.text(item.snapshot?.description ?? "")
    }
  }
}

extension Node {
  func pagePlan(_ settings: PageSettings?) throws -> PagePlan {
    let site = try sitePages(settings)
    var attachments: [RecordKey: [Attachment]] = [:]
    for (key, pages) in site.items where pages.shown.hasAttachments {
      attachments[key] = try itemSource(pages, of: site)?.attachments ?? []
    }
    return PagePlan(site, attachments: attachments)
  }
}
