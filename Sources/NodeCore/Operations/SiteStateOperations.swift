import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let siteStates: [any Operation.Type] = [
    SiteSuspend.self, SiteResume.self, SiteRetire.self,
  ]
}

/// What became of a child's standing.
package struct SiteStateAnswer: Answer {
  let code: String
  let state: String
  let changed: Bool

  package func text(_ language: Language) -> String {
    let name = SiteAnswer.stateName(state, language)
    let words =
      changed
      ? Words(zh: "站点 \(code) 现在的状态：\(name)", en: "the site \(code) is \(name) now")
      : Words(zh: "站点 \(code) 的状态没有变化：\(name)", en: "the site \(code) was \(name) before")
    return words[language]
  }
}

/// A child is not heard until it is resumed; its records stay. Acts at once, also on what waits.
struct SiteSuspend: Operation {
  static let spec = OperationSpec(
    "site", "suspend", zh: "暂停下级站点：立即拒绝它的一切请求，内容保留",
    en: "suspends a site below: whatever it asks is refused from now on, its content stays",
    changes: true, [.positional("code", "CODE", zh: "站点代码", en: "the site's code")])

  private let code: SiteCode

  init(_ arguments: Arguments) throws { code = try SiteToken(arguments).code }

  func run(in context: OperationContext) throws -> SiteStateAnswer {
    try context.setState(of: code, to: .suspended)
  }
}

struct SiteResume: Operation {
  static let spec = OperationSpec(
    "site", "resume", zh: "恢复已暂停的下级站点", en: "hears a suspended site again",
    changes: true, [.positional("code", "CODE", zh: "站点代码", en: "the site's code")])

  private let code: SiteCode

  init(_ arguments: Arguments) throws { code = try SiteToken(arguments).code }

  func run(in context: OperationContext) throws -> SiteStateAnswer {
    try context.setState(of: code, to: .enrolled)
  }
}

/// A site that has ceased: its key and tokens are void for good.
struct SiteRetire: Operation {
  static let spec = OperationSpec(
    "site", "retire", zh: "停用下级站点：密钥和令牌永久失效，内容保留",
    en: "retires a site below: its key and tokens are void for good, its content stays",
    changes: true, [.positional("code", "CODE", zh: "站点代码", en: "the site's code")])

  private let code: SiteCode

  init(_ arguments: Arguments) throws { code = try SiteToken(arguments).code }

  func run(in context: OperationContext) throws -> SiteStateAnswer {
    try context.setState(of: code, to: .retired)
  }
}

extension OperationContext {
  /// The registry first, so that nobody is heard in between; then the secrets.
  fileprivate func setState(
    of code: SiteCode, to state: SiteRecord.State
  ) throws -> SiteStateAnswer {
    let isChanged = try change { transaction, library in
      guard code != node.site, let site = library.directory.tree.sites[code] else {
        throw Refusal(.notBelow, code.text, node.site.text)
      }
      guard site.parent == node.site else {
        throw Refusal(.notOwner, code.text, site.parent?.text ?? "")
      }
      // Who has no key any more comes back by a token.
      if site.state == .retired, state != .retired { throw Refusal(.siteRetired, code.text) }
      if site.state == .expected, state == .enrolled {
        throw Refusal(.notEnrolled, code.text)
      }
      return try transaction.write(
        SiteRecord.register(code, name: nil, kind: nil, state: state, by: node.site))
    }
    if !dryRun, state != .enrolled { try node.revoke(code, withKey: state == .retired) }
    return SiteStateAnswer(code: code.text, state: state.rawValue, changed: isChanged)
  }
}
