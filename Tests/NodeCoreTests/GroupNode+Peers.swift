import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// What other sites write, as it arrives.
extension GroupNode {
  /// Records of another site's hand, stamped by it, stored without asking who may.
  func receive(_ edits: RecordEdit..., from author: String) throws {
    let site = try #require(SiteCode(author))
    try node.store.write { transaction in
      for edit in edits {
        let old = try transaction.record(edit.key)
        let stamp = Stamp(time: transaction.now, author: site)
        if let record = Record.writing(edit, over: old?.record, as: stamp) {
          try transaction.put(record, over: old)
        }
      }
    }
  }

  static func column(_ site: String, _ path: String, now: String? = nil) throws -> RecordEdit {
    let code = try #require(SiteCode(site))
    var edit = RecordEdit(.column(code, path: path))
    edit.set(ColumnRecord.Cell.path, now ?? path)
    return edit
  }

  static func item(
    _ site: String, _ name: String, title: String? = nil, in columns: [String: Bool],
    life: LifeRung = .published, labels: [String] = []
  ) throws -> RecordEdit {
    let code = try #require(SiteCode(site))
    var edit = RecordEdit(.item(code, externalID: name))
    edit.set(ItemField.title.rawValue, title ?? name)
    edit.set(ItemListField.labels.rawValue, labels)
    edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: life.rawValue))
    for (path, isIn) in columns {
      edit.set(ItemRecord.Cell.placed(RecordKey.column(code, path: path).id), isIn)
    }
    return edit
  }

  /// External ids of what stands in a column of this site, told by `titles` (or the items' own).
  func standing(_ path: String) throws -> [String] {
    try node.store.read { snapshot in
      let column = RecordKey.column(node.site, path: path)
      return try snapshot.standing(inColumn: column).compactMap {
        try snapshot.record($0).map { ItemRecord($0.record).title }
      }.sorted()
    }
  }

  func register(_ code: String, kind: SiteKind, under parent: String? = nil) throws {
    let site = try #require(SiteCode(code))
    let above = try parent.map { try #require(SiteCode($0)) } ?? node.site
    try receive(
      SiteRecord.register(site, name: "site \(code)", kind: kind, state: .enrolled, by: above),
      from: above.text)
  }
}
