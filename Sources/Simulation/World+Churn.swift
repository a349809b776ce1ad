import NodeCore
import Replication
import SiteGroup
import Storage

/// What changes what a link carries, while it carries it.
extension World {
  /// A column goes whole over a child's link, and does not, and does, between its messages.
  func flicker(_ child: SiteCode) throws {
    guard child != shape.root else { return }
    let parent = upstream(of: child)
    let column = RecordKey.column(parent.code, path: dice.pick(Editor.paths) ?? "news")
    let isFirst = try site(child).undisturbed {
      try site(child).node.store.read { try $0.upstreamLink()?.lastSuccessAt == nil }
    }
    happenings[isFirst ? .flickersInFirstLoad : .flickers] += 1
    say("a scope of \(child) flickers")
    for turn in 0..<dice.within(3...5) {
      let grant = turn % 2 == 0 ? ColumnGrant.contribute : .none
      try surviving(parent.code) {
        try parent.node.store.write { transaction in
          var edit = RecordEdit(column)
          edit.set(ColumnRecord.Cell.grant(child), grant.rawValue)
          try transaction.write(edit)
        }
      }
      try goOn(child, messages: dice.within(1...5))
    }
  }

  /// Orders and rules change between the messages of a session that carries them.
  func changeOrders(_ code: SiteCode) throws {
    let children = shape.children(of: code).filter { sites[$0] != nil }
    guard let child = dice.pick(children) else { return }
    say("orders of \(code) change")
    for _ in 0..<dice.within(2...4) {
      let isMandate = dice.chance(perMille: 600)
      try edit(at: isMandate ? code : dice.pick([code, child]) ?? code) { editor, dice in
        if isMandate { try editor.mandate(&dice) } else { try editor.map(&dice) }
      }
      if exchanges[child] != nil {
        happenings[isMandate ? .mandatesUnderWay : .mappingsUnderWay] += 1
      }
      try goOn(child, messages: dice.within(1...4))
    }
  }
}
