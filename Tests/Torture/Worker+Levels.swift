import Foundation
import Simulation

/// What a site above does with items below, and what sites below ask of it.
extension Worker {
  /// An item of a site below, or of this one, that clients know.
  private mutating func itemOfGroup(below: Bool) -> LedgerBook.Item? {
    let codes = below ? site.below.map(\.code) : [site.code] + site.below.map(\.code)
    let now = Moment.now()
    let tokens = ledger.read { book in
      book.items.values.filter { codes.contains($0.site) && $0.id != nil }
        .map(\.token).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    for _ in 0..<5 {
      guard let token = dice.pick(tokens) else { return nil }
      let (item, belief) = ledger.read { book in
        (book.items[token], book.levels[.init(token: token, site: site.code)])
      }
      if (belief?.quietUntil ?? 0) < now { return item }
    }
    return nil
  }

  /// One worker of a site speaks for its level: two would not know of each other's calls.
  private var speaksForLevel: Bool { name.hasSuffix("w0") }

  private mutating func changeLevel(
    _ what: String, _ words: (String) -> [String], _ change: (LevelState) -> LevelState?
  ) {
    guard speaksForLevel, let item = itemOfGroup(below: true), let id = item.id else { return }
    let told = client.call(words(id))
    bench.tally.add("operations", what)
    ledger.note(told, level: .init(token: item.token, site: site.code), what, change)
  }

  mutating func holdOrRelease() {
    if dice.chance(perMille: 500) {
      changeLevel("item hold") {
        ["item", "hold", $0, "--reason", "核实"]
      } _: {
        LevelState(isHeld: true, isWithdrawn: $0.isWithdrawn, isNotice: $0.isNotice)
      }
    } else {
      changeLevel("item release") {
        ["item", "release", $0]
      } _: {
        LevelState(isHeld: false, isWithdrawn: $0.isWithdrawn, isNotice: $0.isNotice)
      }
    }
  }

  mutating func withdrawOrReissueBelow() {
    if dice.chance(perMille: 400) {
      changeLevel("item withdraw below") {
        ["item", "withdraw", $0, "--reason", "有误"]
      } _: {
        LevelState(isHeld: $0.isHeld, isWithdrawn: true, isNotice: $0.isNotice)
      }
    } else {
      changeLevel("item reissue below") {
        ["item", "reissue", $0]
      } _: {
        LevelState(isHeld: $0.isHeld, isWithdrawn: false, isNotice: $0.isNotice)
      }
    }
  }

  mutating func placeOrUnplaceBelow() {
    if dice.chance(perMille: 600) {
      changeLevel("place of below") {
        ["place", $0, Site.notices]
      } _: {
        LevelState(isHeld: $0.isHeld, isWithdrawn: $0.isWithdrawn, isNotice: true)
      }
    } else {
      changeLevel("unplace of below") {
        ["unplace", $0, Site.notices]
      } _: {
        LevelState(isHeld: $0.isHeld, isWithdrawn: $0.isWithdrawn, isNotice: false)
      }
    }
  }

  // MARK: mandates

  mutating func issue() {
    guard let item = itemOfGroup(below: false), let id = item.id else { return }
    dueNumber += 100
    let due = dueNumber
    let below = site.below
    // Its origin needs no order.
    let (to, codes) =
      dice.chance(perMille: 500)
      ? ("county", below.filter { $0.kind == "county" }.map(\.code))
      : ("all", below.map(\.code))
    ledger.write {
      $0.mandates[due] = .init(
        site: site.code, token: item.token, to: codes.filter { $0 != item.site }.sorted())
    }
    let told = client.call([
      "repost", "issue", id, "--to", to, "--column", Site.notices, "--due", "\(due)m",
    ])
    bench.tally.add("operations", "repost issue")
    if let answer = decode(IDAnswer.self, told) {
      ledger.write { $0.mandates[due]?.id = answer.id }
    }
    ledger.note(told, "repost issue \(due)") {
      $0.mandates[due]?.belief
    } set: {
      $0.mandates[due]?.belief = $1
    } change: {
      $0 == .none ? .issued : nil
    }
  }

  mutating func lift() {
    let now = Moment.now()
    let own = ledger.read { book in
      book.mandates.filter {
        $0.value.site == site.code && $0.value.id != nil && $0.value.belief.quietUntil < now
          && $0.key % 100 == dueNumber % 100
      }.keys.sorted()
    }
    guard let due = dice.pick(own), let id = ledger.read({ $0.mandates[due]?.id }) else { return }
    let told = client.call(["repost", "lift", id])
    bench.tally.add("operations", "repost lift")
    ledger.note(told, "repost lift \(due)") {
      $0.mandates[due]?.belief
    } set: {
      $0.mandates[due]?.belief = $1
    } change: {
      $0 == .none ? nil : .lifted
    }
  }

  // MARK: submissions

  mutating func offer() {
    guard let item = ownItem(), let id = item.id else { return }
    ledger.write { $0.items[item.token]?.offers += 1 }
    let told = client.call(["submit", id, "--to", Site.offers])
    bench.tally.add("operations", "submit")
    if let answer = decode(IDAnswer.self, told) {
      ledger.write { $0.offers[answer.id] = .init(token: item.token) }
    }
  }

  mutating func review() {
    let now = Moment.now()
    let open = ledger.read { book in
      book.offers.filter {
        $0.value.belief.quietUntil < now && $0.value.belief.possible == [.offered]
      }.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    guard speaksForLevel, site.columns.contains(Site.offers), let id = dice.pick(open) else {
      return
    }
    let verdict = dice.chance(perMille: 600) ? OfferState.adopted : .returned
    let words =
      verdict == .adopted
      ? ["review", "adopt", id] : ["review", "return", id, "--reason", "重复"]
    let told = client.call(words)
    bench.tally.add("operations", verdict == .adopted ? "review adopt" : "review return")
    ledger.note(told, "review \(id)") {
      $0.offers[id]?.belief
    } set: {
      $0.offers[id]?.belief = $1
    } change: {
      $0 == .offered ? verdict : nil
    }
  }

  // MARK: mappings

  static func rules(of site: Site) -> [LedgerBook.Rule] {
    let kind = site.isRoot ? "central" : "county"
    return [
      LedgerBook.Rule(site: site.code, from: "\(kind):\(Site.news)", to: Site.newsBelow),
      LedgerBook.Rule(site: site.code, from: "\(kind):\(Site.notices)", to: Site.noticesBelow),
    ]
  }

  mutating func mapOrUnmap() {
    guard speaksForLevel, let rule = dice.pick(Worker.rules(of: site)) else { return }
    let belief = ledger.read { $0.rules[rule] } ?? Belief(false)
    if belief.quietUntil >= Moment.now() { return }
    ledger.write { $0.rules[rule] = belief }
    let adds = belief.possible != [true] || dice.chance(perMille: 300)
    let told: Told
    if adds {
      told = client.call(["map", "add", "--from", rule.from, "--to", rule.to, "--existing"])
    } else {
      guard let id = ruleID(rule) else { return }
      told = client.call(["map", "remove", id])
    }
    bench.tally.add("operations", adds ? "map add" : "map remove")
    ledger.note(told, "map \(rule.to)") {
      $0.rules[rule]
    } set: {
      $0.rules[rule] = $1
    } change: { _ in
      adds
    }
  }

  private struct RuleList: Decodable {
    struct Rule: Decodable {
      let id: String
      let path: String
    }
    let rules: [Rule]
  }

  private mutating func ruleID(_ rule: LedgerBook.Rule) -> String? {
    let told = client.call(["map", "list"], killsWithin: nil)
    return decode(RuleList.self, told)?.rules.first {
      $0.path.utf8.elementsEqual(rule.to.utf8)
    }?.id
  }
}
