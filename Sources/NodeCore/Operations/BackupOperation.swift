import Bytes
import FoundationEssentials
import Replication
import Storage

/// Copies the store to a file while the node goes on working. Keys never stand in it: they are
/// copied to a file of their own where that is asked for.
struct Backup: Operation {
  static let spec = OperationSpec(
    "backup", zh: "备份节点数据（不含密钥），守护进程可继续运行",
    en: "copies the node's data, without keys, while the node goes on", changes: true,
    [
      .positional("file", "FILE", zh: "备份文件", en: "the file to write", content: .outputFile),
      .option(
        "keys", "FILE", zh: "另存密钥到该文件，须妥善保管",
        en: "writes the keys to this file: keep it safe", content: .outputFile),
      .flag("force", zh: "覆盖已有文件", en: "replaces files that are there"),
    ])

  struct Output: Answer {
    let code: String
    let file: String
    let keys: String?
    let records: Int

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      let first =
        isChinese
        ? "站点 \(code) 的 \(records) 条记录已备份到 \(file)"
        : "\(records) records of the site \(code) are in \(file)"
      guard let keys else { return first }
      return first + "\n" + (isChinese ? "密钥：\(keys)" : "keys: \(keys)")
    }
  }

  private let file: String
  private let keys: String?
  private let replaces: Bool

  init(_ arguments: Arguments) throws {
    file = try arguments.text("file")
    keys = arguments.optionalText("keys")
    replaces = arguments.flag("force")
    if keys == file { throw Refusal(.conflictingOptions, "FILE", "--keys") }
  }

  func run(in context: OperationContext) throws -> Output {
    let copy = OutputFile(file, replaces: replaces)
    let secrets = keys.map { OutputFile($0, replaces: replaces) }
    try copy.check()
    try secrets?.check()
    if !context.dryRun {
      try copy.write { try context.node.store.copy(to: $0) }
      let octets = AnswerJSON.encode(context.node.keys.read { $0 })
      try secrets?.write { try OutputFile.create($0, octets) }
      try context.tell()
    }
    return Output(
      code: context.node.site.text, file: file, keys: keys,
      records: try context.read { snapshot, _ in try snapshot.recordsCount() })
  }
}
