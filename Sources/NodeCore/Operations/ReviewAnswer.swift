import Library
import Replication
import SiteGroup
import Storage

/// A submission as `review list` shows it, the same at both ends.
struct SubmissionAnswer: Codable, Sendable {
  let id: String
  let item: String
  /// As it was offered; empty where the content has not come yet.
  let title: String
  /// Who offers.
  let site: String
  let column: String
  /// `PATH` in a column of this site, else `CODE:PATH`.
  let path: String
  let state: String
  let offeredAt: String
  let reviewedAt: String?
  let reviewer: String?
  let opinion: String?

  enum CodingKeys: String, CodingKey {
    case id, item, title, site, column, path, state, reviewer, opinion
    case offeredAt = "offered_at"
    case reviewedAt = "reviewed_at"
  }

  init(
    _ submission: SubmissionRecord, in snapshot: Snapshot, _ directory: Directory,
    text: (Int64) -> String
  ) throws {
    id = submission.id.description
    item = submission.item?.id.description ?? ""
    title = try snapshot.content(of: submission)?.field(.title) ?? ""
    site = submission.owner.text
    column = submission.column?.id.description ?? ""
    path = submission.column.map { directory.name(ofColumn: $0, from: directory.site) } ?? ""
    state = submission.state.name
    offeredAt = text(submission.offeredAt)
    reviewedAt = submission.reviewedAt.map(text)
    reviewer = submission.reviewer.isEmpty ? nil : submission.reviewer
    opinion = submission.opinion.isEmpty ? nil : submission.opinion
  }

  static func table(_ submissions: [SubmissionAnswer], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["标识", "标题", "报送站点", "栏目", "状态", "报送时间"])
      : TextTable(["id", "title", "site", "column", "state", "offered"])
    for submission in submissions {
      table.add([
        String(submission.id.prefix(8)), TextTable.clipped(submission.title, cellsMax: 50),
        submission.site, TextTable.clipped(submission.path, cellsMax: 40),
        SubmissionText.state(submission.state)[language], submission.offeredAt,
      ])
    }
    return table.text
  }
}

/// One submission in full, with what was offered.
struct SubmissionDetail: Answer {
  let submission: SubmissionAnswer
  let note: String?
  /// The item's fields as they were offered; nil where they have not come yet.
  let content: ItemContent?
  /// Whether the content is here and is what the offer named.
  let isIntact: Bool

  private enum CodingKeys: String, CodingKey {
    case note, content
    case isIntact = "intact"
  }

  init(
    _ record: SubmissionRecord, in snapshot: Snapshot, _ directory: Directory,
    text: (Int64) -> String
  ) throws {
    submission = try SubmissionAnswer(record, in: snapshot, directory, text: text)
    note = record.note.isEmpty ? nil : record.note
    let offered = try snapshot.content(of: record)
    isIntact = offered?.isIntact ?? false
    content = offered.map { ItemContent($0, text: text) }
  }

  init(from decoder: any Decoder) throws {
    submission = try SubmissionAnswer(from: decoder)
    let members = try decoder.container(keyedBy: CodingKeys.self)
    note = try members.decodeIfPresent(String.self, forKey: .note)
    content = try members.decodeIfPresent(ItemContent.self, forKey: .content)
    isIntact = try members.decode(Bool.self, forKey: .isIntact)
  }

  func encode(to encoder: any Encoder) throws {
    try submission.encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encodeIfPresent(note, forKey: .note)
    try members.encodeIfPresent(content, forKey: .content)
    try members.encode(isIntact, forKey: .isIntact)
  }

  func text(_ language: Language) -> String {
    var lines: [String] = []
    func add(_ zh: String, _ en: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      lines.append(TextTable.line("\(Words(zh: zh, en: en)[language])  \(value)"))
    }
    add("标识", "id", submission.id)
    add("信息", "item", submission.item)
    add("标题", "title", submission.title)
    add("报送站点", "site", submission.site)
    add("栏目", "column", submission.path)
    add("状态", "state", SubmissionText.state(submission.state)[language])
    add("报送时间", "offered", submission.offeredAt)
    add("说明", "note", note)
    add("审核时间", "reviewed", submission.reviewedAt)
    add("审核人", "reviewer", submission.reviewer)
    add("意见", "opinion", submission.opinion)
    if !isIntact {
      let words = Words(zh: "内容不在本节点，或与报送时不同", en: "the content is missing or was altered")
      lines.append(words[language])
    }
    if let content { lines += [""] + content.lines(language) }
    return lines.joined(separator: "\n")
  }
}
