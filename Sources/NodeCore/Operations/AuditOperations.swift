import Bytes
import Library
import Replication
import Storage

extension OperationTable {
  static let audit: [any Operation.Type] = [
    AuditList.self, AuditVerify.self, AuditExport.self, AuditPrune.self,
  ]
}

/// An entry of the audit, as people and programs see it.
struct AuditEntryAnswer: Codable, Sendable {
  let number: Int64
  let at: String
  /// The person; empty where none asked.
  let operatorName: String
  /// The neighbour that asked; empty where none did.
  let site: String
  let kind: String
  let operation: String
  let subject: String
  /// `done`, else the code of a reason.
  let result: String
  /// How often, where it was the same again and again.
  let count: Int64
  /// How many records changed.
  let changed: Int64
  /// Ids of the records that changed: in a list the first, in an export all that the entry names.
  let records: [String]
  let digest: String
  /// The octets that the digest is of, hexadecimal; in an export alone.
  let octets: String?

  enum CodingKeys: String, CodingKey {
    case number, at, site, kind, operation, subject, result, count, changed, records, digest
    case octets
    case operatorName = "operator"
  }

  static let recordsShown = 10

  init(_ entry: AuditEntry, _ digest: Digest, _ context: OperationContext, isWhole: Bool) {
    number = entry.number
    at = context.text(of: entry.at)
    operatorName = entry.event.operatorName
    site = entry.event.site
    kind = entry.event.kind.name
    operation = entry.event.operation
    subject = entry.event.subject
    result = entry.event.result
    count = entry.event.count
    changed = entry.changes?.count ?? 0
    let records = entry.changes?.records ?? []
    self.records = (isWhole ? records[...] : records.prefix(Self.recordsShown)).map {
      $0.id.description
    }
    self.digest = Hex.encode(digest.bytes)
    octets = isWhole ? Hex.encode(entry.bytes) : nil
  }

  fileprivate static func kindName(_ kind: String, _ language: Language) -> String {
    let names: [String: String] = [
      "change": "修改", "refusal": "拒绝", "sign_in": "登录", "key": "密钥", "role": "角色",
      "recovery": "恢复", "sync": "同步",
    ]
    return language == .zh ? names[kind] ?? kind : kind
  }

  fileprivate func resultText(_ language: Language) -> String {
    let result = result == AuditEvent.done && language == .zh ? "完成" : result
    return count > 1 ? "\(result) ×\(count)" : result
  }
}

struct AuditList: Operation {
  static let spec = OperationSpec(
    "audit", "list", zh: "列出审计记录，新的在前", en: "lists the audit log, newest first",
    changes: false,
    [
      .option("since", "TIME", zh: "从何时起", en: "from this time on"),
      .option("until", "TIME", zh: "到何时止", en: "before this time"),
      .option("by", "NAME", zh: "只要该操作员的", en: "of this operator"),
      .option("site", "CODE", zh: "只要该邻居引起的", en: "of this neighbour"),
      .option("kind", "KIND", zh: "类别：\(kinds)", en: "of one kind: \(kinds)"),
      .option(
        "subject", "TEXT", zh: "对象中含有这段文字，或涉及该标识的记录",
        en: "whose subject holds this text, or that changed the record of this id"),
      .option("limit", "N", zh: "至多几条（默认 50）", en: "at most so many (50)"),
    ])

  private static let kinds = AuditEvent.Kind.allCases.map(\.name).joined(separator: "|")
  private static let limitDefault = 50
  private static let limitMax = 100_000

