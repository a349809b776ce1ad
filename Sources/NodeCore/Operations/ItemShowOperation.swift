import Bytes
import Library
import Replication
import SiteGroup
import Storage

struct ItemShow: Operation {
  static let spec = OperationSpec(
    "item", "show", zh: "显示一条信息", en: "shows an item", changes: false, [.item])

  private let item: String

  init(_ arguments: Arguments) throws { item = try arguments.text("item") }

  func run(in context: OperationContext) throws -> ItemDetail {
    try context.read { snapshot, library in
      let key = try snapshot.key(of: .item, named: item)
      return try ItemDetail(key, in: snapshot, library, text: context.text(of:))
    }
  }
}

/// Why and where an item stands.
package struct ItemPlacement: Codable, Sendable, Equatable {
  package struct Cause: Codable, Sendable, Equatable {
    package let kind: String
    package let site: String
    package let id: String?
  }

  package let column: String
  package let site: String
  package let path: String
  package let visible: Bool
  package let causes: [Cause]

  /// All placements of an item with a live cause, in the order of their columns' keys.
  static func all(
    of item: ItemRecord, in snapshot: Snapshot, _ library: SiteLibrary
  ) throws -> [ItemPlacement] {
    var records: [RecordKey: PlacementRecord] = [:]
    for (_, placement) in try snapshot.placements(ofItem: item.key) {
      if let column = placement.column { records[column] = placement }
    }
    let isShown = try item.shows && snapshot.hasAttachments(of: item)
    let manual = Cause(kind: "manual", site: item.origin.text, id: nil)
    let placedByOrigin = Set(item.columns)
    return placedByOrigin.union(records.keys).sorted().compactMap { key in
      let placement = records[key]
      let causes =
        (placedByOrigin.contains(key) ? [manual] : [])
        + (placement?.causes ?? []).map {
          Cause(kind: $0.kind.rawValue, site: $0.site.text, id: $0.id?.description)
        }
      if causes.isEmpty { return nil }
      let column = library.directory.column(key)
      return ItemPlacement(
        column: key.id.description, site: key.owner.text, path: column?.path ?? "",
        visible: isShown && column != nil && placement?.hides != true, causes: causes)
    }
  }

  static func table(_ placements: [ItemPlacement], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["栏目", "可见", "缘由"]) : TextTable(["column", "visible", "causes"])
    for placement in placements {
      let name = placement.path.isEmpty ? placement.column : placement.path
      let visible =
        placement.visible ? Words(zh: "是", en: "yes") : Words(zh: "否", en: "no")
      table.add([
        "\(placement.site):\(name)", visible[language],
        placement.causes.map { "\($0.kind)@\($0.site)" }.joined(separator: " "),
      ])
    }
    return table.text
  }
}

