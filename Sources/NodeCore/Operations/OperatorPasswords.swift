import Replication
import SiteGroup
import Storage

/// Sets a password. It comes from a file or standard input: a command line can be seen by others.
struct OperatorPassword: Operation {
  static let spec = OperationSpec(
    "operator", "password", zh: "设置操作员的密码（至少 12 个字符，三类字符）",
    en: "sets an operator's password: 12 characters of three sorts or more", changes: true,
    [
      .positional("name", "NAME", zh: "操作员名称", en: "the operator's name"),
      .passwordFile,
    ])

  struct Output: Answer {
    let name: String

    func text(_ language: Language) -> String {
      language == .zh ? "已设置 \(name) 的密码" : "the password of \(name) is set"
    }
  }

  private let name: String
  private let file: String

  init(_ arguments: Arguments) throws {
    name = try arguments.text("name")
    file = try arguments.text("file")
  }

  func run(in context: OperationContext) throws -> Output {
    let password = try OperatorPassword.read(file)
    try context.change { transaction, _ in
      if !name.utf8.elementsEqual(context.operatorName.utf8) {
        try context.require(OperatorRights.passwordOfOther, in: transaction)
      }
      guard var account = try transaction.operatorAccount(name) else {
        throw Refusal(.unknownOperator, name)
      }
      do throws(PasswordRules.Fault) {
        try PasswordRules.check(password, of: name)
      } catch {
        throw Refusal(.weakPassword, name, error.rawValue)
      }
      // Told before the key file has it: a password that nobody knows of must not be.
      if let act = context.act { transaction.attribute(to: act, .always) }
      (account.failures, account.lockedUntil) = (0, nil)
      try transaction.save(account)
    }
    if !context.dryRun { try context.node.setPassword(password, of: name) }
    return Output(name: name)
  }

  private static let fileBytesMax = 1024

  /// The first line of the file.
  static func read(_ path: String) throws(Refusal) -> String {
    let text = try InputFile.text(of: path, bytesMax: fileBytesMax)
    let line = text.utf8.prefix { $0 != 0x0A && $0 != 0x0D }
    return String(decoding: Array(line), as: UTF8.self)
  }
}

/// Whether a password is the operator's, as a sign-in finds it.
struct OperatorCheck: Operation {
  static let spec = OperationSpec(
    "operator", "check", zh: "核对操作员的密码（计入登录失败次数）",
    en: "checks an operator's password, as a sign-in does", changes: true,
    [
      .positional("name", "NAME", zh: "操作员名称", en: "the operator's name"),
      .passwordFile,
    ])

  struct Output: Answer {
    let name: String
    /// Null in a dry run: what counts no failures tells nothing.
    @Nullable var ok: Bool?

    func text(_ language: Language) -> String {
      ok == nil
        ? (language == .zh ? "未核对" : "not checked")
        : language == .zh ? "\(name) 的密码正确" : "the password of \(name) is right"
    }
  }

  private let name: String
  private let file: String

  init(_ arguments: Arguments) throws {
    name = try arguments.text("name")
    file = try arguments.text("file")
  }

  func run(in context: OperationContext) throws -> Output {
    let password = try OperatorPassword.read(file)
    if context.dryRun { return Output(name: name, ok: nil) }
    try context.node.signIn(name, password: password)
    return Output(name: name, ok: true)
  }
}