  struct Output: Answer {
    let entries: [AuditEntryAnswer]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["序号", "时间", "操作者", "类别", "操作", "对象", "结果"], right: [0])
        : TextTable(["number", "at", "by", "kind", "operation", "subject", "result"], right: [0])
      for entry in entries {
        table.add([
          String(entry.number), entry.at,
          entry.operatorName.isEmpty ? entry.site : entry.operatorName,
          AuditEntryAnswer.kindName(entry.kind, language), entry.operation,
          TextTable.clipped(entry.subject, cellsMax: 40), entry.resultText(language),
        ])
      }
      return table.text
    }
  }

  private let arguments: Arguments
  private let limit: Int

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    _ = try arguments.choice("kind", of: AuditEvent.Kind.allCases.map(\.name))
    limit = try arguments.integer("limit", in: 1...AuditList.limitMax) ?? AuditList.limitDefault
  }

  func run(in context: OperationContext) throws -> Output {
    let since = try time("since", context)
    let until = try time("until", context)
    if !context.dryRun { try context.node.tellRefusals() }
    var entries: [AuditEntryAnswer] = []
    try context.node.store.auditEntries(newestFirst: true) { entry, digest in
      if entry.at >= since ?? .min, entry.at < until ?? .max, matches(entry) {
        entries.append(AuditEntryAnswer(entry, digest, context, isWhole: false))
      }
      return entries.count < limit
    }
    return Output(entries: entries)
  }

  private func time(_ name: String, _ context: OperationContext) throws -> Int64? {
    guard let text = arguments.optionalText(name) else { return nil }
    guard let time = context.time(text) else {
      throw arguments.bad(name, expected: "2024-05-20T09:00:00+08:00")
    }
    return time
  }

  private func matches(_ entry: AuditEntry) -> Bool {
    if let name = arguments.optionalText("by"),
      !entry.event.operatorName.utf8.elementsEqual(name.utf8)
    {
      return false
    }
    if let site = arguments.optionalText("site"),
      !entry.event.site.utf8.elementsEqual(site.utf8)
    {
      return false
    }
    if let kind = arguments.optionalText("kind"), entry.event.kind.name != kind { return false }
    guard let subject = arguments.optionalText("subject") else { return true }
    if Array(entry.event.subject.utf8).firstRange(of: Array(subject.utf8)) != nil { return true }
    let id = subject.lowercased().utf8
    return id.count >= RecordName.charactersMin
      && entry.changes?.records.contains { $0.id.description.utf8.starts(with: id) } ?? false
  }
}

/// Writes the whole chain, oldest first, for whoever checks it elsewhere.
struct AuditExport: Operation {
  static let spec = OperationSpec(
    "audit", "export", zh: "导出全部审计记录（JSON Lines）",
    en: "writes the whole audit log as JSON Lines", changes: true,
    [
      .positional("file", "FILE", zh: "导出文件", en: "the file to write", content: .outputFile),
      .flag("force", zh: "覆盖已有文件", en: "replaces a file that is there"),
    ])

  struct Output: Answer {
    let file: String
    let entries: Int

    func text(_ language: Language) -> String {
      language == .zh ? "已导出 \(entries) 条审计记录：\(file)" : "\(entries) entries are in \(file)"
    }
  }

  private let file: OutputFile

  init(_ arguments: Arguments) throws {
    file = OutputFile(try arguments.text("file"), replaces: arguments.flag("force"))
  }

  func run(in context: OperationContext) throws -> Output {
    try file.check()
    if context.dryRun {
      let count = try context.read { snapshot, _ in try snapshot.auditCount() }
      return Output(file: file.path, entries: count)
    }
    try context.node.tellRefusals()
    var count = 0
    try file.write { count = try AuditExport.write($0, context) }
    return Output(file: file.path, entries: count)
  }

  /// Entries to the last or to this one, one a line; answers how many.
  static func write(
    _ path: String, through last: Int64 = .max, _ context: OperationContext
  ) throws -> Int {
    var count = 0
    try OutputFile.create(path, [])
    var lines: [UInt8] = []
    try context.node.store.auditEntries(newestFirst: false) { entry, digest in
      if entry.number > last { return false }
      let answer = AuditEntryAnswer(entry, digest, context, isWhole: true)
      lines += AnswerJSON.encode(answer) + [0x0A]
      count += 1
      if lines.count >= AuditExport.chunkOctets {
        try OutputFile.append(path, lines)
        lines.removeAll(keepingCapacity: true)
      }
      return true
    }
    try OutputFile.append(path, lines)
    return count
  }

  private static let chunkOctets = 1 << 20
}
