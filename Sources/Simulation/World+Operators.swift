import NodeCore
import Replication
import SiteGroup
import Storage

/// What operators do: keys, tokens, and the answer to `operator_needed`.
extension World {
  /// The key of a link is changed; its token may be redeemed late, after lost answers.
  func rekey(_ child: SiteCode) throws {
    guard child != shape.root else { return }
    let parent = upstream(of: child)
    let isNow = dice.chance(perMille: 500)
    try surviving(parent.code) {
      self.tokens[child] = try parent.node.rekey(child, isNow: isNow).token
      self.say("a new token for \(child)")
    }
    if !cutOff.contains(child) { try redeem(child) }
  }

  private func redeem(_ child: SiteCode) throws {
    guard let token = tokens[child] else { return }
    try calling(child) { node in
      _ = try node.enrol(token: token)
      self.tokens[child] = nil
      self.happenings[.keysChanged] += 1
      self.say("a new key for \(child)")
    }
  }

  /// A child that joined after the copy was made that took its parent's place is enrolled anew; and
  /// one whose token ran out before it was redeemed.
  private func admitAgain(_ child: SiteCode) throws {
    let upstream = upstream(of: child)
    let isKnown = try upstream.undisturbed {
      try upstream.node.store.read { snapshot in
        // Damage may have taken it from the registry.
        let record = RecordKey.site(child, registeredBy: upstream.code)
        return try snapshot.link(to: child) != nil && snapshot.record(record) != nil
      }
    }
    let ring = (site(child).node.keys.upstream?.key, upstream.node.keys.key(ofChild: child))
    if isKnown, ring.0 == ring.1 { return }
    if tokens[child] != nil {
      try redeem(child)
      if tokens[child] == nil { return }
    }
    say("\(upstream.code) enrols \(child) again")
    try surviving(upstream.code) {
      self.tokens[child] = try upstream.node.rekey(child, isNow: false).token
    }
    try redeem(child)
  }

  /// Answers `operator_needed`: rejoin on the store that is old, which people know.
  func operate() throws {
    for code in children where !cutOff.contains(code) { try admitAgain(code) }
    for code in present {
      let site = site(code)
      let needs = try site.undisturbed {
        try site.node.store.read { try $0.allLinks().compactMap(\.operatorNeeded) }
      }
      if restored.contains(code) { try surviving(code) { try self.makeColumns(at: code) } }
      if needs.isEmpty { continue }
      let known = ([code] + neighbours(of: code)).filter { restored.contains($0) }
      let isLacking = needs.contains("lacks")
      for old in isLacking || known.isEmpty ? [code] : known { try rejoin(old) }
    }
  }

  /// Columns that a lost server had not sent anywhere are made anew, once what is above has come.
  private func makeColumns(at code: SiteCode) throws {
    try site(code).node.store.write { transaction in
      if try transaction.allLinks().contains(where: \.isRefilling) { return }
      for path in Editor.paths {
        var edit = RecordEdit(.column(code, path: path))
        edit.set(ColumnRecord.Cell.path, path)
        try transaction.write(edit)
      }
    }
  }
}
