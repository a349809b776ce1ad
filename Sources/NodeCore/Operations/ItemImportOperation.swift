import Bytes
import Library
import Replication
import SiteGroup
import Storage

struct ItemImport: Operation {
  static let spec = OperationSpec(
    "item", "import", zh: "导入 JSON Lines 格式的信息", en: "imports items as JSON Lines",
    changes: true,
    [
      .positional(
        "file", "FILE", zh: "每行一条信息；- 为标准输入", en: "one item a line; - is standard input",
        content: .inputFile),
      .flag("history", zh: "一次性迁入的历史内容", en: "old content, brought in once"),
    ])

  struct Output: Answer {
    struct Refused: Codable, Sendable, Equatable {
      let line: Int
      /// A code, as in errors.
      let reason: String
      let subject: String
      let details: [String]
    }

    var added = 0
    var changed = 0
    var unchanged = 0
    var refused: [Refused] = []
    var warnings: [Notice] = []

    var exitStatus: Int32 { refused.isEmpty ? 0 : 1 }

    func text(_ language: Language) -> String {
      let counts = Words(
        zh: "新增 \(added)，修改 \(changed)，未变 \(unchanged)，拒收 \(refused.count)",
        en: "added \(added), changed \(changed), unchanged \(unchanged), refused \(refused.count)")
      return ([counts[language]] + warnings.lines(language).map(TextTable.line))
        .joined(separator: "\n")
    }

    /// The lines that were refused, each with its reason.
    func complaint(_ language: Language) -> Refusal? {
      Refusal(
        all: refused.map { refused in
          let reason = Reason(rawValue: refused.reason) ?? .internal
          let refusal = Refusal(reason, refused.subject, details: refused.details)
          let hint = refusal.hint(language)
          let end =
            hint.isEmpty ? "" : Words(zh: "（\(hint)）", en: " (\(hint))")[language]
          return Refusal(.badLine, String(refused.line), refusal.message(language) + end)
        })
    }
  }

  private let file: String
  private let isHistory: Bool

  init(_ arguments: Arguments) throws {
    file = try arguments.text("file")
    isHistory = arguments.flag("history")
  }

  func run(in context: OperationContext) throws -> Output {
    var importer = ItemImporter(
      offsetMinutes: context.node.settings.timeZoneOffsetMinutes, isHistory: isHistory)
    var batch: [ItemImporter.Line] = []
    var octets = 0
    var linesMax = ItemLimits.importLinesFirst
    var isAwaited = false
    func flush() throws {
      if batch.isEmpty { return }
      let intake = AttachmentIntake(context.node, keeps: !context.dryRun)
      for place in batch.indices { takeFiles(of: &batch[place], intake, context) }
      // What a transaction that fails had counted counts for nothing: the error ends the import.
      try context.change { transaction, library in
        try intake.settle(in: transaction)
        let writer = ItemWriter(transaction: transaction, library: library)
        transaction.holdNew()
        for line in batch { try importer.take(line, writer) }
        isAwaited = context.node.store.isAwaited
      }
      context.progress("\(batch.last?.number ?? 0)")
      batch.removeAll(keepingCapacity: true)
      octets = 0
      // A session that sends what has come gets its turn soon; without one there are few commits.
      linesMax =
        isAwaited ? ItemLimits.importLinesFirst : min(2 * linesMax, ItemLimits.importLinesMax)
    }
    try InputFile(file).eachLine(lineBytesMax: ItemLimits.lineOctetsMax) { number, line in
      let text = number == 1 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
      batch.append(ItemImporter.Line(number: number, octets: Array(text)))
      octets += text.count
      if batch.count >= linesMax || octets >= ItemLimits.importOctetsPerTransaction {
        try flush()
      }
    }
    try flush()
    return importer.finished(text: context.text(of:))
  }

  /// Before the transaction, which must not wait for files. Paths start where the file lies.
  private func takeFiles(
    of line: inout ItemImporter.Line, _ intake: AttachmentIntake, _ context: OperationContext
  ) {
    guard ItemImport.mentionsAttachments(line.octets) else { return }
    let offset = context.node.settings.timeZoneOffsetMinutes
    let names = (try? ItemLine(line.octets, offsetMinutes: offset))?.attachments ?? []
    let folder = file.utf8.lastIndex(of: 0x2F).map { String(file[...$0]) } ?? ""
    for name in names.prefix(ItemLimits.attachmentsMax + 1) where line.files[name] == nil {
      let path = name.utf8.first == 0x2F ? name : folder + name
      do {
        line.files[name] = .success(try intake.take(path))
      } catch {
        line.files[name] = .failure(Refusal.of(error))
      }
    }
  }

  private static func mentionsAttachments(_ octets: [UInt8]) -> Bool {
    OctetSearch.contains(Array("\"\(Record.attachmentsCell)\"".utf8), in: octets)
  }
}
