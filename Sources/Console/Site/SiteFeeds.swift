import Bytes
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// Atom feeds (RFC 4287) and maps of the site (sitemaps.org).
enum SiteFeeds {
  static let entriesMax = 30
  static let addressesMax = 45_000
  private static let summaryScalarsMax = 200

  /// `column`: nil for the whole site.
  static func feed(
    _ column: ColumnPages?, _ entries: [ItemSource], _ facts: SiteFacts
  ) -> [UInt8] {
    let path = column.map { PagePath.feed(of: $0.key) } ?? PagePath.siteFeed
    let home = column.map { PagePath.column($0.key) } ?? PagePath.home
    let title = column.map { "\(facts.name) - \(ListPages.title(of: $0))" } ?? facts.name
    let updated = entries.map { updatedAt($0.item) }.max() ?? 0
    return xml { writer in
      writer.element("feed", [("xmlns", "http://www.w3.org/2005/Atom")]) { writer in
        writer.element("id", text: identifier(path, facts, path, facts.code))
        writer.element("title", text: PageText.line(title))
        writer.element("updated", text: stamp(updated))
        writer.element("author") { $0.element("name", text: PageText.line(facts.name)) }
        writer.empty("link", [("rel", "self"), ("href", link(path, from: path, facts))])
        writer.empty("link", [("href", link(home, from: path, facts))])
        for entry in entries { self.entry(entry, from: path, facts, &writer) }
      }
    }
  }

  private static func entry(
    _ source: ItemSource, from path: String, _ facts: SiteFacts, _ writer: inout MarkupWriter
  ) {
    let page = PagePath.item(source.shown.key)
    let content = source.content
    writer.line()
    writer.element("entry") { writer in
      writer.element("id", text: identifier(page, facts, "item", source.shown.key.description))
      writer.element("title", text: PageText.title(source.shown.title))
      writer.element("updated", text: stamp(updatedAt(source.item)))
      if let time = content.publishedAt { writer.element("published", text: stamp(time)) }
      writer.empty("link", [("href", link(page, from: path, facts))])
      for keyword in content.list(.keywords) {
        writer.empty("category", [("term", keyword)])
      }
      let summary = content.field(.summary)
      writer.element(
        "summary",
        text: summary.isEmpty
          ? HTMLSanitizer.text(of: content.field(.body), scalarsMax: summaryScalarsMax)
          : PageText.line(summary))
    }
  }

  /// When its newest cell was written: as all of its copies know it.
  private static func updatedAt(_ item: ItemRecord) -> Int64 {
    item.record.newest?.time ?? item.publishedAt ?? 0
  }

  /// Within the years that RFC 3339 can write.
  private static func stamp(_ time: Int64) -> String {
    Timestamp.format(min(max(time, 0), 253_402_300_799_000), offsetMinutes: 0)
  }

  private static func link(_ target: String, from path: String, _ facts: SiteFacts) -> String {
    facts.address(target) ?? PageFrame.link(from: path, to: target)
  }

  /// The address where there is one; else a name made of the key (RFC 9562 §5.8).
  private static func identifier(
    _ path: String, _ facts: SiteFacts, _ kind: String, _ key: String
  ) -> String {
    if let address = facts.address(path) { return address }
    var octets = Array(
      DigestAlgorithm.sha256.digest(Array("sitegroup \(kind) \(key)".utf8)).bytes.prefix(16))
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    let digits = Hex.encode(octets)
    var parts: [Substring] = []
    var rest = Substring(digits)
    for count in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return "urn:uuid:" + parts.joined(separator: "-")
  }

  // MARK: maps

  static func sitemap(_ addresses: [String]) -> [UInt8] {
    xml { writer in
      writer.element("urlset", [("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9")]) {
        for address in addresses {
          $0.line()
          $0.element("url") { $0.element("loc", text: address) }
        }
      }
    }
  }

  static func sitemapIndex(_ addresses: [String]) -> [UInt8] {
    xml { writer in
      writer.element("sitemapindex", [("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9")]) {
        for address in addresses {
          $0.line()
          $0.element("sitemap") { $0.element("loc", text: address) }
        }
      }
    }
  }

  private static func xml(_ body: (inout MarkupWriter) -> Void) -> [UInt8] {
    var writer = MarkupWriter()
    writer.literal("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
    body(&writer)
    writer.line()
    return writer.octets
  }
}
