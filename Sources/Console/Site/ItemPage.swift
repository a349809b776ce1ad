import Bytes
import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// What the page of an item is made from: its record, and what shows in its place.
struct ItemSource: Sendable {
  let item: ItemRecord
  /// The adopted snapshot's, or the item's own.
  let content: ItemRecord
  let shown: ShownItem
  let columns: [ColumnPages]
  /// Those of the content that are here.
  let attachments: [Attachment]
}

extension Node {
  /// Nil where the item is not any more what was planned: another round will show it.
  func itemSource(_ pages: ItemPages, of site: SitePages) throws -> ItemSource? {
    try store.read { snapshot in
      guard let stored = try snapshot.record(pages.shown.key), stored.digest == pages.shown.digest,
        ItemRecord(stored.record).shows
      else { return nil }
      let item = ItemRecord(stored.record)
      let adopted = try pages.shown.snapshot.flatMap { try snapshot.record($0) }
      let content = adopted.map { ItemRecord($0.record) } ?? item
      return ItemSource(
        item: item, content: content, shown: pages.shown,
        columns: pages.columns.map { site.columns[$0] },
        attachments: try content.attachments.filter { try snapshot.hasBlob($0.digest) })
    }
  }
}

/// The page of one item: metadata, the fields of documents, body, attachments.
enum ItemPage {
  static func page(_ source: ItemSource, _ facts: SiteFacts) -> [UInt8] {
    let path = PagePath.item(source.shown.key)
    let column = source.columns.first
    var head = PageFrame.Head(
      path: path, title: PageText.title(source.shown.title), metadata: metadata(source, facts))
    if let column {
      head.trail = column.levels.dropLast().map { ($0, "") }
      head.trail.append((column.name, PagePath.column(column.key)))
    }
    return PageFrame.page(head, facts) { writer in
      writer.element("article", [("lang", language(of: source.content))]) { writer in
        writer.element("h1", text: PageText.title(source.shown.title))
        marks(source, &writer)
        byline(source, facts, &writer)
        documentFields(source.content, facts, &writer)
        let summary = source.content.field(.summary)
        if !summary.isEmpty { writer.element("p", text: "摘要：\(PageText.line(summary))") }
        writer.line()
        writer.markup(HTMLSanitizer.safe(source.content.field(.body)))
        writer.line()
      }
      links(source, path, facts, &writer)
    }
  }

  /// 网页标签 of the national guide for government web sites.
  private static func metadata(
    _ source: ItemSource, _ facts: SiteFacts
  ) -> [(name: StaticString, value: String?)] {
    let content = source.content
    let column = source.columns.first
    let summary = content.field(.summary)
    let description =
      summary.isEmpty
      ? HTMLSanitizer.text(of: content.field(.body), scalarsMax: descriptionScalarsMax) : summary
    return [
      ("ColumnName", column?.name), ("ColumnType", column?.type),
      ("ArticleTitle", source.shown.title), ("PubDate", content.publishedAt.map(facts.minute)),
      ("ContentSource", contentSource(source, facts)),
      ("Keywords", content.list(.keywords).joined(separator: ",")),
      ("Author", content.field(.author)), ("Description", description),
      ("Image", WebAddress(content.field(.image), schemes: ["http", "https"])?.text),
      ("Url", facts.address(PagePath.item(source.shown.key))),
      ("sitegroup:digest", source.shown.digest.description),
    ]
  }

  private static let descriptionScalarsMax = 120

  private static func contentSource(_ source: ItemSource, _ facts: SiteFacts) -> String {
    let named = source.content.field(.source)
    return named.isEmpty ? facts.name : named
  }

  /// A language tag of plain letters and digits; nil for what is none.
  private static func language(of content: ItemRecord) -> String? {
    let text = content.field(.language)
    let isTag =
      (2...35).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
    return isTag ? text : nil
  }

  private static func marks(_ source: ItemSource, _ writer: inout MarkupWriter) {
    let validity = source.content.field(.validity)
    let isSpent = ["已修改", "失效", "废止"].contains { $0.utf8.elementsEqual(validity.utf8) }
    var marks = isSpent ? [validity] : []
    if source.shown.isArchived { marks.append("已归档") }
    if marks.isEmpty { return }
    writer.element("p") { writer in
      for mark in marks {
        writer.element("strong", [("class", "mark")], text: mark)
        writer.text(" ")
      }
    }
  }

  private static func byline(
    _ source: ItemSource, _ facts: SiteFacts, _ writer: inout MarkupWriter
  ) {
    writer.element("p") { writer in
      if let time = source.content.publishedAt {
        writer.text("发布时间：")
        writer.element(
          "time", [("datetime", Timestamp.format(time, offsetMinutes: facts.offsetMinutes))],
          text: facts.minute(time))
      }
      writer.text("　来源：\(PageText.line(contentSource(source, facts)))")
      let author = source.content.field(.author)
      if !author.isEmpty { writer.text("　作者：\(PageText.line(author))") }
    }
  }

  private static func documentFields(
    _ content: ItemRecord, _ facts: SiteFacts, _ writer: inout MarkupWriter
  ) {
    func day(_ field: ItemTimeField) -> String { content.time(field).map(facts.day) ?? "" }
    let fields = [
      ("索引号", content.field(.indexNumber)), ("发文机关", content.field(.issuingOrgan)),
      ("发文字号", content.field(.documentNumber)), ("主题分类", content.field(.topic)),
      ("成文日期", day(.writtenAt)), ("施行日期", day(.effectiveAt)),
      ("废止日期", day(.repealedAt)), ("有效性", content.field(.validity)),
      ("公开方式", content.field(.disclosure)),
      ("标签", content.list(.labels).joined(separator: "、")),
    ].filter { !$0.1.isEmpty }
    if fields.isEmpty { return }
    writer.element("dl", [("class", "facts")]) { writer in
      for (name, value) in fields {
        writer.element("dt", text: name)
        writer.element("dd", text: PageText.line(value))
      }
    }
  }

  /// Behind the text: attachments, where it was published first.
  private static func links(
    _ source: ItemSource, _ path: String, _ facts: SiteFacts, _ writer: inout MarkupWriter
  ) {
    let attachments = source.attachments
    if !attachments.isEmpty {
      writer.element("section") { writer in
        writer.element("h2", text: "附件")
        writer.element("ul") { writer in
          for one in attachments {
            writer.element("li") { writer in
              writer.element(
                "a",
                [
                  ("href", PageFrame.link(from: path, to: PagePath.attachment(one))),
                  ("download", fileName(one.name)),
                ], text: PageText.line(one.name))
              writer.text("（\(one.size) 字节）")
            }
          }
        }
      }
    }
    if let link = WebAddress(source.content.field(.url), schemes: ["http", "https"]) {
      writer.element("p") { writer in
        writer.text("原文链接：")
        writer.element(
          "a", [("href", link.text), ("rel", "noopener noreferrer")], text: link.text)
      }
    }
  }

  /// Without what parts paths.
  private static func fileName(_ name: String) -> String {
    String(
      decoding: PageText.line(name).utf8.map { $0 == 0x2F || $0 == 0x5C ? 0x5F : $0 },
      as: UTF8.self)
  }
}