/// An item in full.
package struct ItemDetail: Answer {
  package let id: String
  package let origin: String
  package let state: String
  /// The origin's.
  package let epoch: Int
  package let held: Bool
  /// Of the record; missing for a draft.
  package let digest: String?
  package let externalID: String?
  package let coedited: Bool
  /// Whether a working copy waits for `item publish`.
  package let hasDraft: Bool
  package let holders: [String]
  package let withdrawnBy: [String]
  package let reason: String?
  package let content: ItemContent
  package let attachments: [AttachmentDetail]
  package let placements: [ItemPlacement]

  private enum CodingKeys: String, CodingKey {
    case id, origin, state, epoch, held, digest, coedited, holders, reason, attachments, placements
    case externalID = "external_id"
    case hasDraft = "has_draft"
    case withdrawnBy = "withdrawn_by"
  }

  init(
    _ key: RecordKey, in snapshot: Snapshot, _ library: SiteLibrary, text: (Int64) -> String
  ) throws {
    let stored = try snapshot.record(key)
    let draft = try snapshot.draft(key)
    guard let item = ItemRecord(stored?.record) ?? draft?.item else {
      throw Refusal(.unknownID, key.id.description)
    }
    id = key.id.description
    origin = key.owner.text
    state = ItemWords.state(of: stored == nil ? nil : item)
    epoch = Int(clamping: item.life?.epoch ?? 0)
    held = item.isHeld
    digest = stored?.digest.description
    externalID = item.externalID
    coedited = item.isCoedited
    hasDraft = draft != nil
    holders = item.holders.map(\.text)
    withdrawnBy =
      (item.life?.rung == LifeRung.withdrawn.rawValue ? [key.owner.text] : [])
      + item.withdrawers.map(\.text)
    let reasons =
      [item.record.value(ItemRecord.Cell.withdrawReason, as: String.self)]
      + (item.withdrawers + item.holders).map { item.record.value(ItemRecord.Cell.reason($0)) }
    reason =
      held || state == LifeRung.withdrawn.name
      ? reasons.compactMap { $0 }.first { !$0.isEmpty } : item.purgeReason
    content = ItemContent(item, text: text)
    attachments = try item.attachments.map { try AttachmentDetail($0, in: snapshot) }
    placements =
      try stored == nil
      ? (draft?.columns ?? []).map { column in
        ItemPlacement(
          column: column.id.description, site: column.owner.text,
          path: library.directory.column(column)?.path ?? "", visible: false, causes: [])
      } : ItemPlacement.all(of: item, in: snapshot, library)
  }

  package init(from decoder: any Decoder) throws {
    content = try ItemContent(from: decoder)
    let members = try decoder.container(keyedBy: CodingKeys.self)
    id = try members.decode(String.self, forKey: .id)
    origin = try members.decode(String.self, forKey: .origin)
    state = try members.decode(String.self, forKey: .state)
    epoch = try members.decode(Int.self, forKey: .epoch)
    held = try members.decode(Bool.self, forKey: .held)
    digest = try members.decodeIfPresent(String.self, forKey: .digest)
    externalID = try members.decodeIfPresent(String.self, forKey: .externalID)
    coedited = try members.decode(Bool.self, forKey: .coedited)
    hasDraft = try members.decode(Bool.self, forKey: .hasDraft)
    holders = try members.decode([String].self, forKey: .holders)
    withdrawnBy = try members.decode([String].self, forKey: .withdrawnBy)
    reason = try members.decodeIfPresent(String.self, forKey: .reason)
    attachments = try members.decode([AttachmentDetail].self, forKey: .attachments)
    placements = try members.decode([ItemPlacement].self, forKey: .placements)
  }

  package func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(id, forKey: .id)
    try members.encode(origin, forKey: .origin)
    try members.encode(state, forKey: .state)
    try members.encode(epoch, forKey: .epoch)
    try members.encode(held, forKey: .held)
    try members.encodeIfPresent(digest, forKey: .digest)
    try members.encodeIfPresent(externalID, forKey: .externalID)
    try members.encode(coedited, forKey: .coedited)
    try members.encode(hasDraft, forKey: .hasDraft)
    try members.encode(holders, forKey: .holders)
    try members.encode(withdrawnBy, forKey: .withdrawnBy)
    try members.encodeIfPresent(reason, forKey: .reason)
    try members.encode(attachments, forKey: .attachments)
    try members.encode(placements, forKey: .placements)
  }
}

extension ItemDetail {
  package func text(_ language: Language) -> String {
    let isChinese = language == .zh
    var state = ItemWords.state(state)[language]
    if held { state += isChinese ? "、已下架" : ", held" }
    if hasDraft, self.state != "draft" { state += isChinese ? "、有未发布的修改" : ", with a draft" }
    var lines = [
      isChinese ? "标识  \(id)" : "id  \(id)",
      isChinese ? "首发  \(origin)" : "origin  \(origin)",
      isChinese ? "状态  \(state)" : "state  \(state)",
    ]
    if let reason {
      lines.append(TextTable.line(isChinese ? "理由  \(reason)" : "reason  \(reason)"))
    }
    if !attachments.isEmpty { lines += [AttachmentDetail.table(attachments, language), ""] }
    if !placements.isEmpty { lines += [ItemPlacement.table(placements, language), ""] }
    return (lines + content.lines(language)).joined(separator: "\n")
  }
}
