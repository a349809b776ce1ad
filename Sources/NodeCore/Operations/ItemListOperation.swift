import Library
import Replication
import SiteGroup
import Storage

struct ItemList: Operation {
  static let spec = OperationSpec(
    "item", "list", zh: "列出信息", en: "lists items", changes: false,
    [
      .option("column", "C", zh: "某一栏目中的信息，按栏目的次序", en: "those of a column, in its order"),
      .flag("all", zh: "也列出不可见的信息", en: "invisible ones too"),
      .option("origin", "CODE", zh: "某一站点首发的信息", en: "those of one origin"),
      .option(
        "state", "S", zh: "某一状态的信息：draft、published、archived、withdrawn、purged",
        en: "those in one state: draft, published, archived, withdrawn, purged"),
      .option("limit", "N", zh: "最多多少条", en: "at most so many"),
    ])

  struct Output: Answer {
    struct Row: Codable, Sendable {
      let id: String
      let title: String
      let origin: String
      let state: String
      let held: Bool
      @Nullable var publishedAt: String?

      enum CodingKeys: String, CodingKey {
        case id, title, origin, state, held
        case publishedAt = "published_at"
      }
    }

    let items: [Row]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["标识", "标题", "首发", "状态", "发布时间"])
        : TextTable(["id", "title", "origin", "state", "published"])
      for item in items {
        var state = ItemWords.state(item.state)[language]
        if item.held { state += Words(zh: "、已下架", en: ", held")[language] }
        table.add([
          String(item.id.prefix(8)), TextTable.clipped(item.title, cellsMax: 60), item.origin,
          state, item.publishedAt ?? "",
        ])
      }
      return table.text
    }
  }

  private static let states = ["draft", "published", "archived", "withdrawn", "purged"]

  private let arguments: Arguments
  private let state: String?
  private let limit: Int?

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    state = try arguments.choice("state", of: ItemList.states)
    limit = try arguments.integer("limit", in: 0...10_000_000)
  }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let column = try arguments.optionalText("column").map {
        try library.directory.column(named: $0).key
      }
      let origin = try arguments.optionalText("origin").map { text in
        try library.directory.site(named: text).code
      }
      let drafts = try drafts(column, origin, snapshot, context)
      var filter = ItemFilter()
      filter.includesInvisible = arguments.flag("all") || state != nil
      filter.origin = origin
      filter.state = state.flatMap { state in LifeRung.allCases.first { $0.name == state } }
      filter.limit = limit.map { max(0, $0 - drafts.count) }
      if state == "draft" { return Output(items: drafts) }
      var items = drafts
      if state != "purged" {
        let rows =
          try column.map { try snapshot.contents(of: $0, filter) } ?? snapshot.items(filter)
        items += rows.map { row($0, context) }
      }
      if column == nil, state == "purged" || (state == nil && filter.includesInvisible) {
        let free = limit.map { max(0, $0 - items.count) }
        items += try snapshot.purgedItems(of: origin, limit: free).map(purged)
      }
      return Output(items: items)
    }
  }

  /// Nameless: nothing is known of it but its key. After all others.
  private func purged(_ key: RecordKey) -> Output.Row {
    Output.Row(
      id: key.id.description, title: "", origin: key.owner.text, state: "purged", held: false,
      publishedAt: nil)
  }

  private func row(_ row: ItemRow, _ context: OperationContext) -> Output.Row {
    Output.Row(
      id: row.key.id.description, title: row.title, origin: row.key.owner.text,
      state: row.state?.name ?? "draft", held: row.isHeld,
      publishedAt: row.publishedAt.map(context.text(of:)))
  }

  /// This node's own, before all others.
  private func drafts(
    _ column: RecordKey?, _ origin: SiteCode?, _ snapshot: Snapshot, _ context: OperationContext
  ) throws -> [Output.Row] {
    guard state == "draft" || (state == nil && arguments.flag("all")),
      origin == nil || origin == context.node.site
    else { return [] }
    let drafts = try snapshot.unpublishedDrafts().filter { draft in
      column.map { draft.columns.contains($0) } ?? true
    }
    return drafts.prefix(limit ?? .max).map { draft in
      Output.Row(
        id: draft.key.id.description, title: draft.item.title, origin: draft.key.owner.text,
        state: "draft", held: false, publishedAt: draft.item.publishedAt.map(context.text(of:)))
    }
  }
}
