import Replication

/// The sites that a mandate or mapping names.
package enum SiteSelection: Hashable, Sendable {
  case all
  case kind(SiteKind)
  case sites([SiteCode])

  /// `all`, a kind, or codes separated by commas.
  package init?(text: String) {
    if text == "all" {
      self = .all
    } else if let kind = SiteKind(rawValue: text) {
      self = .kind(kind)
    } else {
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let codes = parts.compactMap { SiteCode($0) }
      guard codes.count == parts.count else { return nil }
      self = .sites(Array(Set(codes)).sorted())
    }
  }

  package var text: String {
    switch self {
    case .all: "all"
    case .kind(let kind): kind.rawValue
    case .sites(let codes): codes.map(\.text).joined(separator: ",")
    }
  }

  package func includes(_ site: SiteCode, in tree: SiteTree) -> Bool {
    switch self {
    case .all: true
    case .kind(let kind): tree.sites[site]?.kind == kind
    case .sites(let codes): codes.contains(site)
    }
  }
}

/// 转载任务: an order of a higher level that the sites it names repost an item.
package struct MandateRecord: RecordView {
  package static let kind = RecordKind.mandate
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let item = "item"
    package static let sites = "sites"
    package static let column = "column"
    package static let issuedAt = "issued_at"
    package static let dueAt = "due_at"
    package static let state = "state"
    package static func waiver(_ site: SiteCode) -> String { "waive/" + site.text }
  }

  package static let issued = Rung(epoch: 1, rung: 1)
  package static let lifted = Rung(epoch: 1, rung: 2)

  package var item: RecordKey? { record.value(Cell.item) }
  package var selection: SiteSelection? {
    record.value(Cell.sites, as: String.self).flatMap { SiteSelection(text: $0) }
  }
  /// A path, or a column type; empty where each site decides.
  package var column: String { record.value(Cell.column) ?? "" }
  package var issuedAt: Int64 { record.value(Cell.issuedAt) ?? 0 }
  package var dueAt: Int64 { record.value(Cell.dueAt) ?? 0 }
  package var isLifted: Bool { record.rung(Cell.state).map { $0 >= Self.lifted } ?? false }
  package func waiver(_ site: SiteCode) -> String? {
    record.value(Cell.waiver(site), as: String.self).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The sites below its issuer that it names; never the item's origin.
  package func selects(_ site: SiteCode, in tree: SiteTree) -> Bool {
    guard site != owner, tree.isWithin(site, owner), let item, item.owner != site else {
      return false
    }
    return selection?.includes(site, in: tree) ?? false
  }
}

/// 回执: a site's evidence that it fulfilled a mandate, or why it could not.
package struct ReceiptRecord: RecordView {
  package static let kind = RecordKind.receipt
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let mandate = "mandate"
    package static let state = "state"
    package static let at = "at"
    package static let reason = "reason"
    package static let evidence = "evidence"
  }

  package enum State: String, Sendable { case received, reposted, failed }

  package var mandate: RecordKey? { record.value(Cell.mandate) }
  package var state: State? { record.value(Cell.state, as: String.self).flatMap(State.init) }
  package var at: Int64 { record.value(Cell.at) ?? 0 }
  package var reason: String { record.value(Cell.reason) ?? "" }
  package var evidence: String { record.value(Cell.evidence) ?? "" }
}
