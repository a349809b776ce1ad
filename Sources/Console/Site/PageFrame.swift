import Bytes
import HTTPCore
import NodeCore

/// What all pages have in common: head, policy, skip link, way back, trailer.
enum PageFrame {
  /// What a page is told of its place and its metadata.
  struct Head {
    let path: String
    let title: String
    /// Names of the national guide for page metadata, and others.
    var metadata: [(name: StaticString, value: String?)] = []
    var feed: String?
    /// The way from the home page, without the page itself.
    var trail: [(name: String, path: String)] = []
  }

  private static let style: StaticString = """
    body{margin:0 auto;max-width:60rem;padding:0 1rem;font:1.05rem/1.8 "Noto Sans CJK SC",\
    "PingFang SC","Microsoft YaHei",sans-serif;color:#1a1a1a;background:#fff;\
    overflow-wrap:anywhere}\
    a{color:#0b4a8f}a:focus{outline:3px solid #b54708}header,footer{border:0 solid #767676;\
    padding:.8rem 0}header{border-bottom-width:1px}footer{border-top-width:1px;margin-top:2rem;\
    font-size:.9rem}h1{font-size:1.6rem;line-height:1.4}h2{font-size:1.2rem}\
    .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;background:#fff}\
    .list{list-style:none;padding:0}.list li{display:flex;gap:1rem;justify-content:space-between;\
    border-bottom:1px solid #e0e0e0;padding:.3rem 0}.list time{white-space:nowrap;color:#4a4a4a}\
    .facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;background:#f4f6f8;\
    padding:.8rem}.facts dt{color:#4a4a4a}.facts dd{margin:0}\
    .mark{display:inline-block;border:2px solid #b42318;color:#b42318;padding:0 .5rem}\
    article img{max-width:100%;height:auto}article table{display:block;overflow-x:auto;\
    border-collapse:collapse}article td,article th{border:1px solid #767676;padding:.2rem .5rem}\
    .pages{display:flex;gap:1.5rem}
    """

  /// No script, no frame, no form; pictures alone come from elsewhere.
  static let policy: String = {
    let octets = style.withUTF8Buffer { Array($0) }
    let hash = Base64.encode(DigestAlgorithm.sha256.digest(octets).bytes)
    return "default-src 'none'; img-src 'self' http: https:; style-src 'sha256-\(hash)'; "
      + "base-uri 'none'; form-action 'none'"
  }()

  /// The whole page, without its trailer.
  static func page(
    _ head: Head, _ facts: SiteFacts, _ body: (inout MarkupWriter) -> Void
  ) -> [UInt8] {
    var writer = MarkupWriter()
    writer.literal("<!DOCTYPE html>\n")
    writer.element("html", [("lang", "zh-CN")]) { writer in
      writer.element("head") { self.head(head, facts, &$0) }
      writer.line()
      writer.element("body") { writer in
        writer.element("a", [("class", "skip"), ("href", "#content")], text: "跳到正文")
        writer.element("header") { writer in
          writer.element("nav", [("aria-label", "当前位置")]) { trail(head, facts, &$0) }
        }
        writer.line()
        writer.element("main", [("id", "content")], body)
        writer.line()
        writer.element("footer") { writer in
          writer.text("主办单位：\(PageText.line(facts.name))　网站标识码：\(facts.identification)")
        }
      }
    }
    writer.line()
    return writer.octets
  }

  private static func head(_ head: Head, _ facts: SiteFacts, _ writer: inout MarkupWriter) {
    writer.void("meta", [("charset", "utf-8")])
    writer.void(
      "meta", [("http-equiv", "Content-Security-Policy"), ("content", policy)])
    writer.void(
      "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
    writer.void("meta", [("name", "referrer"), ("content", "no-referrer")])
    let title = PageText.line(head.title)
    let name = PageText.line(facts.name)
    writer.element("title", text: head.path == PagePath.home ? name : "\(title) - \(name)")
    let domain = facts.url.map { $0.host }
    let common: [(StaticString, String?)] = [
      ("SiteName", facts.name), ("SiteDomain", domain), ("SiteIDCode", facts.identification),
    ]
    for (name, value) in common + head.metadata {
      guard let value, !value.isEmpty else { continue }
      writer.line()
      writer.void("meta", [("name", "\(name)"), ("content", value)])
    }
    if let feed = head.feed {
      writer.void(
        "link",
        [
          ("rel", "alternate"), ("type", "application/atom+xml"),
          ("href", link(from: head.path, to: feed)),
        ])
    }
    if let address = facts.address(head.path) {
      writer.void("link", [("rel", "canonical"), ("href", address)])
    }
    writer.element("style") { $0.literal(style) }
  }

  private static func trail(_ head: Head, _ facts: SiteFacts, _ writer: inout MarkupWriter) {
    let steps = [(name: facts.name, path: PagePath.home)] + head.trail
    for (number, step) in steps.enumerated() {
      if number > 0 { writer.text(" › ") }
      if step.path.isEmpty {
        writer.text(PageText.line(step.name))
      } else {
        writer.element(
          "a", [("href", link(from: head.path, to: step.path))], text: PageText.line(step.name))
      }
    }
  }

  /// Relative, so that the pages hold together wherever the directory is served.
  static func link(from path: String, to target: String) -> String {
    let depth = path.utf8.count { $0 == UInt8(ascii: "/") }
    return String(repeating: "../", count: depth) + target
  }

  // MARK: the trailer

  private static let trailerStart = "<!-- sitegroup:"
  private static let trailerEnd = " -->\n"

  /// The octets with the digest of themselves behind them, as a comment of HTML and XML.
  static func sealed(_ octets: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
    let trailer = "\(trailerStart)\(algorithm.name) \(algorithm.digest(octets))\(trailerEnd)"
    return octets + Array(trailer.utf8)
  }

  /// Whether a file ends in a trailer that fits what stands before it.
  static func isSealed(_ octets: [UInt8], _ algorithm: DigestAlgorithm) -> Bool {
    let count = sealed([], algorithm).count
    guard octets.count >= count else { return false }
    return sealed(Array(octets.dropLast(count)), algorithm).elementsEqual(octets)
  }
}
