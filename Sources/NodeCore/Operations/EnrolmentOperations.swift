import HTTPCore
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let enrolment: [any Operation.Type] = [SiteToken.self, SiteRekey.self, Enrol.self]
}

/// A single-use token with which a site below enrols.
struct SiteToken: Operation {
  static let spec = OperationSpec(
    "site", "token", zh: "为下级站点签发一次性登记令牌",
    en: "issues a single-use token with which a site below enrols", changes: true,
    [.positional("code", "CODE", zh: "站点代码", en: "the site's code")])

  struct Output: Answer {
    let code: String
    let token: String
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
      case code, token
      case expiresAt = "expires_at"
    }

    func text(_ language: Language) -> String {
      Words(
        zh: "\(token)\n站点 \(code) 的登记令牌，只能使用一次，\(expiresAt) 前有效，只显示这一次",
        en: "\(token)\nthe token of \(code): good once, until \(expiresAt), and not shown again"
      )[language]
    }
  }

  let code: SiteCode

  init(_ arguments: Arguments) throws {
    guard let code = SiteCode(try arguments.text("code")) else {
      throw arguments.bad("code", expected: "360423")
    }
    self.code = code
  }

  func run(in context: OperationContext) throws -> Output {
    let (token, expiresAt) =
      context.dryRun
      ? ("", context.node.ports.now() + Node.tokenMilliseconds)
      : try context.node.issueToken(for: code, by: context.act)
    return Output(
      code: code.text, token: token,
      expiresAt: Timestamp.format(
        expiresAt, offsetMinutes: context.node.settings.timeZoneOffsetMinutes))
  }
}

/// A token for a site whose server is replaced or whose key is known to others. Once it is
/// redeemed, the old key is good for nothing.
struct SiteRekey: Operation {
  static let spec = OperationSpec(
    "site", "rekey", zh: "下级更换服务器或密钥：签发新令牌，启用后旧密钥立即失效",
    en: "a token for a site on a new server: once it is redeemed the old key is void",
    changes: true,
    [
      .positional("code", "CODE", zh: "站点代码", en: "the site's code"),
      .flag(
        "now", zh: "旧密钥现在就失效，不等新令牌启用",
        en: "the old key is void now, before the token is redeemed"),
    ])

  struct Output: Answer {
    let code: String
    let token: String
    let expiresAt: String
    /// Whether the old key is void already.
    let fenced: Bool

    enum CodingKeys: String, CodingKey {
      case code, token, fenced
      case expiresAt = "expires_at"
    }

    func text(_ language: Language) -> String {
      let token = SiteToken.Output(code: code, token: token, expiresAt: expiresAt).text(language)
      let fence =
        fenced
        ? Words(zh: "旧密钥已失效", en: "the old key is void")
        : Words(zh: "新令牌启用时旧密钥失效", en: "the old key is void once the token is redeemed")
      return token + "\n" + fence[language]
    }
  }

  private let code: SiteCode
  private let isNow: Bool

  init(_ arguments: Arguments) throws {
    code = try SiteToken(arguments).code
    isNow = arguments.flag("now")
  }

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    guard let link = try node.store.read({ try $0.link(to: code) }), !link.isUpstream else {
      throw Refusal(.notBelow, code.text, node.site.text)
    }
    let (token, expiresAt) =
      context.dryRun
      ? ("", node.ports.now() + Node.tokenMilliseconds)
      : try node.rekey(code, isNow: isNow, by: context.act)
    return Output(
      code: code.text, token: token,
      expiresAt: Timestamp.format(
        expiresAt, offsetMinutes: node.settings.timeZoneOffsetMinutes), fenced: isNow)
  }
}

/// Redeems a token at the upstream: from then on the two nodes have a key of their own.
struct Enrol: Operation {
  static let spec = OperationSpec(
    "enrol", zh: "用令牌向上级登记本站点", en: "enrols this site at its upstream with a token",
    changes: true,
    [
      .option(
        "token", "TOKEN", zh: "上级签发的令牌（本机其他用户可在进程列表中看到，宜用 --token-file）",
        en: "the token that the upstream issued; others on this machine see it in the list of "
          + "processes: rather use --token-file"),
      .option(
        "token_file", "FILE", zh: "存放令牌的文件，- 为标准输入",
        en: "a file with the token, - for standard input", content: .inputFile),
    ])

  struct Output: Answer {
    let code: String
    let upstream: String
    let url: String

    func text(_ language: Language) -> String {
      Words(
        zh: "站点 \(code) 已在上级 \(upstream) 登记：\(url)",
        en: "the site \(code) is enrolled at \(upstream): \(url)"
      )[language]
    }
  }

  private let token: String?
  private let file: String?

  init(_ arguments: Arguments) throws {
    token = arguments.optionalText("token")
    file = arguments.optionalText("token_file")
    if token != nil && file != nil {
      throw Refusal(.conflictingOptions, "--token", "--token-file")
    }
    if token == nil && file == nil { throw Refusal(.missingArgument, "--token | --token-file") }
  }

  private static let tokenBytesMax = 1024

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    guard let url = node.settings.upstream else { throw Refusal(.noUpstream) }
    let text =
      try token ?? file.map { (path) throws(Refusal) in
        try InputFile.text(of: path, bytesMax: Enrol.tokenBytesMax)
      } ?? ""
    let upstream = context.dryRun ? "?" : try node.enrol(token: text, by: context.act).text
    return Output(code: node.site.text, upstream: upstream, url: url.description)
  }
}
