import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let operators: [any Operation.Type] = [
    OperatorAdd.self, OperatorSet.self, OperatorList.self, OperatorDisable.self,
    OperatorEnable.self, OperatorPassword.self, OperatorCheck.self,
  ]
}

/// An operator as lists and changes show it.
struct OperatorAnswer: Codable, Sendable {
  let name: String
  let realName: String
  let roles: [String]
  /// `enabled`, `disabled`, or `locked` after wrong passwords.
  let state: String
  let createdAt: String
  /// When the operator last changed something or signed in.
  @Nullable var lastUsedAt: String?

  enum CodingKeys: String, CodingKey {
    case name, roles, state
    case realName = "real_name"
    case createdAt = "created_at"
    case lastUsedAt = "last_used_at"
  }

  init(_ account: OperatorAccount, _ context: OperationContext) {
    name = account.name
    realName = account.realName
    roles = account.roles
    state =
      !account.isEnabled
      ? "disabled" : account.lock(at: context.node.ports.now()) == nil ? "enabled" : "locked"
    createdAt = context.text(of: account.createdAt)
    _lastUsedAt = Nullable(wrappedValue: account.lastUsedAt.map { context.text(of: $0) })
  }

  static func table(_ operators: [OperatorAnswer], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["名称", "姓名", "角色", "状态", "最近使用"])
      : TextTable(["name", "real name", "roles", "state", "last used"])
    for one in operators {
      table.add([
        one.name, one.realName, one.roles.map { roleName($0, language) }.joined(separator: " "),
        stateName(one.state, language), one.lastUsedAt ?? "",
      ])
    }
    return table.text
  }

  static func roleName(_ role: String, _ language: Language) -> String {
    guard language == .zh else { return role }
    return switch OperatorRole(rawValue: role) {
    case .editor: "编辑"
    case .reviewer: "审核"
    case .publisher: "发布"
    case .administrator: "管理"
    case .auditor: "审计"
    case nil: role
    }
  }

  private static func stateName(_ state: String, _ language: Language) -> String {
    let names = ["enabled": "启用", "disabled": "停用", "locked": "锁定"]
    return language == .zh ? names[state] ?? state : state
  }
}

/// An operator after a change.
struct OperatorChange: Answer {
  let `operator`: OperatorAnswer
  let changed: Bool

  func text(_ language: Language) -> String {
    (changed ? "" : language == .zh ? "未变\n" : "unchanged\n")
      + OperatorAnswer.table([`operator`], language)
  }
}

extension Parameter {
  fileprivate static let operatorName = Parameter.positional(
    "name", "NAME", zh: "操作员名称", en: "the operator's name")
  fileprivate static func roles(isRequired: Bool) -> Parameter {
    .option(
      "roles", "ROLE,…",
      zh: "角色，逗号分隔：editor 编辑、reviewer 审核、publisher 发布、administrator 管理、auditor 审计",
      en: "roles, with commas: editor, reviewer, publisher, administrator, auditor",
      isRequired: isRequired)
  }
  fileprivate static func realName(isRequired: Bool) -> Parameter {
    .option("real_name", "NAME", zh: "真实姓名", en: "the person's name", isRequired: isRequired)
  }
  static let passwordFile = Parameter.option(
    "file", "FILE", zh: "存放密码的文件，- 为标准输入", en: "a file with the password, - for standard input",
    isRequired: true, content: .inputFile)
}

extension Arguments {
  /// Names of roles in their order, each once; nil where none were given.
  fileprivate func roles() throws(Refusal) -> [String]? {
    guard let text = optionalText("roles") else { return nil }
    var roles: Set<OperatorRole> = []
    for word in text.split(separator: ",") {
      guard let role = OperatorRole(rawValue: String(word)) else {
        throw bad("roles", expected: OperatorRole.allCases.map(\.rawValue).joined(separator: ","))
      }
      roles.insert(role)
    }
    if roles.isEmpty {
      throw bad("roles", expected: OperatorRole.allCases.map(\.rawValue).joined(separator: ","))
    }
    return roles.sorted().map(\.rawValue)
  }

  fileprivate func realName() throws(Refusal) -> String? {
    guard let name = optionalText("real_name") else { return nil }
    guard (1...OperatorAdd.realNameOctetsMax).contains(name.utf8.count),
      TextTable.line(name).utf8.elementsEqual(name.utf8)
    else { throw bad("real_name", expected: "1–\(OperatorAdd.realNameOctetsMax)") }
    return name
  }

  fileprivate func operatorName() throws(Refusal) -> String {
    let name = try text("name")
    guard OperatorName(name) != nil else {
      throw bad("name", expected: "1–\(OperatorName.octetsMax): a–z 0–9 . _ - @")
    }
    return name
  }
}

