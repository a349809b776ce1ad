import Bytes
import Library
import Replication
import SiteGroup
import Storage

/// One version of an item that this node has held.
package struct ItemVersion: Codable, Sendable, Equatable {
  package let digest: String
  /// When its newest cell was written, and by which site.
  package let at: String
  package let by: String
  package let title: String
  package let state: String
  /// The cells in which it differs from the version before.
  package let changed: [String]
  package let current: Bool

  /// Oldest first; the last one is the present.
  static func all(
    of stored: StoredRecord, in snapshot: Snapshot, text: (Int64) -> String
  ) throws -> [ItemVersion] {
    let earlier = try snapshot.versions(row: stored.row).map { ($0.record, $0.digest) }
    var before: Record?
    return (earlier + [(stored.record, stored.digest)]).map { record, digest in
      defer { before = record }
      let item = ItemRecord(record)
      return ItemVersion(
        digest: digest.description, at: record.newest.map { text($0.time) } ?? "",
        by: record.newest?.author.text ?? "", title: item.title,
        state: ItemWords.state(of: item), changed: changes(from: before, to: record),
        current: digest == stored.digest)
    }
  }

  private static func changes(from before: Record?, to after: Record) -> [String] {
    let names = Set(after.names).union(before?.names ?? [])
    return names.filter { before?.cell($0) != after.cell($0) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func table(_ versions: [ItemVersion], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["时间", "站点", "状态", "标题", "变动"])
      : TextTable(["time", "site", "state", "title", "changed"])
    for version in versions {
      table.add([
        version.at, version.by, ItemWords.state(version.state)[language],
        TextTable.clipped(TextTable.line(version.title), cellsMax: 40),
        version.changed.joined(separator: " "),
      ])
    }
    return table.text
  }
}

struct ItemHistory: Operation {
  static let spec = OperationSpec(
    "item", "history", zh: "信息的各个版本", en: "the versions of an item", changes: false, [.item])

  struct Output: Answer {
    let id: String
    let versions: [ItemVersion]

    func text(_ language: Language) -> String { ItemVersion.table(versions, language) }
  }

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, _ in
      let (stored, item) = try snapshot.item(named: item)
      return Output(
        id: item.id.description,
        versions: try ItemVersion.all(of: stored, in: snapshot, text: context.text(of:)))
    }
  }
}

/// Where an item came from, where it stands, and who has its present state.
struct ItemTrace: Operation {
  static let spec = OperationSpec(
    "item", "trace", zh: "追踪信息：版本、栏目与各站点的副本",
    en: "an item's versions, placements, and copies", changes: false, [.item])

  struct Output: Answer {
    let id: String
    let origin: String
    let title: String
    let versions: [ItemVersion]
    let placements: [ItemPlacement]
    let sites: [SiteCopy]

    func text(_ language: Language) -> String {
      var heading = language == .zh ? "\(id)  首发 \(origin)" : "\(id)  of \(origin)"
      if !title.isEmpty { heading += "  " + TextTable.line(title) }
      var parts = [heading, ItemVersion.table(versions, language)]
      if !placements.isEmpty { parts.append(ItemPlacement.table(placements, language)) }
      parts.append(SiteCopy.table(sites, language))
      return parts.joined(separator: "\n\n")
    }
  }

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> Output {
    try context.read { snapshot, library in
      let (stored, item) = try snapshot.item(named: item)
      return Output(
        id: item.id.description, origin: item.origin.text, title: item.title,
        versions: try ItemVersion.all(of: stored, in: snapshot, text: context.text(of:)),
        placements: try ItemPlacement.all(of: item, in: snapshot, library),
        sites: try snapshot.copies(
          of: stored, site: context.node.site, page: try context.node.pageAddress(of: item.key),
          text: context.text(of:)))
    }
  }
}
