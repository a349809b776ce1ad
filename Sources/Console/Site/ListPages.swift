import Library
import NodeCore
import Replication

/// The home page and the pages of columns: lists of items.
enum ListPages {
  static let newestOnHome = 8

  static func home(_ site: SitePages) -> [UInt8] {
    let head = PageFrame.Head(
      path: PagePath.home, title: site.facts.name,
      metadata: [("ColumnType", "首页")], feed: PagePath.siteFeed)
    return PageFrame.page(head, site.facts) { writer in
      writer.element("h1", text: PageText.line(site.facts.name))
      writer.element("nav", [("aria-label", "栏目")]) { writer in
        writer.element("ul") { writer in
          for column in site.columns { entry(column, &writer) }
        }
      }
      for column in site.columns where !column.items.isEmpty {
        writer.line()
        writer.element("section") { writer in
          writer.element("h2") { writer in
            writer.element(
              "a", [("href", PagePath.column(column.key))], text: title(of: column))
          }
          list(column.items.prefix(newestOnHome), from: PagePath.home, site.facts, &writer)
        }
      }
    }
  }

  private static func entry(_ column: ColumnPages, _ writer: inout MarkupWriter) {
    writer.element("li") { writer in
      writer.element("a", [("href", PagePath.column(column.key))], text: title(of: column))
      if let link = column.link {
        writer.text("（")
        writer.element("a", [("href", link.text), ("rel", "noopener noreferrer")], text: "外部链接")
        writer.text("）")
      }
    }
  }

  static func title(of column: ColumnPages) -> String {
    column.levels.map { PageText.line($0) }.joined(separator: " / ")
  }

  /// `number` counts from the oldest; nil is the newest page.
  static func column(_ column: ColumnPages, page number: Int?, _ facts: SiteFacts) -> [UInt8] {
    let path = PagePath.column(column.key, page: number)
    var head = PageFrame.Head(
      path: path, title: column.name,
      metadata: [
        ("ColumnName", column.name), ("ColumnType", column.type.isEmpty ? "信息公开" : column.type),
        ("ColumnDescription", "\(facts.name) \(title(of: column))"),
        ("ColumnKeywords", column.levels.joined(separator: ",")),
      ], feed: PagePath.feed(of: column.key))
    head.trail = column.levels.dropLast().map { ($0, "") }
    if number != nil { head.trail.append((column.name, PagePath.column(column.key))) }
    return PageFrame.page(head, facts) { writer in
      writer.element("h1", text: PageText.line(column.name))
      let items = column.items(onPage: number)
      if items.isEmpty { writer.element("p", text: "暂无信息") }
      list(items, from: path, facts, &writer)
      pages(column, number, path, &writer)
    }
  }

  /// From one page to the next older and newer one.
  private static func pages(
    _ column: ColumnPages, _ number: Int?, _ path: String, _ writer: inout MarkupWriter
  ) {
    let older = number.map { $0 - 1 } ?? column.olderPages
    if number == nil, older == 0 { return }
    writer.element("nav", [("class", "pages"), ("aria-label", "翻页")]) { writer in
      if let number {
        let newer = number < column.olderPages ? number + 1 : nil
        writer.element(
          "a",
          [
            ("rel", "prev"),
            ("href", PageFrame.link(from: path, to: PagePath.column(column.key, page: newer))),
          ], text: "较新")
      }
      if older > 0 {
        writer.element(
          "a",
          [
            ("rel", "next"),
            ("href", PageFrame.link(from: path, to: PagePath.column(column.key, page: older))),
          ], text: "较早")
      }
    }
  }

  static func list(
    _ items: ArraySlice<ShownItem>, from path: String, _ facts: SiteFacts,
    _ writer: inout MarkupWriter
  ) {
    if items.isEmpty { return }
    writer.element("ul", [("class", "list")]) { writer in
      for item in items {
        writer.line()
        writer.element("li") { writer in
          writer.element("span") { writer in
            writer.element(
              "a", [("href", PageFrame.link(from: path, to: PagePath.item(item.key)))],
              text: PageText.title(item.title))
            if item.isPinned { writer.text("（置顶）") }
            if item.isArchived { writer.text("（已归档）") }
          }
          if let time = item.publishedAt {
            writer.element("time", [("datetime", facts.day(time))], text: facts.day(time))
          }
        }
      }
    }
  }
}
