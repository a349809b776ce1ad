import Replication
import Storage

extension OperationTable {
  static let keys: [any Operation.Type] = [KeyRotate.self]
}

/// Another key for the link with the upstream, before the present one is old.
struct KeyRotate: Operation {
  static let spec = OperationSpec(
    "key", "rotate", zh: "与上级协商新密钥；旧密钥再有效十分钟后失效",
    en: "agrees on a new key with the upstream; the old one holds for ten minutes more",
    changes: true, [])

  struct Output: Answer {
    let code: String
    let upstream: String

    func text(_ language: Language) -> String {
      Words(
        zh: "站点 \(code) 与 \(upstream) 之间已启用新密钥",
        en: "\(code) and \(upstream) have a new key"
      )[language]
    }
  }

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    let node = context.node
    guard let known = node.keys.upstream?.site else { throw Refusal(.notEnrolled, node.site.text) }
    let upstream = context.dryRun ? known : try node.rotateKey(by: context.act)
    return Output(code: node.site.text, upstream: upstream.text)
  }
}
