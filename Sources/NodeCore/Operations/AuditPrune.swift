import Bytes
import Replication
import Storage

/// Takes the oldest entries out of the audit chain, once they are in a file that checks by itself.
struct AuditPrune: Operation {
  static let spec = OperationSpec(
    "audit", "prune", zh: "把早于某时的审计记录移入文件，链仍可核对",
    en: "moves the entries before a time into a file; the chain can be checked as before",
    changes: true,
    [
      .option(
        "before", "TIME", zh: "移出早于何时的", en: "entries before this time", isRequired: true),
      .option(
        "export", "FILE", zh: "存放移出记录的文件，须妥善保管",
        en: "the file for what is taken out: keep it safe", isRequired: true,
        content: .outputFile),
      .flag("force", zh: "覆盖已有文件", en: "replaces a file that is there"),
    ])

  struct Output: Answer {
    let file: String
    let entries: Int64
    /// The last entry that was taken out, and its digest.
    let last: Int64
    @Nullable var digest: String?

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      if entries == 0 {
        return isChinese ? "没有可移出的审计记录" : "there is no entry to take out"
      }
      return isChinese
        ? "已移出 \(entries) 条审计记录（至第 \(last) 条）：\(file)"
        : "\(entries) entries, up to entry \(last), are in \(file)"
    }
  }

  private let arguments: Arguments
  private let file: OutputFile

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    file = OutputFile(try arguments.text("export"), replaces: arguments.flag("force"))
  }

  func run(in context: OperationContext) throws -> Output {
    guard let before = context.time(try arguments.text("before")) else {
      throw arguments.bad("before", expected: "2024-05-20T09:00:00+08:00")
    }
    try file.check()
    let node = context.node
    if !context.dryRun { try node.tellRefusals() }
    let check = try ChainCheck(node)
    // What shows that the chain was tampered with must not be taken away.
    if let finding = check.findings.first {
      throw Refusal(.auditUnsound, "\(finding.fault.number)", finding.fault.kind.rawValue)
    }
    if let upstream = check.upstream, let silence = upstream.silence {
      throw Refusal(.unreachable, upstream.site.text, silence)
    }
    guard let head = try prefix(before: before, check) else {
      return Output(file: file.path, entries: 0, last: 0)
    }
    let count = head.number - check.inspection.start.number
    if !context.dryRun {
      let life = check.inspection.lives.last { $0.number <= head.number }
      try export(through: head, context)
      try node.store.write {
        try $0.noteUse(of: context.operatorName)
        try $0.pruneAudit(
          AuditAnchor(head: head, life: life), operatorName: context.operatorName)
      }
    }
    return Output(
      file: file.path, entries: count, last: head.number,
      digest: Hex.encode(head.digest.bytes))
  }

  /// The last of the entries that are all older, that the upstream has seen, where there is one,
  /// and that another follows.
  private func prefix(before time: Int64, _ check: ChainCheck) throws -> ChainHead? {
    let seen = check.upstream.map { _ in check.lastWitnessed }
    let last = min(seen ?? .max, check.inspection.head.number - 1)
    var head: ChainHead?
    try check.node.store.auditEntries(newestFirst: false) { entry, digest in
      guard entry.at < time, entry.number <= last else { return false }
      head = ChainHead(number: entry.number, digest: digest)
      return true
    }
    return head
  }

  /// Writes them, reads them again, and puts the file in its place only if they are what they were.
  private func export(through head: ChainHead, _ context: OperationContext) throws {
    try file.write { path in
      _ = try AuditExport.write(path, through: head.number, context)
      let check = try ExportCheck(path, of: context.node, asksUpstream: false)
      guard check.findings.isEmpty, check.inspection.head == head else {
        throw Refusal(.ioError, path, "what was written is not what was read")
      }
    }
  }
}
