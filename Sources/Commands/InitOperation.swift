import Bytes
import Glibc
import HTTPCore
import Networking
import NodeCore
import Replication
import SiteGroup

/// `init`: makes a node in a directory that has none.
struct InitOperation: ShellOperation {
  struct Output: Answer {
    let code: String
    let name: String
    let kind: String
    let directory: String
    let upstream: String?
    let digest: String

    func text(_ language: Language) -> String {
      let kind = SiteAnswer.kindName(kind, language)
      return Words(
        zh: "已建立节点 \(code) \(TextTable.line(name))（\(kind)）：\(directory)",
        en: "made the node \(code) \(TextTable.line(name)) (\(kind)) in \(directory)"
      )[language]
    }
  }

  static let spec = OperationSpec(
    "init", zh: "新建节点", en: "makes a node", changes: true, place: .shell,
    [
      .option("code", "CODE", zh: "站点代码", en: "the site's code", isRequired: true),
      .option("name", "NAME", zh: "站点名称", en: "the site's name", isRequired: true),
      .option(
        "kind", "central|county|department", zh: "站点类型", en: "the kind of site",
        isRequired: true),
      .option("upstream", "URL", zh: "上级节点的网址", en: "the URL of the upstream"),
      .option(
        "digest", "sha-256|sm3", zh: "摘要算法，只由树根选定（默认 sha-256）",
        en: "the digest of the whole tree, chosen at its root (sha-256 if not given)"),
    ])

  private let code: SiteCode
  private let name: String
  private let kind: SiteKind
  private let upstream: BaseURL?
  private let algorithm: DigestAlgorithm

  init(_ arguments: Arguments) throws {
    guard let code = SiteCode(try arguments.text("code")) else {
      throw arguments.bad("code", expected: "360423")
    }
    self.code = code
    name = try arguments.text("name")
    guard (1...nameBytesMax).contains(name.utf8.count), TextTable.line(name) == name else {
      throw arguments.bad("name", expected: "1–\(nameBytesMax)")
    }
    let kinds = SiteKind.allCases.map(\.rawValue)
    guard let kind = try arguments.choice("kind", of: kinds).flatMap(SiteKind.init) else {
      throw Refusal(.missingArgument, "--kind")
    }
    self.kind = kind
    upstream = try arguments.optionalText("upstream").map { (text) throws(Refusal) in
      try InitOperation.upstream(text)
    }
    let digest = try arguments.choice("digest", of: DigestAlgorithm.allCases.map(\.name))
    algorithm = digest.flatMap { DigestAlgorithm(name: $0) } ?? .sha256
  }

  private let nameBytesMax = 200

  private static func upstream(_ text: String) throws(Refusal) -> BaseURL {
    let url: BaseURL
    do {
      url = try BaseURL(text)
    } catch {
      throw Refusal(.badURL, text)
    }
    let helper = SecureHelper(path: SecureHelper.installedPath)
    if url.needsTLS, !helper.isInstalled { throw Refusal(.needsTLS, text, helper.path) }
    return url
  }

  func run(in context: ShellContext) throws -> Output {
    let directory = NodeDirectory(path: context.globals.directory)
    if directory.isNode { throw Refusal(.nodeExists, directory.path) }
    let answer = Output(
      code: code.text, name: name, kind: kind.rawValue, directory: directory.path,
      upstream: upstream?.description, digest: algorithm.name)
    if context.globals.dryRun { return answer }
    let isNew = try directory.make()
    guard let lock = try DirectoryLock.take(directory) else {
      throw Refusal(.storeBusy, directory.path)
    }
    defer { withExtendedLifetime(lock) {} }
    if directory.isNode { throw Refusal(.nodeExists, directory.path) }
    let isConfigured = access(directory.configurationPath, F_OK) == 0
    let stage = StoreStage(directory, name: "init.new")
    defer { stage.clear() }
    do {
      try stage.begin()
      if !isConfigured { try writeConfiguration(directory) }
      let founding = NodeFounding(
        code: code, name: name, kind: kind, algorithm: algorithm,
        isRoot: kind == .central && upstream == nil)
      try Node.found(
        founding, directory: stage.folder, ports: SystemPorts.store,
        by: context.globals.operatorName)
      try stage.moveIn(keepingOldAs: RestoreStage.replacedName)
    } catch {
      // Nothing half done: what this call made goes again.
      stage.clear()
      if !isConfigured { unlink(directory.configurationPath) }
      unlink(directory.lockPath)
      if isNew { rmdir(directory.path) }
      throw error
    }
    return answer
  }

  private func writeConfiguration(_ directory: NodeDirectory) throws(Refusal) {
    let text = Configuration.template(upstream: upstream?.description)
    let path = directory.configurationPath
    guard let file = fopen(path, "wx") else {
      throw Refusal(.ioError, path, String(cString: strerror(errno)))
    }
    let written = text.withCString { fputs($0, file) } >= 0
    guard fclose(file) == 0, written else {
      throw Refusal(.ioError, path, String(cString: strerror(errno)))
    }
  }
}

extension Configuration {
  /// A first configuration file: every key, as it is by default, in comments.
  static func template(upstream: String?) -> String {
    let upstreamLine = upstream.map { "  upstream: \"\($0)\"," } ?? "  // upstream: \"http://…\","
    return """
      // sitegroup: 节点配置 / the node's configuration (JSON5)
      {
        // 监听地址 / where `serve` listens
        // listen: "127.0.0.1:8700",

        // 上级节点 / the upstream
      \(upstreamLine)

        // 同步计划：间隔或 cron 表达式 / when to sync: an interval, or five cron fields
        // schedule: "15m",
        // jitter: "30s",

        // 上级有更新时立即同步 / sync as soon as the upstream has something
        // watch: true,

        // time_zone: "+08:00",

        // 转载任务：自动或手动 / mandates: placed at once, or by `repost run`
        // repost: "auto",

        // 信息须由编辑以外的人发布 / items are published by others than their editors
        // review: "none",
      }

      """
  }
}
