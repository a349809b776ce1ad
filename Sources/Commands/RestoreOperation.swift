import FoundationEssentials
import Glibc
import NodeCore
import Storage

/// `restore`: puts a backup in the place of a node's store, as a new life of it: its neighbours
/// reconcile with it, and give back what it lost.
struct RestoreOperation: ShellOperation {
  struct Output: Answer {
    let code: String
    let directory: String
    let records: Int
    /// The store that was there before.
    let replaced: String?
    /// Whether the directory has keys: without them the site must enrol anew.
    let keys: Bool
    /// Whether the directory has a configuration.
    let configured: Bool

    func text(_ language: Language) -> String {
      var lines = [
        Words(
          zh: "站点 \(code) 已恢复，\(records) 条记录：\(directory)",
          en: "restored the site \(code), \(records) records, in \(directory)")
      ]
      if let replaced {
        lines.append(Words(zh: "原数据保留为 \(replaced)", en: "the store before is \(replaced)"))
      }
      if !configured {
        lines.append(
          Words(zh: "目录中没有 sitegroup.json5", en: "there is no sitegroup.json5 in the directory"))
      }
      lines.append(
        keys
          ? Words(zh: "下次同步时与邻居核对并补回缺失的记录", en: "the next sync brings back what is missing")
          : Words(
            zh: "没有密钥：在上级执行 site rekey \(code)，再用新令牌 enrol",
            en: "there are no keys: site rekey \(code) at the upstream, then enrol with its token"))
      return lines.map { TextTable.line($0[language]) }.joined(separator: "\n")
    }
  }

  static let spec = OperationSpec(
    "restore", zh: "从备份恢复节点，守护进程须先停止",
    en: "restores a node from a backup; its daemon must be stopped", changes: true, place: .shell,
    [
      .positional("file", "FILE", zh: "备份文件", en: "the backup", content: .inputFile),
      .option("keys", "FILE", zh: "备份的密钥文件", en: "the keys' backup", content: .inputFile),
      .flag("force", zh: "替换目录中现有的数据", en: "replaces the store that is there"),
    ])

  private let file: String
  private let keys: String?
  private let replaces: Bool

  init(_ arguments: Arguments) throws {
    file = try arguments.text("file")
    keys = arguments.optionalText("keys")
    replaces = arguments.flag("force")
  }

  func run(in context: ShellContext) throws -> Output {
    let directory = NodeDirectory(path: context.globals.directory)
    try InputFile.check(file)
    if directory.isNode, !replaces { throw Refusal(.wouldReplace, directory.path) }
    let vault = KeyFileVault(directory: directory.path)
    if keys != nil, !replaces, access(vault.path, F_OK) == 0 {
      throw Refusal(.fileExists, vault.path)
    }
    let secrets = try keys.map { try KeyFileVault.read($0) }
    let isNew = try directory.make()
    let hadLock = access(directory.lockPath, F_OK) == 0
    do {
      return try restore(directory, vault, secrets, context.globals)
    } catch {
      if isNew { directory.unmake() } else if !hadLock { unlink(directory.lockPath) }
      throw error
    }
  }

  private func restore(
    _ directory: NodeDirectory, _ vault: KeyFileVault, _ secrets: KeyFile?,
    _ globals: GlobalOptions
  ) throws -> Output {
    guard let lock = try DirectoryLock.take(directory) else {
      throw Refusal(.storeBusy, directory.path)
    }
    defer { withExtendedLifetime(lock) {} }
    let stage = RestoreStage(directory)
    defer { stage.clear() }
    try stage.permit(globals.operatorName)
    let backup = try stage.prepare(file, by: globals.operatorName)
    if let present = stage.presentCode, present != backup.code {
      throw Refusal(.otherSite, backup.code, present)
    }
    let isReplacing = directory.isNode
    if !globals.dryRun {
      if let secrets { try vault.save(secrets) }
      try stage.moveIn()
    }
    return Output(
      code: backup.code, directory: directory.path, records: backup.records,
      replaced: isReplacing ? RestoreStage.replacedName : nil,
      keys: secrets != nil || access(vault.path, F_OK) == 0,
      configured: access(directory.configurationPath, F_OK) == 0)
  }
}
