/// Something that an operation did all the same, and that somebody should know of.
package struct Notice: Codable, Sendable, Equatable {
  package enum Code: String, Codable, Sendable, CaseIterable {
    case unknownField = "unknown_field"
    case repeatedExternalID = "repeated_external_id"
    case backDated = "back_dated"
    case staysWithdrawn = "stays_withdrawn"
    case staysArchived = "stays_archived"
    case notHere = "not_here"
    case withdrawnAbove = "withdrawn_above"
    case heldAbove = "held_above"
    case stillMandated = "still_mandated"
    case columnNotHere = "column_not_here"
    case sourceNotHere = "source_not_here"
    case takesNoSubmissions = "takes_no_submissions"
    case notShowing = "not_showing"

    /// `{0}` is the subject, `{1}` … the details.
    var words: Words {
      switch self {
      case .unknownField:
        Words(zh: "没有字段“{0}”，已忽略", en: "there is no field “{0}”: left out")
      case .repeatedExternalID:
        Words(zh: "外部标识“{0}”重复，以后出现的为准", en: "“{0}” occurs again: the later line holds")
      case .backDated:
        Words(
          zh: "{0} 条信息的发布时间早于 {1}，迁移旧内容请用 --history",
          en: "{0} items are dated before {1}; bring old content in with --history")
      case .staysWithdrawn:
        Words(
          zh: "信息 {0} 已撤稿，修改不会使其恢复", en: "the item {0} stays withdrawn: an edit brings nothing back"
        )
      case .staysArchived:
        Words(zh: "信息 {0} 仍为已归档", en: "the item {0} stays archived")
      case .notHere:
        Words(zh: "没有外部标识为“{0}”的信息，无需撤稿", en: "nothing has the external id “{0}”")
      case .withdrawnAbove:
        Words(zh: "上级 {0} 的撤稿仍然有效", en: "the withdrawal by {0} stands")
      case .heldAbove:
        Words(zh: "上级 {0} 的下架仍然有效", en: "the hold by {0} stands")
      case .stillMandated:
        Words(zh: "转载任务 {0} 仍使其保留在栏目中", en: "the mandate {0} keeps it in the column")
      case .columnNotHere:
        Words(zh: "栏目 {0} 尚不在本节点", en: "the column {0} is not here yet")
      case .sourceNotHere:
        Words(zh: "来源 {0} 尚无栏目，出现后自动调用", en: "{0} names no column yet: it is taken once it comes")
      case .takesNoSubmissions:
        Words(zh: "栏目 {0} 的保障方式不含报送", en: "the column {0} is not supplied by submissions")
      case .notShowing:
        Words(zh: "信息 {0} 现在不可见", en: "the item {0} does not show now")
      }
    }
  }

  package let code: Code
  package let subject: String
  package let details: [String]
  /// The line of the file that it is about.
  package let line: Int?

  package init(_ code: Code, _ subject: String, _ details: String..., line: Int? = nil) {
    self.code = code
    self.subject = subject
    self.details = details
    self.line = line
  }

  package func text(_ language: Language) -> String {
    var isComplete = true
    let words = Words.fill(
      code.words[language], with: [subject] + details, isComplete: &isComplete)
    let start = line.map { Words(zh: "第 \($0) 行：", en: "line \($0): ")[language] } ?? ""
    return start + words
  }
}

extension [Notice] {
  /// One line each, after the answer proper.
  package func lines(_ language: Language) -> [String] {
    map { Words(zh: "注意：", en: "note: ")[language] + $0.text(language) }
  }
}
