import Bytes
import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let asides: [any Operation.Type] = [
    SetAsideList.self, SetAsideShow.self, SetAsideRetry.self, SetAsideDrop.self,
  ]
}

/// A record that one end of a link refused or could not apply.
struct AsideAnswer: Codable, Sendable {
  let id: String
  /// The neighbour.
  let site: String
  /// `pull` or `push`.
  let direction: String
  /// `mine`: noted here; `peer`: the neighbour says so.
  let side: String
  let key: String
  let kind: String
  let reason: String
  let detail: String
  let at: String

  init(_ aside: Aside, _ link: LinkState, _ context: OperationContext) {
    id = aside.id(on: link)
    site = link.peer.text
    direction = aside.direction == .pull ? "pull" : "push"
    side = aside.side == .mine ? "mine" : "peer"
    key = aside.key.description
    kind = aside.key.kind.name
    reason = aside.reason
    detail = aside.detail
    at = context.text(of: aside.at)
  }

  func reasonText(_ language: Language) -> String {
    let words: [String: Words] = [
      "forbidden": Words(zh: "作者无权写入", en: "its author may not write it"),
      "clock": Words(zh: "时间戳超前", en: "its stamp is ahead of the clock"),
      "foreign": Words(zh: "不是该下级的内容", en: "not of that child's side"),
      "rejoin": Words(zh: "本站自己的内容，需 rejoin", en: "this site's own: rejoin takes it back"),
      "quota": Words(zh: "超出上级允许的存量", en: "more than the site may have there"),
      "malformed": Words(zh: "内容不合格式", en: "malformed"),
    ]
    return words[reason]?[language] ?? reason
  }

  func directionText(_ language: Language) -> String {
    guard language == .zh else { return "\(direction) (\(side))" }
    return (direction == "pull" ? "拉取" : "推送") + (side == "mine" ? "（本端）" : "（对端）")
  }
}

extension Aside {
  /// Named by its parts, so that it is the same as long as the aside stands.
  fileprivate func id(on link: LinkState) -> String {
    let parts = Array("\(link.peer)/\(side.rawValue)/\(direction.rawValue)/".utf8) + key.octets
    return RecordID(head: DigestAlgorithm.sha256.digest(parts)).description
  }
}

extension Snapshot {
  /// Everything that is set aside, by link, then key.
  fileprivate func allAsides() throws -> [(link: LinkState, aside: Aside)] {
    try allLinks().flatMap { link in try asides(link.id).map { (link, $0) } }
  }

  func aside(named text: String) throws -> (link: LinkState, aside: Aside) {
    let wanted = text.lowercased().utf8
    let found = try allAsides().filter { $0.aside.id(on: $0.link).utf8.starts(with: wanted) }
    guard wanted.count >= RecordName.charactersMin, let first = found.first else {
      throw Refusal(.unknownID, text)
    }
    if found.count > 1 {
      let ids = found.map { $0.aside.id(on: $0.link) }
      throw Refusal(.ambiguousID, text, ids.joined(separator: " "))
    }
    return first
  }
}

struct SetAsideList: Operation {
  static let spec = OperationSpec(
    "set-aside", "list", zh: "列出被搁置的记录", en: "lists what was set aside", changes: false)

  struct Output: Answer {
    let asides: [AsideAnswer]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "站点", "方向", "类别", "原因", "时间"])
        : TextTable(["id", "site", "direction", "kind", "reason", "at"])
      for aside in asides {
        table.add([
          String(aside.id.prefix(8)), aside.site, aside.directionText(language), aside.kind,
          aside.reasonText(language), aside.at,
        ])
      }
      return table.text
    }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      Output(asides: try snapshot.allAsides().map { AsideAnswer($0.aside, $0.link, context) })
    }
  }
}

struct SetAsideShow: Operation {
  static let spec = OperationSpec(
    "set-aside", "show", zh: "显示一条被搁置的记录", en: "shows what was set aside", changes: false,
    [.positional("aside", "ID", zh: "标识", en: "its id")])

  struct Output: Answer {
    let aside: AsideAnswer
    let digest: String

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      return [
        "\(aside.id)  \(aside.site)  \(aside.directionText(language))",
        "\(isChinese ? "记录" : "record")  \(aside.kind)  \(aside.key)",
        "\(isChinese ? "原因" : "reason")  \(aside.reasonText(language))  \(aside.detail)",
        "\(isChinese ? "时间" : "at")  \(aside.at)",
        "\(isChinese ? "摘要" : "digest")  \(digest)",
      ].map(TextTable.line).joined(separator: "\n")
    }
  }

  private let aside: String

  init(_ arguments: Arguments) throws { aside = try arguments.text("aside") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      let (link, aside) = try snapshot.aside(named: aside)
      return Output(
        aside: AsideAnswer(aside, link, context), digest: Hex.encode(aside.digest.bytes))
    }
  }
}

/// Lets the next session try again. What the neighbour set aside, only the neighbour can retry.
struct SetAsideRetry: Operation {
  static let spec = OperationSpec(
    "set-aside", "retry", zh: "下次同步时重试被搁置的记录",
    en: "has the next session try again what was set aside", changes: true,
    [.optionalPositional("aside", "ID", zh: "只重试这一条", en: "only this one")])

  struct Output: Answer {
    let retried: Int
    /// Those that the neighbour noted.
    let skipped: Int

    func text(_ language: Language) -> String {
      language == .zh
        ? "下次同步时重试 \(retried) 条；\(skipped) 条由对端搁置，须在对端重试"
        : "\(retried) to be tried again by the next sync; \(skipped) can be retried only at the "
          + "neighbour"
    }
  }

  private let aside: String?

  init(_ arguments: Arguments) throws { aside = arguments.optionalText("aside") }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, _ in
      let chosen = try aside.map { [try transaction.aside(named: $0)] } ?? transaction.allAsides()
      let mine = chosen.filter { $0.aside.side == .mine }
      for (link, aside) in mine { try AsideRetry.retry(aside, link.id, in: transaction) }
      return Output(retried: mine.count, skipped: chosen.count - mine.count)
    }
  }
}
