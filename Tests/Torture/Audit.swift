import Bytes
import FoundationEssentials

/// Holds what the nodes hold against the ledger. Runs once nothing moves any more.
struct Audit {
  let bench: Bench
  let book: LedgerBook
  var findings = Findings()
  /// Per site: the id of each token, and the digest of its record.
  private(set) var held: [String: [String: (id: String, digest: String)]] = [:]
  /// What `item show` says at the origin, by token.
  private(set) var shown: [String: Answers.Item] = [:]
  private var fileDigests: [Int: String] = [:]

  init(_ bench: Bench, _ ledger: Ledger) {
    self.bench = bench
    book = ledger.read { $0 }
  }

  func reader(_ site: Site) -> LocalReader { LocalReader(directory: bench.directory(of: site)) }

  mutating func run() throws {
    for site in Site.all { try readItems(of: site) }
    checkItems()
    for site in Site.all { try checkColumns(of: site) }
    for site in Site.all where !site.below.isEmpty { try checkMandates(of: site) }
    try checkOffers()
    for site in Site.all { try checkRules(of: site) }
    for site in Site.all { checkLink(of: site) }
    try checkFingerprints()
  }

  // MARK: items

  private mutating func readItems(of site: Site) throws {
    let reader = reader(site)
    var copies: [String: (id: String, digest: String)] = [:]
    var ids: Set<String> = []
    for row in try reader.read(Answers.Items.self, "item/list", #"{"all":true}"#).items {
      if !ids.insert(row.id).inserted {
        findings.duplicate.append("\(row.id) twice at \(site.code)")
      }
      guard let (token, version) = ItemText.parse(row.title), let item = book.items[token],
        item.site == row.origin, version >= 1, version <= item.versions
      else {
        findings.phantom.append("“\(row.title)” of \(row.origin) at \(site.code)")
        continue
      }
      if let other = copies[token] {
        findings.duplicate.append("\(token) as \(other.id) and \(row.id) at \(site.code)")
        continue
      }
      let detail = try reader.read(Answers.Item.self, "item/show", #"{"item":"\#(row.id)"}"#)
      copies[token] = (row.id, detail.digest ?? "")
      findings.copiesCount += 1
      checkAttachments(detail, token, site)
      if site.code == item.site { shown[token] = detail }
      checkLevel(detail, token, site)
    }
    held[site.code] = copies
  }

  private mutating func checkAttachments(_ item: Answers.Item, _ token: String, _ site: Site) {
    for attachment in item.attachments {
      findings.filesCount += 1
      let path =
        "\(bench.directory(of: site))/blobs/\(attachment.digest.prefix(2))/\(attachment.digest)"
      if attachment.state != "present" {
        findings.apart.append("\(token) at \(site.code): its attachment is \(attachment.state)")
      } else if Audit.digest(ofFile: path) != attachment.digest {
        findings.lost.append("\(token) at \(site.code): the octets of its attachment")
      }
    }
  }

  private mutating func checkItems() {
    let tokens = book.items.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for token in tokens {
      guard let item = book.items[token] else { continue }
      findings.itemsCount += 1
      guard let shown = shown[token], let own = held[item.site]?[token] else {
        if !item.belief.possible.contains(.absent) {
          findings.lost.append("\(token) is not at \(item.site)")
        }
        for (site, copies) in held.sorted(by: { $0.key < $1.key }) where copies[token] != nil {
          findings.phantom.append("\(token) at \(site), not at \(item.site)")
        }
        continue
      }
      if let id = item.id, id != own.id {
        findings.lost.append("\(token): told as \(id), there as \(own.id)")
      }
      compare(shown, item)
      compareCopies(item, own)
    }
  }

  /// The copy at the origin against what its clients were told.
  private mutating func compare(_ shown: Answers.Item, _ item: LedgerBook.Item) {
    let version = ItemText.parse(shown.title)?.version ?? 0
    if !shown.body.utf8.elementsEqual(ItemText.body(item.token, version).utf8) {
      findings.phantom.append("\(item.token): a body that its title \(version) does not have")
    }
    var file = 0
    if let digest = shown.attachments.first?.digest {
      file = item.attachments.sorted().first { digest == self.digest(ofAttachment: $0) } ?? -1
    }
    if file < 0 || shown.attachments.count > 1 {
      findings.phantom.append("\(item.token): an attachment that nobody gave it")
    }
    let notices = shown.placements.first {
      $0.site == item.site && $0.path.utf8.elementsEqual(Site.notices.utf8)
    }
    let state = ItemState(
      exists: true, version: version, attachment: file,
      isWithdrawn: shown.withdrawnBy.contains(item.site), epoch: shown.epoch,
      isNotice: notices?.causes.contains { $0.kind == "manual" && $0.site == item.site } ?? false)
    if !item.belief.possible.contains(state) {
      findings.lost.append("\(item.token) is \(state), may be \(item.belief.possible)")
    }
  }

  /// Every site above has it, and all copies are alike.
  private mutating func compareCopies(
    _ item: LedgerBook.Item, _ own: (id: String, digest: String)
  ) {
    for site in Site.all where site.code != item.site {
      let copy = held[site.code]?[item.token]
      if copy == nil, site.below.contains(where: { $0.code == item.site }) {
        findings.lost.append("\(item.token) has not come to \(site.code)")
      }
      if let copy, copy.id != own.id || copy.digest != own.digest {
        findings.apart.append("\(item.token) differs between \(item.site) and \(site.code)")
      }
    }
  }

  /// What this site itself wrote about an item of a site below.
  private mutating func checkLevel(_ shown: Answers.Item, _ token: String, _ site: Site) {
    guard let item = book.items[token], item.site != site.code,
      site.below.contains(where: { $0.code == item.site })
    else { return }
    let notices = shown.placements.first {
      $0.site == site.code && $0.path.utf8.elementsEqual(Site.notices.utf8)
    }
    let state = LevelState(
      isHeld: shown.holders.contains(site.code),
      isWithdrawn: shown.withdrawnBy.contains(site.code),
      isNotice: notices?.causes.contains { $0.kind == "manual" && $0.site == site.code } ?? false)
    let belief = book.levels[.init(token: token, site: site.code)] ?? Belief(LevelState())
    if !belief.possible.contains(state) {
      findings.lost.append("\(token) at \(site.code) is \(state), may be \(belief.possible)")
    }
  }

  // MARK: files

  private mutating func digest(ofAttachment number: Int) -> String {
    if let known = fileDigests[number] { return known }
    let digest = Audit.digest(ofFile: bench.attachment(number))
    fileDigests[number] = digest
    return digest
  }

  private static func digest(ofFile path: String) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "" }
    var sha = SHA256()
    sha.update(Array(data))
    return sha.finish().description
  }
}
