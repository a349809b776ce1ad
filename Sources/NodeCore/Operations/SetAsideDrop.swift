import Library
import Replication
import Storage

/// Gives up what was set aside. Of a push: this site's refused change goes, and the upstream's copy
/// takes its place. Of a pull: it is waited for no longer, until the upstream changes it.
struct SetAsideDrop: Operation {
  static let spec = OperationSpec(
    "set-aside", "drop", zh: "放弃被搁置的记录：撤销被上级拒绝的修改，或不再等待无法接收的记录",
    en: "gives up what was set aside: undoes a refused change, or waits no longer for a record",
    changes: true, [.positional("aside", "ID", zh: "标识", en: "its id")])

  struct Output: Answer {
    let id: String
    let key: String
    let direction: String
    /// Whether a change of this site was undone.
    let undone: Bool

    func text(_ language: Language) -> String {
      undone
        ? Words(
          zh: "已撤销本站对 \(key) 的修改，下次同步取回上级的版本",
          en: "undid this site's change of \(key); the next sync brings the upstream's copy"
        )[language]
        : Words(
          zh: "不再等待 \(key)，上级修改后会重新收到",
          en: "no longer waits for \(key); it comes again once the upstream changes it"
        )[language]
    }
  }

  private let aside: String

  init(_ arguments: Arguments) throws { aside = try arguments.text("aside") }

  func run(in context: OperationContext) throws -> Output {
    try context.change { transaction, _ in
      let (link, aside) = try transaction.aside(named: aside)
      guard aside.side == .mine else {
        throw Refusal(.notOwner, aside.key.description, link.peer.text)
      }
      let answer = AsideAnswer(aside, link, context)
      let isPush = aside.direction == .push
      if isPush {
        try undo(aside, link, in: transaction)
      } else {
        try transaction.disregardAside(link.id, aside)
      }
      return Output(
        id: answer.id, key: answer.key, direction: answer.direction, undone: isPush)
    }
  }

  /// Without the copy here the upstream's whole is taken as it is, with what this site wrote of it
  /// before; where the upstream has none, the record is gone.
  private func undo(_ aside: Aside, _ link: LinkState, in transaction: Transaction) throws {
    try transaction.clearAside(link.id, .mine, .push, aside.key)
    try transaction.forget(aside.key)
    try transaction.want(link.id, aside.key)
    try transaction.change(link.id) { $0.isRefilling = true }
  }
}
