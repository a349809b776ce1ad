import SiteGroup

/// The options that give an item's fields: the same for `item add` and `item edit`.
enum ItemFieldOptions {
  static let parameters: [Parameter] = [
    .option("title", "T", zh: "标题", en: "title"),
    .option("body", "HTML", zh: "正文（HTML）", en: "body, in HTML"),
    .option("body_file", "F", zh: "正文所在文件", en: "a file with the body", content: .inputFile),
    .option("published_at", "TIME", zh: "发布时间", en: "publication time"),
    .option("summary", "TEXT", zh: "摘要", en: "summary"),
    .option("author", "NAME", zh: "作者", en: "author"),
    .option("source", "NAME", zh: "内容来源", en: "content source"),
    .option("image", "URL", zh: "题图", en: "image"),
    .option("url", "URL", zh: "链接地址", en: "address that it links to"),
    .options("keywords", "WORD", zh: "关键词（可多次给出）", en: "keyword (repeatable)"),
    .options("labels", "WORD", zh: "标签（可多次给出）", en: "label (repeatable)"),
    .option("index_number", "N", zh: "索引号", en: "index number"),
    .option("issuing_organ", "NAME", zh: "发文机关", en: "issuing organ"),
    .option("document_number", "N", zh: "发文字号", en: "document number"),
    .option("topic", "TEXT", zh: "主题分类", en: "topic"),
    .option("written_at", "TIME", zh: "成文日期", en: "written date"),
    .option("effective_at", "TIME", zh: "生效日期", en: "effective date"),
    .option("repealed_at", "TIME", zh: "废止日期", en: "repealed date"),
    .option(
      "validity", "WORD", zh: "有效性：有效、已修改、失效、废止",
      en: "validity: 有效, 已修改, 失效 or 废止"),
    .option("disclosure", "WORD", zh: "公开属性：主动公开", en: "disclosure: 主动公开"),
    .option("language", "TAG", zh: "语种", en: "language"),
    .options(
      "attach", "FILE", zh: "附件（可多次给出）", en: "attachment (repeatable)",
      content: .inputFile),
  ]

  /// The fields that are given. Times without offset are read at the node's.
  static func changes(
    of arguments: Arguments, in context: OperationContext
  ) throws(Refusal) -> ItemChanges {
    var changes = ItemChanges()
    for field in ItemField.allCases {
      changes.texts[field] = arguments.optionalText(field.rawValue)
    }
    if let path = arguments.optionalText("body_file") {
      if changes.texts[.body] != nil {
        throw Refusal(.conflictingOptions, "--body", "--body-file")
      }
      changes.texts[.body] = try InputFile.text(of: path, bytesMax: ItemLimits.bodyOctetsMax)
    }
    for field in ItemTimeField.allCases {
      guard let text = arguments.optionalText(field.rawValue) else { continue }
      let time = context.time(text)
      if time == nil, !text.isEmpty {
        throw arguments.bad(field.rawValue, expected: "2023-01-17T09:00:00+08:00 | 2023-01-17")
      }
      changes.times[field] = .some(time)
    }
    for field in ItemListField.allCases {
      let texts = arguments.texts(field.rawValue)
      if !texts.isEmpty { changes.lists[field] = texts.flatMap(words) }
    }
    do { try ItemChecks.check(changes) } catch { throw Refusal(error) }
    return changes
  }

  /// Several words in one value, as people separate them.
  private static func words(_ text: String) -> [String] {
    text.unicodeScalars.split { [",", "，", "、"].contains($0) }
      .map { String($0).trimmed }.filter { !$0.isEmpty }
  }
}

extension String {
  /// Without spaces at its ends.
  fileprivate var trimmed: String {
    var scalars = unicodeScalars[...]
    while scalars.first?.properties.isWhitespace ?? false { scalars.removeFirst() }
    while scalars.last?.properties.isWhitespace ?? false { scalars.removeLast() }
    return String(scalars)
  }
}

extension OperationContext {
  /// A moment that somebody wrote; nil where it is none.
  func time(_ text: String) -> Int64? {
    Timestamp.parse(text, offsetMinutes: node.settings.timeZoneOffsetMinutes)
  }

  /// A moment for answers, at the node's offset.
  package func text(of time: Int64) -> String {
    Timestamp.format(time, offsetMinutes: node.settings.timeZoneOffsetMinutes)
  }
}
