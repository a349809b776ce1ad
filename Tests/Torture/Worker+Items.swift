import Foundation
import SiteGroup
import Replication
import Simulation

/// What editors do with items of their own site.
extension Worker {
  mutating func add() {
    let token = newToken()
    let hasExternalID = dice.chance(perMille: 300)
    register(token, externalID: hasExternalID ? token : nil)
    let version = nextVersion(token)
    var words = [
      "item", "add", "--publish", "--column", Site.news, "--title", ItemText.title(token, version),
      "--body", ItemText.body(token, version), "--published-at", "2023-05-04T09:00:00+08:00",
    ]
    if hasExternalID { words += ["--external-id", token] }
    var file = 0
    if dice.chance(perMille: 120) {
      file = newFile(for: token)
      words += ["--attach", bench.attachment(file)]
    }
    let told = client.call(words)
    bench.tally.add("operations", file > 0 ? "item add --attach" : "item add")
    if let answer = decode(IDAnswer.self, told) {
      ledger.write { $0.items[token]?.id = answer.id }
    }
    ledger.note(told, item: token, "item add") { state in
      if state.exists { return nil }
      return ItemState(exists: true, version: version, attachment: file)
    }
    tokens.append(token)
  }

  private func register(_ token: String, externalID: String?) {
    var item = LedgerBook.Item(token: token, site: site.code, externalID: externalID)
    if let externalID, let code = SiteCode(site.code) {
      item.id = RecordKey.item(code, externalID: externalID).id.description
    }
    ledger.write { $0.items[token] = item }
  }

  mutating func edit() {
    guard let item = ownItem(), let id = item.id else { return }
    let version = nextVersion(item.token)
    var words = [
      "item", "edit", id, "--title", ItemText.title(item.token, version), "--body",
      ItemText.body(item.token, version),
    ]
    var file: Int?
    if dice.chance(perMille: 100) {
      let number = newFile(for: item.token)
      file = number
      words += ["--attach", bench.attachment(number)]
    }
    let told = client.call(words)
    bench.tally.add("operations", file != nil ? "item edit --attach" : "item edit")
    note(told, item, "item edit") { state in
      guard state.exists else { return nil }
      var after = state
      after.version = version
      after.attachment = file ?? state.attachment
      return after
    }
  }

  mutating func withdraw() {
    guard let item = ownItem(), let id = item.id else { return }
    let told = client.call(["item", "withdraw", id, "--reason", "有误"])
    bench.tally.add("operations", "item withdraw")
    note(told, item, "item withdraw") { state in
      guard state.exists else { return nil }
      var after = state
      after.isWithdrawn = true
      return after
    }
  }

  mutating func reissue() {
    // Those that are withdrawn, as far as there are some.
    var item = ownItem()
    for _ in 0..<8 where item?.belief.possible.contains(where: \.isWithdrawn) != true {
      item = ownItem()
    }
    guard let item, let id = item.id else { return }
    let told = client.call(["item", "reissue", id])
    bench.tally.add("operations", "item reissue")
    note(told, item, "item reissue") { state in
      guard state.exists else { return nil }
      var after = state
      if after.isWithdrawn { after.epoch += 1 }
      after.isWithdrawn = false
      return after
    }
  }

  mutating func placeOrUnplace() {
    guard let item = ownItem(), let id = item.id else { return }
    let places = dice.chance(perMille: 600)
    let told = client.call([places ? "place" : "unplace", id, Site.notices])
    bench.tally.add("operations", places ? "place" : "unplace")
    note(told, item, places ? "place" : "unplace") { state in
      guard state.exists else { return nil }
      var after = state
      after.isNotice = places
      return after
    }
  }

  /// Notes it, and what it means that an item is not there of which a client was told.
  private func note(
    _ told: Told, _ item: LedgerBook.Item, _ what: String, _ change: (ItemState) -> ItemState?
  ) {
    if case .refused("unknown_id") = told, !item.belief.possible.contains(.absent) {
      bench.tally.fail("\(what) \(item.token): an item that was accepted is not there")
    }
    ledger.note(told, item: item.token, what, change)
  }

  // MARK: imports

  private struct ImportAnswer: Decodable {
    struct Refused: Decodable {
      let line: Int
      let reason: String
    }
    let refused: [Refused]
  }

  private struct Line {
    let token: String
    let version: Int
    let attachment: Int
    let withdraws: Bool
  }

  mutating func importLines() {
    var lines: [Line] = []
    var used: Set<String> = []
    for _ in 0..<(2 + dice.below(12)) {
      guard let line = importLine(), used.insert(line.token).inserted else { continue }
      lines.append(line)
    }
    let path = "\(bench.options.directory)/\(name).jsonl"
    let text = lines.map { line in
      line.withdraws
        ? #"{"external_id":"\#(line.token)","state":"withdrawn"}"#
        : ItemText.line(
          line.token, line.version, column: Site.news,
          attachment: line.attachment > 0 ? bench.attachment(line.attachment) : nil)
    }.joined(separator: "\n")
    guard !lines.isEmpty, (try? Data(text.utf8).write(to: URL(fileURLWithPath: path))) != nil else {
      return
    }
    let told = client.call(["item", "import", path])
    bench.tally.add("operations", "item import")
    let refused = decode(ImportAnswer.self, told)?.refused ?? []
    for (index, line) in lines.enumerated() {
      let refusal = refused.first { $0.line == index + 1 }
      if let refusal { bench.tally.add("refusals", "line: \(refusal.reason)") }
      let outcome = refusal.map { Told.refused($0.reason) } ?? told
      bench.tally.add("operations", line.withdraws ? "line that withdraws" : "line")
      ledger.note(outcome, item: line.token, "import") { Worker.imported(line, over: $0) }
    }
  }

  /// A new item, or another version of one that an import or an external id made.
  private mutating func importLine() -> Line? {
    if dice.chance(perMille: 500), let item = ownItem(), item.externalID != nil {
      if dice.chance(perMille: 120) {
        return Line(token: item.token, version: 0, attachment: 0, withdraws: true)
      }
      return Line(
        token: item.token, version: nextVersion(item.token), attachment: 0, withdraws: false)
    }
    if tokens.count >= 450 { return nil }
    let token = newToken()
    register(token, externalID: token)
    tokens.append(token)
    let file = dice.chance(perMille: 50) ? newFile(for: token) : 0
    return Line(token: token, version: nextVersion(token), attachment: file, withdraws: false)
  }

  private static func imported(_ line: Line, over state: ItemState) -> ItemState? {
    var after = state
    if line.withdraws {
      guard state.exists else { return nil }
      after.isWithdrawn = true
      return after
    }
    after.exists = true
    after.version = line.version
    if line.attachment > 0 { after.attachment = line.attachment }
    // The line names the columns it stands in.
    after.isNotice = false
    return after
  }

  // MARK: the link

  mutating func synchronize() {
    if site.isRoot { return }
    var words = ["sync"]
    if dice.chance(perMille: 150) { words.append(dice.chance(perMille: 500) ? "--push" : "--pull") }
    let told = client.call(words, killsWithin: 500)
    bench.tally.add("operations", "sync")
    if case .done = told { bench.tally.add("sessions", "ended well") }
  }

  mutating func look() {
    let words =
      dice.pick([["status"], ["item", "list", "--limit", "20"], ["verify"]]) ?? ["status"]
    _ = client.call(words)
    bench.tally.add("operations", words[0] == "item" ? "item list" : words[0])
  }
}