struct OperatorAdd: Operation {
  static let spec = OperationSpec(
    "operator", "add", zh: "新增操作员；从第一个起，每条命令都要由有权的操作员执行",
    en: "adds an operator; from the first on, every command needs one with the role",
    changes: true, [.operatorName, .realName(isRequired: true), .roles(isRequired: true)])

  static let realNameOctetsMax = 120

  private let name: String
  private let realName: String
  private let roles: [String]

  init(_ arguments: Arguments) throws {
    name = try arguments.operatorName()
    realName = try arguments.realName() ?? ""
    roles = try arguments.roles() ?? []
  }

  func run(in context: OperationContext) throws -> OperatorChange {
    try context.change { transaction, _ in
      if try transaction.operatorAccount(name) != nil { throw Refusal(.operatorExists, name) }
      let administrator = OperatorRole.administrator.rawValue
      if try !transaction.hasOperators(), !roles.contains(administrator) {
        throw Refusal(.firstOperator, name, administrator)
      }
      context.describe("\(name): \(roles.joined(separator: ","))", in: transaction)
      let account = OperatorAccount(
        name: name, realName: realName, roles: roles, createdAt: transaction.now)
      try transaction.save(account)
      return OperatorChange(operator: OperatorAnswer(account, context), changed: true)
    }
  }
}

struct OperatorSet: Operation {
  static let spec = OperationSpec(
    "operator", "set", zh: "修改操作员的姓名或角色", en: "changes an operator's name or roles",
    changes: true, [.operatorName, .realName(isRequired: false), .roles(isRequired: false)])

  private let arguments: Arguments

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    _ = (try arguments.realName(), try arguments.roles())
  }

  func run(in context: OperationContext) throws -> OperatorChange {
    let (realName, roles) = (try arguments.realName(), try arguments.roles())
    return try context.changeOperator(arguments.text("name")) { account in
      account.realName = realName ?? account.realName
      account.roles = roles ?? account.roles
    }
  }
}

struct OperatorList: Operation {
  static let spec = OperationSpec(
    "operator", "list", zh: "列出操作员", en: "lists the operators", changes: false)

  struct Output: Answer {
    let operators: [OperatorAnswer]
    func text(_ language: Language) -> String { OperatorAnswer.table(operators, language) }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      Output(operators: try snapshot.operators().map { OperatorAnswer($0, context) })
    }
  }
}

struct OperatorDisable: Operation {
  static let spec = OperationSpec(
    "operator", "disable", zh: "停用操作员", en: "disables an operator", changes: true,
    [.operatorName])

  private let name: String

  init(_ arguments: Arguments) throws { name = try arguments.text("name") }

  func run(in context: OperationContext) throws -> OperatorChange {
    try context.changeOperator(name) { $0.isEnabled = false }
  }
}

struct OperatorEnable: Operation {
  static let spec = OperationSpec(
    "operator", "enable", zh: "启用操作员，并解除锁定", en: "enables an operator, and ends a lock",
    changes: true, [.operatorName])

  private let name: String

  init(_ arguments: Arguments) throws { name = try arguments.text("name") }

  func run(in context: OperationContext) throws -> OperatorChange {
    try context.changeOperator(name) { account in
      account.isEnabled = true
      (account.failures, account.lockedUntil) = (0, nil)
    }
  }
}

extension OperationContext {
  /// Changes an account that is there; somebody has to stay who can administer.
  fileprivate func changeOperator(
    _ name: String, _ body: (inout OperatorAccount) -> Void
  ) throws -> OperatorChange {
    try change { transaction, _ in
      guard var account = try transaction.operatorAccount(name) else {
        throw Refusal(.unknownOperator, name)
      }
      let before = account
      body(&account)
      if before.administers, !account.administers,
        try !transaction.operators().contains(where: { $0.administers && $0.name != name })
      {
        throw Refusal(.lastAdministrator, name)
      }
      if account != before {
        describe("\(name): \(account.roles.joined(separator: ","))", in: transaction)
        try transaction.save(account)
      }
      return OperatorChange(
        operator: OperatorAnswer(account, self), changed: account != before)
    }
  }

  /// Says more of the subject than stands on the line.
  fileprivate func describe(_ subject: String, in transaction: Transaction) {
    guard var act, !dryRun else { return }
    act.subject = AuditEvent.clipped(subject)
    transaction.attribute(to: act)
  }
}

extension OperatorAccount {
  fileprivate var administers: Bool {
    isEnabled && roles.contains(OperatorRole.administrator.rawValue)
  }
}
