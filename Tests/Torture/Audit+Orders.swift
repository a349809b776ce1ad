import SiteGroup

/// Columns, mandates, submissions and mappings against the ledger.
extension Audit {
  mutating func checkColumns(of site: Site) throws {
    for column in site.columns {
      let ids = try contents(of: column, reader(site))
      if Set(ids).count != ids.count {
        findings.duplicate.append("an item stands twice in \(site.code):\(column)")
      }
    }
  }

  private func contents(of column: String, _ reader: LocalReader) throws -> [String] {
    try reader.read(Answers.Items.self, "item/list", #"{"column":"\#(column)"}"#).items.map(\.id)
  }

  // MARK: mandates

  mutating func checkMandates(of site: Site) throws {
    let reader = reader(site)
    let rows = try reader.read(Answers.Mandates.self, "repost/list", #"{"all":true}"#).mandates
      .filter { $0.site == site.code }
    var seen: [Int: String] = [:]
    for row in rows {
      findings.mandatesCount += 1
      guard let issued = Timestamp.parse(row.issuedAt, offsetMinutes: 480),
        let due = Timestamp.parse(row.dueAt, offsetMinutes: 480),
        let mandate = book.mandates[Int((due - issued) / 60_000)], mandate.site == site.code
      else {
        findings.phantom.append("the mandate \(row.id) of \(site.code)")
        continue
      }
      let number = Int((due - issued) / 60_000)
      if let other = seen[number] {
        findings.duplicate.append("mandates \(other) and \(row.id) of one call")
      }
      seen[number] = row.id
      let state = row.state == "lifted" ? MandateState.lifted : .issued
      if !mandate.belief.possible.contains(state) {
        findings.lost.append("the mandate \(row.id) is \(state), may be \(mandate.belief.possible)")
      }
      if mandate.belief.possible == [.issued] { try checkReach(row, mandate, reader) }
    }
    for (number, mandate) in book.mandates.sorted(by: { $0.key < $1.key })
    where mandate.site == site.code && seen[number] == nil {
      if !mandate.belief.possible.contains(.none) {
        findings.lost.append("the mandate \(mandate.id ?? "") of \(site.code)")
      }
    }
  }

  /// An order that stands, of an item that shows, has been fulfilled everywhere.
  private mutating func checkReach(
    _ row: Answers.Mandates.Row, _ mandate: LedgerBook.Mandate, _ reader: LocalReader
  ) throws {
    guard let item = shown[mandate.token], item.state == "published", item.holders.isEmpty,
      item.withdrawnBy.isEmpty
    else { return }
    let sites = try reader.read(Answers.Mandate.self, "repost/show", #"{"mandate":"\#(row.id)"}"#)
      .sites
    if sites.map(\.code).sorted() != mandate.to {
      findings.lost.append("the mandate \(row.id) selects \(sites.map(\.code))")
    }
    for site in sites where site.state != "reposted" {
      findings.lost.append("the mandate \(row.id) at \(site.code): \(site.state) \(site.reason)")
    }
    for site in Site.all where mandate.to.contains(site.code) {
      let copy = try self.reader(site).read(
        Answers.Item.self, "item/show", #"{"item":"\#(row.item)"}"#)
      let isThere = copy.placements.contains {
        $0.site == site.code && $0.visible && $0.causes.contains { $0.id == row.id }
      }
      if !isThere { findings.lost.append("the repost of \(row.id) does not show at \(site.code)") }
    }
  }

  // MARK: submissions

  mutating func checkOffers() throws {
    for site in Site.all where site.kind == "county" || site.columns.contains(Site.offers) {
      let rows = try reader(site).read(Answers.Offers.self, "review/list").submissions
      var counts: [String: Int] = [:]
      for row in rows {
        findings.offersCount += 1
        let token = held[site.code]?.first { $0.value.id == row.item }?.key ?? ""
        counts[token, default: 0] += 1
        if let told = book.offers[row.id] {
          let state = OfferState(rawValue: row.state)
          if told.token != token || !told.belief.possible.contains(where: { $0 == state }) {
            findings.lost.append("the submission \(row.id) is \(row.state) at \(site.code)")
          }
        } else if row.state != "offered" || (book.items[token]?.offers ?? 0) == 0 {
          findings.phantom.append("the submission \(row.id) at \(site.code)")
        }
      }
      for (token, count) in counts where count > book.items[token]?.offers ?? 0 {
        findings.duplicate.append("submissions of \(token): \(count)")
      }
      let ids = Set(rows.map(\.id))
      for (id, offer) in book.offers where !ids.contains(id) {
        let origin = book.items[offer.token]?.site ?? ""
        if origin == site.code || site.kind != "county" {
          findings.lost.append("the submission \(id) of \(offer.token) at \(site.code)")
        }
      }
    }
  }

  // MARK: mappings

  mutating func checkRules(of site: Site) throws {
    let reader = reader(site)
    let rows = try reader.read(Answers.Rules.self, "map/list", #"{"all":true}"#).rules
    for rule in site.below.isEmpty ? [] : Worker.rules(of: site) {
      let row = rows.first { row in
        row.path.utf8.elementsEqual(rule.to.utf8) && row.from.utf8.elementsEqual(rule.from.utf8)
      }
      let belief = book.rules[rule] ?? Belief(false)
      if !belief.possible.contains(row?.live ?? false) {
        findings.lost.append("the mapping to \(site.code):\(rule.to)")
      }
      let kind = site.isRoot ? "central" : "county"
      var wanted: Set<String> = []
      if row?.live == true {
        let path = rule.from.split(separator: ":").last.map(String.init) ?? ""
        for source in [site] + site.below where source.kind == kind {
          wanted.formUnion(try contents(of: "\(source.code):\(path)", reader))
        }
      }
      let found = Set(try contents(of: rule.to, reader))
      if found != wanted {
        findings.lost.append(
          "\(site.code):\(rule.to) holds \(found.count) items, its sources \(wanted.count)")
      }
    }
  }
}
